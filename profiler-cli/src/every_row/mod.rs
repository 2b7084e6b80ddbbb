//! Each row that has a figure is in every view and export of every recording that the programs of
//! the tests and the examples leave, and the increments of a function come to the same in all.

mod programs;
mod rankings;
mod tables;

use mem_profile_format::{FunctionSnapshot, LineSnapshot, RowKind};

/// The rows that are the function's own doing. Spelled out: it is what the tests hold views to.
fn body(function: &FunctionSnapshot) -> impl Iterator<Item = &LineSnapshot> + Clone {
    function.lines.iter().filter(|line| line.kind != RowKind::Entry)
}

fn total(function: &FunctionSnapshot) -> i128 {
    body(function).filter_map(|line| line.increment).map(i128::from).sum()
}
