//! Signatures, closures and types stay the same, and so do sizes.

use crate::support::*;
use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::mem::size_of_val;
use std::pin::Pin;

trait Shown {
    fn shown(&self) -> String;
}

impl Shown for Box<dyn Debug> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

both! { borrowed;
    pub(crate) fn borrowed<'a>(words: &'a [String], default: &'a str) -> &'a str {
        for word in words {
            if word.len() > 3 {
                return word;
            }
        }
        match words.first() {
            Some(first) => first,
            None => default,
        }
    }
}

both! { mutable;
    pub(crate) fn mutable(values: &mut Vec<u8>) -> Option<&mut u8> {
        values.push(1);
        match values.iter_mut().find(|value| **value == 0) {
            Some(zero) => {
                *zero += 7;
                Some(zero)
            }
            None => {
                return None;
            }
        }
    }
}

// The last statement of the first arm is not a tail, and diverges.
both! { leaving_arms;
    pub(crate) fn leaving_arms(numbers: &[usize]) -> Result<usize, usize> {
        let (first, rest) = match (numbers.first(), numbers.len()) {
            (None, length) => {
                if length == 0 {
                    let error = length + 1;
                    return Err(error);
                } else {
                    return Ok(length);
                }
            }
            (Some(first), length) => (*first, length - 1),
        };
        Ok(first + rest)
    }
}

#[test]
fn arms_that_diverge() {
    keep_quiet();
    for numbers in [&[][..], &[3, 4]] {
        let annotated = leaving_arms::annotated::leaving_arms(numbers);
        assert_eq!(leaving_arms::plain::leaving_arms(numbers), annotated);
    }
    assert_measured("::leaving_arms::annotated::leaving_arms");
}

both! { opaque;
    pub(crate) fn opaque<'a, T, const N: usize>(values: &'a [T; N]) -> impl Iterator<Item = String> + Clone + 'a
    where
        T: Debug + Clone,
    {
        let extra = values.len();
        let mapped = values.iter().map(move |value| {
            let text = format!("{value:?}");
            format!("{text}/{extra}/{N}")
        });
        mapped.chain(std::iter::once(String::new()))
    }
}

both! { boxed;
    pub(crate) fn boxed(which: usize) -> Box<dyn Fn(usize) -> Box<dyn Debug>> {
        if which == 0 {
            return Box::new(|number| Box::new(number));
        }
        Box::new(move |number| match number {
            0 => Box::new(which),
            _ => {
                let text = "x".repeat(number);
                Box::new(text)
            }
        })
    }
}

both! { curried;
    pub(crate) fn curried(first: String) -> impl FnOnce(usize) -> Box<dyn FnMut() -> String> {
        move |count| {
            let mut left = count;
            Box::new(move || {
                left -= 1;
                if left == 0 { "end".into() } else { format!("{first} {left}") }
            })
        }
    }
}

both! { recursive;
    pub(crate) fn recursive(depth: usize) -> usize {
        fn helper(call: &dyn Fn(usize) -> usize, depth: usize) -> usize {
            if depth == 0 { 0 } else { call(depth - 1) + 1 }
        }
        let again = |depth: usize| {
            let inner = depth;
            recursive(inner)
        };
        helper(&again, depth)
    }
}

both! { never;
    pub(crate) fn never(code: i32) -> ! {
        let text = format!("on purpose {code}");
        loop {
            if code == 0 {
                continue;
            }
            std::panic::panic_any(text)
        }
    }
}

both! { labelled;
    pub(crate) fn labelled(values: &[i32]) -> i32 {
        let found = 'search: {
            for value in values {
                if *value < 0 {
                    break 'search *value;
                }
            }
            if values.len() > 2 { break 'search 0 }
            1
        };
        let inner = 'outer: loop {
            'inner: loop {
                if found == 1 { break 'inner; }
                break 'outer found * 2;
            }
            break found + 100;
        };
        let pointer = &raw const inner;
        let read = unsafe {
            // SAFETY: it points to a local.
            let value = *pointer;
            value
        };
        read + found
    }
}

both! { nested_items;
    pub(crate) fn nested_items(text: &str) -> usize {
        use std::collections::BTreeMap;
        const FACTOR: usize = { 2 + { 1 } };
        static WORDS: [&str; FACTOR] = ["a", "b", "c"];
        struct Counter<'a>(BTreeMap<&'a str, usize>);
        impl<'a> Counter<'a> {
            fn add(&mut self, word: &'a str) -> &mut Self {
                let count = self.0.entry(word).or_default();
                *count += 1;
                self
            }
        }
        macro_rules! twice { ($value:expr) => { $value * 2 }; }
        enum Choice { One = { 4 }, Two }
        let mut counter = Counter(BTreeMap::new());
        text.split(' ').chain(WORDS).for_each(|word| { counter.add(word); });
        let array = [0_u8; { FACTOR + 1 }];
        let choice = if array.len() == 4 { Choice::Two } else { Choice::One };
        twice!(counter.0.values().sum::<usize>()) + choice as usize
    }
}

both! { conditional;
    pub(crate) fn conditional(mut sum: usize) -> usize {
        #[cfg(any())]
        let sum = "nothing of this is compiled";
        #[cfg(all())]
        let step = 3;
        #[cfg(any())]
        if sum == 3 {
            return 4;
        }
        #[cfg(all())]
        for _ in 0..step {
            sum += 1;
        }
        #[cfg_attr(all(), allow(unused_variables))]
        let unused = 4;
        #[cfg(any())]
        {
            sum.not_there()
        }
        #[cfg(all())]
        {
            let doubled = sum * 2;
            doubled
        }
    }
}

both! { conditional_arms;
    pub(crate) fn conditional_arms(which: usize, #[cfg(any())] never: Never) -> &'static str {
        match which {
            #[cfg(any())]
            0 => not_there(),
            #[cfg(all())]
            0 => "zero",
            #[allow(unreachable_patterns)]
            1
            | 1 => "one",
            _ => {
                #[cfg(any())]
                return "no";
                #[cfg(all())]
                return "yes";
            }
        }
    }
}

both! { question;
    pub(crate) async fn question(text: &str) -> Result<i32, Box<dyn Error + Send + Sync>> {
        let first: i32 = text.parse()?;
        yield_now().await;
        if first > 10 {
            Err("too large")?;
        }
        let inner: Result<i32, Box<dyn Error + Send + Sync>> = async {
            let second: i32 = text.trim_matches('1').parse()?;
            Ok(second)
        }.await;
        Ok(first + inner.unwrap_or_default())
    }
}

both! { waits;
    pub(crate) async fn waits(cell: std::cell::Cell<usize>, lock: std::sync::Arc<std::sync::Mutex<usize>>) -> usize {
        for round in 0..3 {
            if round > 0 {
                let counted = cell.get();
                *lock.lock().unwrap() += counted;
                yield_now().await;
                cell.set(counted + 1);
            }
        }
        let total = *lock.lock().unwrap();
        total + cell.get()
    }
}

both! { recursive_async;
    pub(crate) fn recursive_async(depth: usize) -> Pin<Box<dyn Future<Output = usize> + Send>> {
        Box::pin(async move {
            if depth == 0 {
                return 0;
            }
            yield_now().await;
            recursive_async(depth - 1).await + 1
        })
    }
}

#[test]
fn values() {
    let words = ["one", "two", "three"].map(String::from);
    assert_eq!(same!(borrowed(&words, "none")).0, "three");
    assert_eq!(same!(borrowed(&words[..1], "none")).0, "one");
    assert_eq!(same!(borrowed(&[], "none")).0, "none");
    assert_eq!(same!(mutable, mutable(&mut vec![3, 0]).copied()).0, Some(7));
    assert_eq!(same!(mutable, mutable(&mut vec![3]).copied()).0, None);
    let listed = same!(opaque, opaque(&[1, 2]).clone().collect::<Vec<_>>()).0;
    assert_eq!(listed, ["1/2/2", "2/2/2", ""]);
    assert_eq!(same!(recursive(5)).0, 5);
    assert_eq!(same!(nested_items("a b a")).0, 17);
    for which in 0..2 {
        let made = |number| same!(boxed, boxed(which)(number).shown()).0;
        assert_eq!(made(2), ["2", "\"xx\""][which]);
        assert_eq!(made(0), ["0", "1"][which]);
    }
    let twice = same!(curried, curried("left".into())(2)()).0;
    assert_eq!(twice, "left 1");
}

#[test]
fn control_flow() {
    for values in [&[1, -2][..], &[1], &[1, 2, 3]] {
        same!(labelled(values));
    }
    assert_eq!(same!(labelled(&[1, -2])).0, -6);
    for which in 0..3 {
        same!(conditional_arms(which));
    }
    assert_eq!(same!(conditional(1)).0, 8);
    keep_quiet();
    let payload = std::panic::catch_unwind(|| never::annotated::never(3)).unwrap_err();
    assert_eq!(*payload.downcast::<String>().unwrap(), "on purpose 3");
    assert_measured("::never::annotated::");
}

#[test]
fn async_values_and_send() {
    keep_quiet();
    for text in ["", "3", "12"] {
        let plain = block_on(is_send(question::plain::question(text)));
        let annotated = block_on(is_send(question::annotated::question(text)));
        assert_eq!(plain.map_err(|e| e.to_string()), annotated.map_err(|e| e.to_string()));
    }
    assert_eq!(block_on(question::annotated::question("3")).unwrap(), 6);
    let lock = || std::sync::Arc::new(std::sync::Mutex::new(4));
    let cell = || std::cell::Cell::new(1);
    let annotated = is_send(waits::annotated::waits(cell(), lock()));
    assert_eq!(block_on(annotated), block_on(waits::plain::waits(cell(), lock())));
    assert_eq!(same_async!(recursive_async(4)).0, 4);
}

macro_rules! kinds {
    ($($attribute:tt)*) => {{
        $($attribute)*
        fn kinds() -> Vec<usize> {
            fn is_fn<F: Fn(usize) -> usize + Copy + Send + Sync + 'static>(call: F) -> usize {
                size_of_val(&call) + call(1)
            }
            fn is_fn_mut<F: FnMut(usize) -> usize>(mut call: F) -> usize {
                size_of_val(&call) + call(1) + call(1)
            }
            fn is_fn_once<F: FnOnce(usize) -> String>(call: F) -> usize {
                size_of_val(&call) + call(1).len()
            }
            let pointer: fn(usize) -> usize = |number| number + 1;
            let block_pointer: fn(usize) -> usize = |number| {
                let next = number + 1;
                next
            };
            let match_pointer: extern "Rust" fn(usize) -> usize = |number| match number {
                0 => 7,
                _ => 8,
            };
            let mut sum = 0;
            let owned = "x".repeat(3);
            let byte = 4_u8;
            vec![
                is_fn(pointer),
                is_fn(block_pointer),
                is_fn(match_pointer),
                is_fn(|number| number),
                is_fn(|number| {
                    let same = number;
                    same
                }),
                is_fn(move |number| if number == 0 { 0 } else { byte.into() }),
                is_fn_mut(|number| {
                    sum += number;
                    sum
                }),
                is_fn_once(move |number| {
                    let mut owned = owned;
                    owned.push_str(&"y".repeat(number));
                    owned
                }),
                size_of_val(&kinds),
                align_of_val(&kinds),
            ]
        }
        kinds()
    }};
}

#[test]
fn sizes_and_kinds_of_functions_and_closures() {
    let plain = kinds!();
    keep_quiet();
    assert_eq!(plain, kinds!(#[mem_profile::mem_profile]));
    assert_eq!(plain[8..], [0, 1], "a function item has no size");
    assert_measured("::sizes_and_kinds_of_functions_and_closures::kinds");
}

#[test]
fn function_items_keep_their_types() {
    fn same_type<T>(_: &T, _: &T) {}
    let mut table: [for<'a> fn(&'a [String], &'a str) -> &'a str; 2] =
        [borrowed::plain::borrowed, borrowed::annotated::borrowed];
    table.reverse();
    same_type(&table[0], &table[1]);
    assert_eq!(size_of_val(&recursive::annotated::recursive), 0);
    assert_eq!(size_of_val(&waits::annotated::waits), 0);
}
