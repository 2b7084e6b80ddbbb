//! Tests that each row with a figure is in every view and export, and that the increments of a function
//! have the same sum in all. The recordings come from the examples and the programs of the tests.

mod own;
mod programs;
mod rankings;
mod summaries;
mod tables;

use mem_profile_format::{FunctionSnapshot, LineSnapshot, RowKind};

/// The rows of the function's body. Written out, since the tests compare views with it.
fn body(function: &FunctionSnapshot) -> impl Iterator<Item = &LineSnapshot> + Clone {
    function.lines.iter().filter(|line| line.kind != RowKind::Entry)
}

fn total(function: &FunctionSnapshot) -> i128 {
    body(function).filter_map(|line| line.increment).map(i128::from).sum()
}
