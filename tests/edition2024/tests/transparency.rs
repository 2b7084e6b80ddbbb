//! Annotated functions behave as without the attribute, in edition 2024.

// The cases are unusual on purpose, and compiled twice.
#![allow(clippy::all, unused)]

#[macro_use]
#[path = "../../editions/support.rs"]
mod support;

#[path = "../../editions/drops.rs"]
mod drops;

#[path = "../../editions/drops_async.rs"]
mod drops_async;

#[path = "../../editions/locations.rs"]
mod locations;

#[path = "../../editions/attributes.rs"]
mod attributes;

#[path = "../../editions/containers.rs"]
mod containers;

#[macro_use]
#[path = "../../editions/points.rs"]
mod points;

#[path = "../../editions/points_async.rs"]
mod points_async;

#[path = "../../editions/orders.rs"]
mod orders;

#[path = "../../editions/shapes.rs"]
mod shapes;

#[path = "../../editions/edition_2024.rs"]
mod edition_2024;

/// Whether the plain versions have to behave as in edition 2024.
const EDITION_2024: bool = true;

// With exact bytes here and with the resident set in edition 2021: the backend changes nothing.
#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();
