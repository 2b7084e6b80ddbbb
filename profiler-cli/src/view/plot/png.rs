//! Renders a plot as PNG.

use anyhow::{Result, anyhow};
use plotters::prelude::{BitMapBackend, IntoDrawingArea};
use png::{BitDepth, ColorType, Encoder};

use super::chart::Chart;
use super::draw::{self, SIZE};

/// The picture.
pub(crate) fn render(chart: &Chart) -> Result<Vec<u8>> {
    let (width, height) = SIZE;
    let mut pixels = vec![0; (width * height * 3) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    draw::draw(&area, chart).map_err(|error| anyhow!("cannot draw: {error}"))?;
    area.present()?;
    drop(area);
    let mut picture = Vec::new();
    let mut encoder = Encoder::new(&mut picture, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_depth(BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(picture)
}
