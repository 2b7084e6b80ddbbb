//! Plots of memory over time: curves, the peak, below them rows of functions, and a legend. This room
//! owns the layout of plots. It never reads a file.
//!
//! [`Chart`] reduces runs to plain data. `terminal` draws it in characters. For pictures, `layout` makes
//! a scene of a few kinds of shapes, which `svg` writes down and `png` paints, so both are the same.
//!
//! Each column of a row shows the function that ran longest in it. Each column of a curve has its first,
//! lowest, highest and last point. So a picture does not grow with the run. The font is built in
//! (`dejavu`): it measures the text of every picture, and a PNG looks the same everywhere.

mod below;
mod chart;
mod elements;
mod font;
mod headline;
mod layout;
mod legend;
mod palette;
mod png;
mod rows;
mod scale;
mod scene;
mod svg;
mod terminal;

use anyhow::Result;

pub(crate) use chart::Chart;
pub(crate) use elements::{Options, Run};
pub(crate) use terminal::render as terminal;

/// The colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Theme {
    /// Dark on a light page
    Light,
    /// Light on a dark page
    Dark,
}

impl Theme {
    fn colors(self) -> &'static palette::Theme {
        match self {
            Self::Light => &palette::LIGHT,
            Self::Dark => &palette::DARK,
        }
    }
}

/// An SVG of this width in pixels. Without a theme it follows its reader's.
pub(crate) fn svg(chart: &Chart, width: u32, theme: Option<Theme>) -> String {
    svg::draw(&layout::scene(chart, width as f32), theme.map(Theme::colors))
}

/// A PNG of twice this width in pixels, for screens that have two for each of a page.
pub(crate) fn png(chart: &Chart, width: u32, theme: Option<Theme>) -> Result<Vec<u8>> {
    png::draw(&layout::scene(chart, width as f32), theme.unwrap_or(Theme::Light).colors())
}

#[cfg(test)]
mod tests;
