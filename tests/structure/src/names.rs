//! The names that a module defines, imports and mentions.

use std::collections::{BTreeMap, BTreeSet};

/// A path as it is written, one string a segment: `["super", "row", "Row"]`.
pub(crate) type Segments = Vec<String>;

/// How a path is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A leaf of `use`.
    Import,
    /// `name!`, which is also found where `macro_rules!` left it.
    Macro,
    Other,
}

/// A path that code names, and the line on which it does.
pub(crate) struct Mention {
    pub(crate) path: Segments,
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

/// The names of one module, without those of the modules inside.
#[derive(Default)]
pub(crate) struct Names {
    /// Items that a path may go on behind.
    pub(crate) types: BTreeSet<String>,
    /// Functions, statics, macros: items that end a path.
    pub(crate) values: BTreeSet<String>,
    /// `use path as name`: the paths that a name stands for.
    pub(crate) imports: BTreeMap<String, Vec<Segments>>,
    /// `use path::*`.
    pub(crate) globs: Vec<Segments>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) macros: BTreeSet<String>,
}

impl Names {
    pub(crate) fn mention(&mut self, path: Segments, line: usize, kind: Kind) {
        self.mentions.push(Mention { path, line, kind });
    }
}
