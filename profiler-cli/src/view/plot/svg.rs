//! Renders a plot as SVG.

use anyhow::{Result, anyhow};
use plotters::prelude::{IntoDrawingArea, SVGBackend};

use super::chart::Chart;
use super::draw::{self, SIZE};

/// The picture.
pub(crate) fn render(chart: &Chart) -> Result<String> {
    let mut picture = String::new();
    let area = SVGBackend::with_string(&mut picture, SIZE).into_drawing_area();
    draw::draw(&area, chart).map_err(|error| anyhow!("cannot draw: {error}"))?;
    area.present()?;
    drop(area);
    Ok(picture)
}
