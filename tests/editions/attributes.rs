//! Other attributes beside `#[mem_profile]`, in both orders, and the attribute on whole blocks.

use crate::support::*;
use mem_profile::mem_profile;

fn calls(path: &str) -> u64 {
    let snapshot = mem_profile::snapshot();
    let found = snapshot.functions.iter().find(|function| function.name.ends_with(path));
    found.map_or(0, |function| function.calls)
}

mod programs {
    use mem_profile::mem_profile;

    pub(super) mod above {
        use super::mem_profile;

        #[mem_profile]
        #[tokio::main]
        pub(crate) async fn main() -> Result<usize, std::num::ParseIntError> {
            let number = "7".parse()?;
            tokio::task::yield_now().await;
            Ok(number)
        }
    }

    pub(super) mod below {
        use super::mem_profile;

        #[tokio::main(flavor = "current_thread")]
        #[mem_profile]
        pub(crate) async fn main() -> Result<usize, std::num::ParseIntError> {
            let number = "7".parse()?;
            tokio::task::yield_now().await;
            Ok(number)
        }
    }
}

#[test]
fn tokio_main_in_both_orders() {
    keep_quiet();
    assert_eq!(programs::above::main(), Ok(7));
    assert_eq!(programs::below::main(), Ok(7));
    assert_eq!(calls("programs::above::main"), 1);
    assert_eq!(calls("programs::below::main"), 1);
}

#[async_trait::async_trait]
trait Store: Sync {
    async fn get(&self, key: &str) -> Option<String>;

    #[mem_profile]
    async fn get_twice(&self, key: &str) -> Option<String> {
        let first = self.get(key).await?;
        yield_now().await;
        let second = self.get(key).await?;
        Some(first + &second)
    }
}

struct Above(Vec<String>);
struct Below(Vec<String>);

#[mem_profile]
#[async_trait::async_trait]
impl Store for Above {
    async fn get(&self, key: &str) -> Option<String> {
        for word in &self.0 {
            yield_now().await;
            if word == key {
                return Some(word.clone());
            }
        }
        None
    }
}

#[async_trait::async_trait]
#[mem_profile]
impl Store for Below {
    async fn get(&self, key: &str) -> Option<String> {
        let found = self.0.iter().find(|word| *word == key)?;
        yield_now().await;
        Some(found.clone())
    }
}

#[test]
fn async_trait_in_both_orders() {
    keep_quiet();
    let words = || vec!["one".to_owned(), "two".to_owned()];
    for store in [&Above(words()) as &dyn Store, &Below(words())] {
        assert_eq!(block_on(is_send(store.get("two"))).as_deref(), Some("two"));
        assert_eq!(block_on(store.get("three")), None);
        assert_eq!(block_on(store.get_twice("one")).as_deref(), Some("oneone"));
    }
    // Two and three directly, one and one from the default method.
    assert_eq!(calls("attributes::Above as transparency::attributes::Store>::get"), 4);
    assert_eq!(calls("attributes::Below as transparency::attributes::Store>::get"), 4);
    assert_eq!(calls("attributes::Store::get_twice"), 2);
}

mod instrumented {
    use crate::support::*;
    use mem_profile::mem_profile;

    #[mem_profile]
    #[tracing::instrument(skip(text), fields(length = text.len()))]
    pub(crate) fn above(text: &str) -> Result<usize, std::num::ParseIntError> {
        let number: usize = text.parse()?;
        Ok(number)
    }

    #[tracing::instrument(ret, err)]
    #[mem_profile]
    pub(crate) fn below(text: &str) -> Result<usize, std::num::ParseIntError> {
        let number: usize = text.parse()?;
        Ok(number)
    }

    #[mem_profile]
    #[tracing::instrument]
    pub(crate) async fn above_async(text: &str, (left, _): (usize, usize)) -> Option<usize> {
        let number: usize = text.parse().ok()?;
        yield_now().await;
        Some(number + left)
    }

    #[tracing::instrument]
    #[mem_profile]
    pub(crate) async fn below_async(text: &str, (left, _): (usize, usize)) -> Option<usize> {
        let number: usize = text.parse().ok()?;
        yield_now().await;
        Some(number + left)
    }
}

#[test]
fn tracing_in_both_orders() {
    keep_quiet();
    for text in ["3", "no"] {
        assert_eq!(instrumented::above(text).is_ok(), text == "3");
        assert_eq!(instrumented::below(text).is_ok(), text == "3");
        let expected = (text == "3").then_some(7);
        assert_eq!(block_on(instrumented::above_async(text, (4, 0))), expected);
        assert_eq!(block_on(instrumented::below_async(text, (4, 0))), expected);
    }
    for function in ["above", "below", "above_async", "below_async"] {
        assert_eq!(calls(&format!("instrumented::{function}")), 2, "{function}");
    }
}

mod beside {
    use super::*;

    #[inline(always)]
    #[mem_profile]
    #[must_use = "it is a number"]
    pub(crate) fn inlined(words: &[&str]) -> usize {
        let lengths: Vec<_> = words.iter().map(|word| word.len()).collect();
        lengths.len()
    }

    #[mem_profile]
    #[deprecated(note = "on purpose")]
    #[cold]
    #[inline(never)]
    pub(crate) extern "C" fn old(number: i32) -> i32 {
        let boxed = Box::new(number);
        *boxed + 1
    }

    /// # Safety
    ///
    /// `pointer` is valid.
    #[mem_profile]
    #[allow(unsafe_op_in_unsafe_fn)]
    pub(in crate::attributes) unsafe fn read(pointer: *const i32) -> i32 {
        let first = *pointer;
        first + 1
    }

    #[cfg(target_arch = "x86_64")]
    #[mem_profile]
    #[target_feature(enable = "sse4.2")]
    pub(crate) fn featured(values: &[u32]) -> u32 {
        let mut sum = 0;
        for value in values {
            sum += value.count_ones();
        }
        sum
    }

    #[cfg_attr(all(), mem_profile)]
    pub(crate) fn r#match(r#type: &str) -> String {
        let r#loop = r#type.to_owned();
        r#loop + "!"
    }

    #[unsafe(no_mangle)]
    #[mem_profile]
    pub(crate) extern "C" fn mem_profile_transparency_exported(number: usize) -> usize {
        let boxed = vec![0_u8; number];
        boxed.len()
    }
}

#[test]
fn other_attributes_beside_it() {
    keep_quiet();
    assert_eq!(beside::inlined(&["a", "b"]), 2);
    #[allow(deprecated)]
    let old = beside::old(3);
    assert_eq!(old, 4);
    // SAFETY: a reference is a valid pointer.
    assert_eq!(unsafe { beside::read(&8) }, 9);
    assert_eq!(beside::r#match("raw"), "raw!");
    assert_eq!(beside::mem_profile_transparency_exported(3), 3);
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("sse4.2") {
        // SAFETY: the feature was asked for above.
        assert_eq!(unsafe { beside::featured(&[3, 1]) }, 3);
        assert_eq!(calls("beside::featured"), 1);
    }
    for function in ["inlined", "old", "read", "match", "mem_profile_transparency_exported"] {
        assert_eq!(calls(&format!("beside::{function}")), 1, "{function}");
    }
}
