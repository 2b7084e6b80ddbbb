//! Live blocks by the lines that hold them.
//!
//! Owns the paths of calling lines, the map from block to path, and who counts a block. It never looks at a
//! stack but the ledger's, and no figure of a row depends on it.
//!
//! ```text
//! alloc ─▶ ledger counts ─▶ row: path and counter ─▶ counter + size, map: block → path
//! free  ─▶ map: path, cleared ─▶ the freeing thread's counter of the path − size ─▶ ledger counts
//! ```

pub(crate) mod blocks;
#[cfg(feature = "monitor")]
pub(crate) mod holding;
mod lines;
pub(crate) mod moves;
pub(crate) mod paths;
pub(crate) mod switch;
#[cfg(test)]
mod tests;
