//! From a captured heap to a graph: which block each word leads to, and what is held by whom.

mod edges;
mod index;
mod unheld;

pub(crate) use self::edges::{Edges, Entry, Holder};
pub(crate) use self::index::{Finder, Index};
pub(crate) use self::unheld::release;
