//! Code in which each value is returned by `return`.

#![warn(clippy::implicit_return)]
#![allow(clippy::needless_return, reason = "that lint says the opposite")]

use mem_profile::mem_profile;

/// Nothing runs in it.
#[mem_profile]
pub async fn nothing() {}

/// Waits for nothing.
#[mem_profile]
pub async fn number(text: &str) -> Option<usize> {
    nothing().await;
    let kept = text.to_owned();
    return Some(kept.len());
}

/// Closures and blocks that are tasks of their own.
#[mem_profile]
pub async fn tasks(text: &str) -> usize {
    let closure = async |more: usize| {
        let length = number(text).await.unwrap_or(more);
        return length;
    };
    let block = async {
        let length = closure(1).await;
        return length;
    };
    return block.await;
}

/// Closures and branches.
#[mem_profile]
#[must_use]
pub fn longest(texts: &[String]) -> usize {
    let length = |text: &String| {
        let kept = text.clone();
        return kept.len();
    };
    match texts.len() {
        0 => return 0,
        1 => {
            let only = texts.iter().map(length).sum();
            return only;
        }
        _ => return texts.iter().map(length).max().unwrap_or(0),
    }
}

/// A type with methods.
#[derive(Debug, Clone)]
pub struct Texts {
    /// In order.
    texts: Vec<String>,
}

#[mem_profile]
impl Texts {
    /// All of them.
    #[must_use]
    pub const fn new(texts: Vec<String>) -> Self {
        return Self { texts };
    }

    /// The length of the first.
    pub async fn first(&self) -> usize {
        let first = self.texts.first().cloned().unwrap_or_default();
        return number(&first).await.unwrap_or(0);
    }

    /// The length of all.
    #[must_use]
    pub fn total(&self) -> usize {
        let lengths: Vec<_> = self.texts.iter().map(String::len).collect();
        return lengths.iter().copied().fold(0, usize::saturating_add);
    }
}
