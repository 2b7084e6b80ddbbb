//! Memory over time as a picture: curves, functions as shaded spans, the peak, and a legend.
//!
//! [`chart`] says what is to be seen, as plain data; the others show it, one form each.
//!
//! A column of a thread's level is the function that ran longest in it, a column of a curve its
//! first, lowest, highest and last point. So a picture does not grow with the run, and 2,000 calls
//! have as many entries in the legend as there are functions. The font comes along (`dejavu`): a
//! picture looks the same everywhere and needs no library of C.

mod chart;
mod draw;
mod elements;
mod lanes;
mod legend;
mod paint;
mod png;
mod scale;
mod svg;
mod terminal;

pub(crate) use chart::Chart;
pub(crate) use elements::{Options, Run};
pub(crate) use png::render as png;
pub(crate) use svg::render as svg;
pub(crate) use terminal::render as terminal;

#[cfg(test)]
mod tests;
