//! Draws a chart on any backend of `plotters`.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Once;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::Chart;
use super::elements::{Curve, Rgb, Shade, Sign};

/// Size of the picture, in pixels.
pub(super) const SIZE: (u32, u32) = (1260, 600);

/// Height of the title.
pub(super) const HEAD: i32 = 44;
const LEGEND: i32 = 330;
const LINE: i32 = 22;
/// Opacity of functions.
const SHADE: f64 = 0.45;
const PEAK: RGBColor = RGBColor(200, 30, 30);
const INK: RGBColor = RGBColor(40, 40, 40);
const FONT: &str = "sans-serif";

type Drawn = Result<(), Box<dyn Error + Send + Sync>>;
type Plane<'a, 'b, D> = ChartContext<'a, D, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws the whole chart.
pub(super) fn draw<D: DrawingBackend>(root: &DrawingArea<D, Shift>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    register_font();
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(HEAD);
    let title: String = chart.title.chars().take(130).collect();
    head.draw(&Text::new(title, (86, 16), font(19)))?;
    let (plots, legend) = body.split_horizontally(SIZE.0 as i32 - LEGEND);
    let rows = (chart.rows as i32 * LINE).min(260);
    let (curves, functions) = plots.split_vertically(SIZE.1 as i32 - HEAD - rows);
    draw_curves(&curves, chart)?;
    if chart.rows > 0 {
        draw_rows(&functions, chart)?;
    }
    draw_legend(&legend, chart)
}

/// Registers the built-in font, which measures text and draws it in bitmaps.
fn register_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = plotters::style::register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
}

fn font(size: i32) -> TextStyle<'static> {
    TextStyle::from((FONT, size)).color(&INK)
}

fn rgb((red, green, blue): Rgb) -> RGBColor {
    RGBColor(red, green, blue)
}

fn draw_curves<D: DrawingBackend>(area: &DrawingArea<D, Shift>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    let mut plane = ChartBuilder::on(area)
        .margin_left(14)
        .margin_right(12)
        .x_label_area_size(48)
        .y_label_area_size(70)
        .build_cartesian_2d(chart.from..chart.to, 0.0..chart.top)?;
    if chart.rows == 0 {
        draw_shades(&mut plane, chart)?;
    }
    plane
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(INK.mix(0.12))
        .axis_style(INK.mix(0.6))
        .x_desc("seconds since the start")
        .y_desc(format!("memory in use, {}", chart.unit))
        .label_style(font(15))
        .axis_desc_style(font(15))
        .x_label_formatter(&|seconds| number(*seconds, chart.to - chart.from))
        .y_label_formatter(&|size| number(*size, chart.top))
        .draw()?;
    for curve in &chart.curves {
        draw_curve(&mut plane, curve)?;
    }
    draw_peak(&mut plane, chart)
}

/// The number of decimals that tells labels on an axis of this length apart.
fn number(value: f64, length: f64) -> String {
    let digits = (1.0 - length.log10()).ceil().clamp(0.0, 6.0) as usize;
    format!("{value:.digits$}")
}

/// Inner calls are lower, so that the enclosing ones stay visible.
fn draw_shades<D: DrawingBackend>(plane: &mut Plane<'_, '_, D>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    let rows = chart.shades.iter().map(|shade| shade.row + 1).max().unwrap_or(1);
    let height = |shade: &Shade| chart.top * (1.0 - shade.row as f64 / rows as f64 * 0.85);
    for shade in &chart.shades {
        let corners = [(shade.from, 0.0), (shade.to, height(shade))];
        // Enclosing calls are not drawn underneath, so that the colour matches the legend.
        for style in [WHITE.filled(), rgb(shade.color).mix(SHADE).filled()] {
            plane.draw_series([Rectangle::new(corners, style)])?;
        }
    }
    Ok(())
}

fn draw_curve<D: DrawingBackend>(plane: &mut Plane<'_, '_, D>, curve: &Curve) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    let color = rgb(curve.color);
    let parts = monotone(&curve.points);
    plane.draw_series(parts.map(|part| PathElement::new(part, color.stroke_width(2))))?;
    if curve.points.len() < 60 {
        plane.draw_series(curve.points.iter().map(|at| Circle::new(*at, 2, color.filled())))?;
    }
    if let Some(trend) = &curve.trend {
        plane.draw_series(DashedLineSeries::new(trend.ends, 8, 5, color.stroke_width(1)))?;
    }
    Ok(())
}

/// Splits a curve into rising and falling parts. In bitmaps, a thick line with a sharp turn has a corner
/// far away from it.
fn monotone(points: &[(f64, f64)]) -> impl Iterator<Item = Vec<(f64, f64)>> {
    let mut parts: Vec<(bool, Vec<_>)> = Vec::new();
    for ends in points.windows(2) {
        let rises = ends[0].1 <= ends[1].1;
        match parts.last_mut() {
            Some((same, part)) if *same == rises => part.push(ends[1]),
            _ => parts.push((rises, ends.to_vec())),
        }
    }
    parts.into_iter().map(|(_, part)| part)
}

fn draw_peak<D: DrawingBackend>(plane: &mut Plane<'_, '_, D>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    let (seconds, size) = chart.peak.at;
    let across = [(chart.from, size), (chart.to, size)];
    let up = [(seconds, 0.0), (seconds, chart.top)];
    for line in [across, up] {
        plane.draw_series(DashedLineSeries::new(line, 4, 4, PEAK.stroke_width(1)))?;
    }
    plane.draw_series([Circle::new((seconds, size), 4, PEAK.filled())])?;
    let is_left = seconds < f64::midpoint(chart.from, chart.to);
    let (side, shift) = if is_left { (HPos::Left, 8) } else { (HPos::Right, -8) };
    let style = font(15).color(&PEAK).pos(Pos::new(side, VPos::Bottom));
    let label = Text::new(chart.peak.label.clone(), (shift, -6), style);
    plane.draw_series([EmptyElement::at((seconds, size)) + label])?;
    Ok(())
}

/// Draws functions as rows, outermost at the bottom, with their names where they fit.
fn draw_rows<D: DrawingBackend>(area: &DrawingArea<D, Shift>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    let mut plane = ChartBuilder::on(area)
        .margin_left(14)
        .margin_right(12)
        .margin_bottom(6)
        .set_label_area_size(LabelAreaPosition::Left, 70)
        .build_cartesian_2d(chart.from..chart.to, 0.0..chart.rows as f64)?;
    for shade in &chart.shades {
        let color = rgb(shade.color);
        let row = shade.row as f64;
        let corners = [(shade.from, row), (shade.to, row + 0.92)];
        plane.draw_series([Rectangle::new(corners, color.mix(SHADE).filled())])?;
        let place = (shade.from, row + 0.46);
        let (left, right) =
            (plane.backend_coord(&place).0, plane.backend_coord(&(shade.to, row)).0);
        let style = font(14).pos(Pos::new(HPos::Left, VPos::Center));
        let room = right - left - 8;
        // PERF: measuring text takes long, and most have no room for any.
        if room > 0 && area.estimate_text_size(&shade.label, &style)?.0 < room as u32 {
            let label = Text::new(shade.label.clone(), (4, 0), style);
            plane.draw_series([EmptyElement::at(place) + label])?;
        }
    }
    let mut lowest = i32::MAX;
    for (thread, row) in threads(chart) {
        let place = (chart.from, row as f64 + 0.46);
        let height = plane.backend_coord(&place).1;
        if height > lowest {
            continue;
        }
        lowest = height - 14;
        let style = font(14).pos(Pos::new(HPos::Right, VPos::Center));
        let label = Text::new(format!("thread {thread}"), (-6, 0), style);
        plane.draw_series([EmptyElement::at(place) + label])?;
    }
    Ok(())
}

/// The lowest row of each thread if there are several.
fn threads(chart: &Chart) -> BTreeMap<u32, usize> {
    let mut lowest = BTreeMap::new();
    for Shade { thread, row, .. } in &chart.shades {
        let lowest = lowest.entry(*thread).or_insert(*row);
        *lowest = (*lowest).min(*row);
    }
    if lowest.len() > 1 { lowest } else { BTreeMap::new() }
}

fn draw_legend<D: DrawingBackend>(area: &DrawingArea<D, Shift>, chart: &Chart) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    for (index, entry) in (0..).zip(&chart.legend) {
        let y = 8 + index * LINE;
        let middle = y + 8;
        match entry.sign {
            Sign::Curve(color) => {
                area.draw(&PathElement::new(
                    [(4, middle), (26, middle)],
                    rgb(color).stroke_width(3),
                ))?;
            }
            Sign::Trend(color) => dashes(area, middle, rgb(color))?,
            Sign::Peak => {
                dashes(area, middle, PEAK)?;
                area.draw(&Circle::new((15, middle), 4, PEAK.filled()))?;
            }
            Sign::Shade(color) => {
                area.draw(&Rectangle::new([(4, y), (26, y + 15)], rgb(color).mix(SHADE).filled()))?;
            }
            Sign::Nothing => {}
        }
        let style = font(15).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(entry.text.clone(), (34, middle), style))?;
    }
    Ok(())
}

fn dashes<D: DrawingBackend>(area: &DrawingArea<D, Shift>, y: i32, color: RGBColor) -> Drawn
where
    D::ErrorType: Send + Sync + 'static,
{
    for x in [4, 12, 20] {
        area.draw(&PathElement::new([(x, y), (x + 5, y)], color.stroke_width(2)))?;
    }
    Ok(())
}
