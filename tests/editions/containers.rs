//! The attribute on an `impl` block, a trait and a module, and on functions that macros make.

use crate::support::*;
use mem_profile::mem_profile;
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;

both_modules! { shelf;
    pub(crate) struct Shelf<T, const N: usize> {
        pub(crate) items: [T; N],
    }

    impl<T: Display + Default, const N: usize> Shelf<T, N> {
        pub(crate) const LIMIT: usize = N * 2;

        pub(crate) const fn new(items: [T; N]) -> Self {
            Self { items }
        }

        pub(crate) fn describe(&self) -> String {
            let mut text = String::new();
            for item in &self.items {
                text += &item.to_string();
            }
            text
        }

        pub(crate) fn replace(&mut self, index: usize, item: T) -> Option<T> {
            let place = self.items.get_mut(index)?;
            let old = std::mem::replace(place, item);
            Some(old)
        }

        pub(crate) fn into_first(self) -> T {
            let mut items = self.items.into_iter();
            let Some(first) = items.next() else { return T::default() };
            first
        }

        pub(crate) fn shared(self: Arc<Self>) -> usize {
            let count = Arc::strong_count(&self);
            count + Self::LIMIT
        }

        pub(crate) fn pinned(self: Pin<&mut Self>) -> &T
        where
            T: Unpin,
        {
            let shelf = self.get_mut();
            &shelf.items[0]
        }

        #[mem_profile(skip)]
        pub(crate) fn skipped(&self) -> &'static str {
            let text = "skipped";
            text
        }
    }

    pub(crate) trait Named {
        const SUFFIX: &'static str = "?";
        type Error: Default;

        fn name(&self) -> String;

        fn loud(&self) -> Result<String, Self::Error> {
            let mut name = self.name();
            name.push_str(Self::SUFFIX);
            if name.len() > 9 {
                return Err(Self::Error::default());
            }
            Ok(name)
        }
    }

    impl<T: Display + Default, const N: usize> Named for Shelf<T, N> {
        type Error = u8;

        fn name(&self) -> String {
            let text = self.describe();
            format!("<{text}>")
        }
    }

    pub(crate) mod inner {
        pub(crate) fn count(words: &[&str]) -> usize {
            let longest = words.iter().map(|word| {
                let length = word.len();
                length
            });
            longest.max().unwrap_or(super::Shelf::<u8, 2>::LIMIT)
        }
    }
}

macro_rules! walk_shelf {
    ($version:ident) => {
        trace(|| {
            use shelf::$version::{Named, Shelf, inner};
            let mut shelf = Shelf::new([1, 2, 3]);
            let replaced = (shelf.replace(1, 7), shelf.replace(9, 7));
            let named = (shelf.name(), shelf.loud(), Shelf::new([1000, 20000]).loud());
            let pinned = *Pin::new(&mut shelf).pinned();
            let skipped = shelf.skipped();
            let shared = Arc::new(Shelf::new(["a"])).shared();
            let firsts = (shelf.into_first(), Shelf::<String, 0>::new([]).into_first());
            (replaced, named, pinned, skipped, shared, firsts, inner::count(&["a", "bcd"]))
        })
    };
}

#[test]
fn a_module_is_measured_throughout() {
    keep_quiet();
    assert_eq!(walk_shelf!(plain), walk_shelf!(annotated));
    let snapshot = mem_profile::snapshot();
    let measured = |name: &str| {
        let is_it = |path: &str| path.contains("shelf::annotated") && path.contains(name);
        snapshot.functions.iter().any(|function| is_it(&function.name))
    };
    for name in ["describe", "replace", "into_first", "shared", "pinned", "name", "loud", "count"] {
        assert!(measured(name), "{name}");
    }
    assert!(!measured("skipped") && !measured("::new"));
}

macro_rules! make {
    (struct $name:ident; $($method:ident => $value:expr;)*) => {
        #[derive(Default)]
        struct $name(Vec<usize>);

        #[mem_profile]
        impl $name {
            $(
                fn $method(&mut self) -> usize {
                    let value = $value;
                    self.0.push(value);
                    self.0.iter().map(|item| { let doubled = item * 2; doubled }).sum()
                }
            )*
        }
    };
    (fn $name:ident $body:block) => {
        #[mem_profile]
        fn $name() -> usize $body
    };
    (async $name:ident($($argument:ident: $type:ty),*) { $($statement:stmt;)* } => $value:expr) => {
        #[mem_profile]
        async fn $name($($argument: $type),*) -> usize {
            $($statement;)*
            yield_now().await;
            $value
        }
    };
    ($($rest:item)*) => { $(#[mem_profile] $rest)* };
}

make! { struct Made; one => 1; two => { let two = 2; two }; three => if true { 3 } else { 4 }; }
make! { fn from_block {
    let text = "from block";
    'out: loop {
        if text.len() > 3 { break 'out text.len(); }
    }
} }
make! { async from_statements(word: &str, count: usize) { let all = word.repeat(count); } => all.len() }
make! {
    fn from_item(number: usize) -> usize {
        let half = match number {
            0 => return 0,
            _ if number % 2 == 0 => number / 2,
            _ => {
                let odd = number - 1;
                odd / 2
            }
        };
        half + 1
    }
    impl Made {
        fn from_impl_item(self) -> usize { let Self(items) = self; items.len() }
    }
}

#[test]
fn macros_make_measured_functions() {
    keep_quiet();
    let mut made = Made::default();
    assert_eq!((made.one(), made.two(), made.three()), (2, 6, 12));
    assert_eq!(made.from_impl_item(), 3);
    assert_eq!(from_block(), 10);
    assert_eq!(block_on(from_statements("ab", 3)), 6);
    assert_eq!((from_item(0), from_item(4), from_item(7)), (0, 3, 4));
    for path in ["Made::one", "Made::three", "Made::from_impl_item", "from_block", "from_item"] {
        assert_measured(path);
    }
    assert_measured("from_statements");
}
