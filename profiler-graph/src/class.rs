//! How blocks are held.

use std::fmt;

/// How a block is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Class {
    /// By a static, a thread-local or the C library's record of a thread.
    Named,
    /// By a word on a stack or in a register, and nothing above.
    Stack,
    /// By memory that was not seen, and nothing above: blocks from before tracing, of C's `malloc`, or in mappings of
    /// the program's own.
    Unseen,
    /// By nothing but other blocks of this class.
    Lost,
}

impl Class {
    /// All, in the order in which a block is given one.
    pub const ALL: [Self; 4] = [Self::Named, Self::Stack, Self::Unseen, Self::Lost];
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Named => "held by statics and thread-locals",
            Self::Stack => "held by stacks only",
            Self::Unseen => "held by memory that was not seen",
            Self::Lost => "lost",
        })
    }
}
