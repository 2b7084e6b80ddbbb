//! Memory over time as a picture: curves, functions as shaded spans, the peak, and a legend.
//!
//! [`chart`] says what is to be seen, as plain data; the others show it, one form each.

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
