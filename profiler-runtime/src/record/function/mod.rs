//! What is known of each annotated function.
//!
//! Owns the table that the macro emits, and what readers find of functions that were called. It never counts.

pub(crate) mod registry;
pub(crate) mod table;
