//! Signatures, closures and functions written on one line.

use alloc::borrow::{Cow, ToOwned as _};
use alloc::format;
use alloc::string::ToString as _;
use core::fmt::{Debug, Display};
use mem_profile::mem_profile;

/// Written on one line.
#[rustfmt::skip]
#[mem_profile]
#[must_use]
pub fn one_line(values: &[u32]) -> u32 { let doubled: Vec<u32> = values.iter().map(|value| value.wrapping_mul(2)).collect(); doubled.iter().sum() }

/// Has an empty body.
#[mem_profile]
pub fn empty() {}

/// Has a tail only.
#[mem_profile]
#[must_use]
pub fn value() -> &'static str {
    "value"
}

/// Prefixes a text, or returns it unchanged.
#[mem_profile]
#[inline]
#[must_use]
pub fn prefixed<'text>(text: &'text str, prefix: &str) -> Cow<'text, str> {
    if text.starts_with(prefix) {
        return Cow::Borrowed(text);
    }
    let mut owned = String::with_capacity(text.len().saturating_add(prefix.len()));
    owned.push_str(prefix);
    owned.push_str(text);
    Cow::Owned(owned)
}

/// Is generic in all ways.
#[mem_profile]
pub fn shown<T, const COUNT: usize>(values: &[T; COUNT]) -> impl Iterator<Item = String>
where
    T: Debug + Display,
{
    let width = COUNT;
    values.iter().map(move |shown| {
        let plain = shown.to_string();
        format!("{plain:>width$}")
    })
}

/// Returns a closure that returns a closure.
#[mem_profile]
pub fn adder(first: u64) -> impl Fn(u64) -> Box<dyn Fn(u64) -> u64 + Send> {
    move |second| {
        let both = first.wrapping_add(second);
        Box::new(move |third| match third {
            0 => both,
            _ => {
                let all = both.wrapping_add(third);
                all.rotate_left(1)
            }
        })
    }
}

/// Uses closures of all kinds.
#[mem_profile]
#[must_use]
pub fn closures(words: Vec<String>) -> (usize, Vec<String>) {
    let mut longest = 0;
    let mut measure = |word: &String| {
        let length = word.len();
        if length > longest {
            longest = length;
        }
    };
    for word in &words {
        measure(word);
    }
    let is_short = |word: &String| word.len() < longest;
    let mut sorted: Vec<String> = words.into_iter().filter(is_short).collect();
    sorted.sort_unstable_by(|left, right| {
        let by_length = left.len().cmp(&right.len());
        by_length.then_with(|| left.cmp(right))
    });
    let once = {
        let taken = sorted;
        || {
            let mut kept = taken;
            kept.dedup();
            kept
        }
    };
    (longest, once())
}

/// Destructures its parameters.
#[mem_profile]
#[must_use]
pub fn patterns((left, right): (u8, u8), [first, .., last]: [u8; 4], _unused: &str) -> u8 {
    let pair = (left.max(right), first.min(last));
    let (largest, smallest) = pair;
    largest.wrapping_sub(smallest)
}

/// Changes its parameter.
#[mem_profile]
#[must_use]
pub fn mutable(mut text: String, mut count: usize) -> String {
    while count > 0 {
        text.push('x');
        count = count.saturating_sub(1);
    }
    text
}

/// Holds items of its own.
#[mem_profile]
#[must_use]
pub fn with_items(number: u32) -> u32 {
    /// The factor.
    const FACTOR: u32 = 3;

    /// Multiplies.
    const fn times(number: u32) -> u32 {
        number.wrapping_mul(FACTOR)
    }

    let tripled = times(number);
    tripled.wrapping_add(FACTOR)
}

/// Is called by C.
#[mem_profile]
#[must_use]
pub extern "C" fn from_c(number: i32) -> i32 {
    let doubled = number.wrapping_mul(2);
    doubled.wrapping_add(1)
}

/// Is deprecated.
#[mem_profile(name = "old times")]
#[deprecated(note = "for the lint")]
#[cold]
pub fn old() {
    let word = "old".to_owned();
    drop(word);
}

/// Makes functions.
macro_rules! make {
    ($($(#[$attribute:meta])* $name:ident($parameter:ident) $body:block)*) => {
        $(
            $(#[$attribute])*
            #[mem_profile]
            #[must_use]
            pub fn $name($parameter: &str) -> usize $body
        )*
    };
}

make! {
    /// Made by a macro.
    made(text) {
        let upper = text.to_uppercase();
        upper.len()
    }

    /// Made by a macro as well.
    made_too(text) {
        text.chars().map(|letter| { let size = letter.len_utf8(); size.saturating_add(1) }).sum()
    }
}
