//! The annotated functions: their tables, and which of them were called.
//!
//! Owns the table that the macro emits, and what readers find of functions that were called. It never counts.

pub(crate) mod registry;
pub(crate) mod table;
