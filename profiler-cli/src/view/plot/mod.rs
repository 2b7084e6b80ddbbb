//! Plots of memory over time: curves, functions as shaded spans, the peak, and a legend. This room owns
//! the layout of plots. It never reads a file.
//!
//! [`chart`] reduces runs to plain data; the other files draw it, one format each.
//!
//! Each column of a thread's level shows the function that ran longest in it. Each column of a curve has
//! its first, lowest, highest and last point. So a picture does not grow with the run, and 2,000 calls
//! have one legend entry per function. The font is built in (`dejavu`): a picture looks the same
//! everywhere and needs no C library.

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
