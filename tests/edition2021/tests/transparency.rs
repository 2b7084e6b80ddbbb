//! Annotated functions do what they did without the attribute, in edition 2021.

#[macro_use]
#[path = "../../transparency/support.rs"]
mod support;

#[path = "../../transparency/drops.rs"]
mod drops;

/// Whether the plain versions are to behave as in edition 2024.
const EDITION_2024: bool = false;
