//! A captured heap in a page: data first, and renderers of it without I/O, one file each.

mod describe;
mod fields;
mod find;
#[cfg(feature = "html")]
mod html;
mod listing;
mod markdown;
mod reached;
mod suspect;
mod tally;
mod text;
mod tree;
mod words;

use std::fmt;

pub use self::listing::{By, Filter, Rows};
pub use self::suspect::{Group, Point, Suspect};
pub use self::tree::{RetainedTree, TreeKind, TreeNode};

use crate::ask::{Classes, Cycle, Leak, Retainer, TypeSum};
use crate::graph::HeapGraph;

/// The report of a captured heap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The command line of the program.
    pub command: String,
    /// Its process.
    pub process: u64,
    /// All blocks.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Notes that come before any figure.
    pub notes: Vec<String>,
    /// All blocks by how they are held.
    pub classes: Classes,
    /// Blocks and types that retain at least a tenth of the heap, the most retaining first.
    pub suspects: Vec<Suspect>,
    /// The types of most bytes.
    pub types: Rows<TypeSum>,
    /// The blocks that retain most.
    pub retainers: Rows<Retainer>,
    /// Leaks.
    pub leaks: Rows<Leak>,
    /// Blocks that hold each other.
    pub cycles: Rows<Cycle>,
}

impl HeapGraph {
    /// The whole report, with at most `top` rows of each list.
    #[must_use]
    pub fn report(&self, top: usize) -> Report {
        let bytes = self.total_bytes();
        let process = self.image().process();
        let all = Filter::default();
        Report {
            command: process.command.clone(),
            process: process.id,
            blocks: self.image().block_count() as u64,
            bytes,
            notes: self.notes(),
            suspects: describe::suspects(self),
            types: self.list_types(&all, top),
            retainers: self.list_retainers(&all, top),
            leaks: self.list_leaks(&all, top),
            cycles: self.list_cycles(None, top),
            classes: self.classes(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}
