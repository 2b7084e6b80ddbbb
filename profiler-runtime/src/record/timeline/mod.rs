//! Memory over time: readings, and spans of calls and named blocks.
//!
//! This room owns what is kept of them. It never changes a figure of a line.

pub(crate) mod open_spans;
pub(crate) mod span;
pub(crate) mod timeline;
