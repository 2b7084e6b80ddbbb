//! How a capture is read.

use crate::suppress::Suppressions;

/// How a capture is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether lines are looked for in the program's debug information, where it is the same program.
    pub symbols: bool,
    /// Whether each word that lies in a block is a pointer to it, even where the type says otherwise.
    pub conservative: bool,
    /// Leaks that are left out.
    pub suppressions: Suppressions,
}

impl Default for Options {
    fn default() -> Self {
        Self { symbols: true, conservative: false, suppressions: Suppressions::default() }
    }
}
