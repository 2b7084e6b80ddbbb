//! Finds the types of blocks, and so their pointers, by the words that lead to them: a variable's type says which
//! types its pointers lead to, and so on.
//!
//! Nothing here recurs from block to block: a list of ten million nodes is as good as any heap.

mod busy;
mod claim;
mod form;
mod name;
mod path;
mod pieces;
mod plan;
mod scan;
#[cfg(test)]
mod tests;
mod typed;
mod walker;

pub(crate) use self::form::Step;
pub(crate) use self::scan::{Container, Means, Word, word};
pub(crate) use self::typed::{Trust, Typed};
#[cfg(test)]
pub(crate) use self::walker::OfSite;
pub(crate) use self::walker::{How, walk};
