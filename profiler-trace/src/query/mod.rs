//! A snapshot, and the questions it answers: by line, function, file, crate or stack; since an
//! earlier one; filtered; growing; by the lines that hold the memory. It never renders a report.

mod difference;
pub(crate) mod filter;
pub(crate) mod for_caller;
pub(crate) mod group;
pub(crate) mod growth;
pub(crate) mod held;
pub(crate) mod live_lines;
pub(crate) mod notes;
mod questions;
mod saved;
pub(crate) mod snapshot;
pub(crate) mod statistic;
pub(crate) mod take;
