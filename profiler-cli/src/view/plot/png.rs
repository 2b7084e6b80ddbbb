//! Draws a picture as PNG.

use anyhow::{Context, Result};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash,
    Transform,
};

use super::font;
use super::palette::{Rgb, SERIES, Theme};
use super::scene::{Anchor, Color, Point, Scene, Shape};

/// Pixels of the picture for each of the scene, since many screens have two.
const SCALE: f32 = 2.0;

/// The picture.
pub(super) fn draw(scene: &Scene, theme: &Theme) -> Result<Vec<u8>> {
    let (width, height) = ((scene.width * SCALE) as u32, (scene.height * SCALE) as u32);
    let pixels = Pixmap::new(width, height).context("the picture is too large")?;
    let mut canvas = Canvas { pixels, theme };
    let (red, green, blue) = theme.page;
    canvas.pixels.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
    scene.shapes.iter().for_each(|shape| canvas.add(shape));
    canvas.pixels.encode_png().context("cannot encode the picture")
}

struct Canvas<'a> {
    pixels: Pixmap,
    theme: &'a Theme,
}

impl Canvas<'_> {
    fn add(&mut self, shape: &Shape) {
        match shape {
            Shape::Line { points, color, width, dashes } => {
                let Some(path) = polygon(points, false) else { return };
                let dash = StrokeDash::new(dashes.to_vec(), 0.0);
                self.stroke(&path, self.color(*color), *width, dash);
            }
            Shape::Area { points, color, opacity } => {
                let Some(path) = polygon(points, true) else { return };
                self.fill(&path, self.color(*color), *opacity);
            }
            Shape::Bars { bars, color, opacity } => {
                let mut path = PathBuilder::new();
                let bars = bars.iter().filter_map(|[x, y, w, h]| Rect::from_xywh(*x, *y, *w, *h));
                bars.for_each(|bar| path.push_rect(bar));
                let Some(path) = path.finish() else { return };
                self.fill(&path, self.color(*color), *opacity);
            }
            Shape::Clear([x, y, w, h]) => {
                let Some(place) = Rect::from_xywh(*x, *y, *w, *h) else { return };
                self.fill(&PathBuilder::from_rect(place), self.theme.page, 0.8);
            }
            Shape::Ring { at: (x, y), radius, color } => {
                let Some(path) = PathBuilder::from_circle(*x, *y, *radius) else { return };
                self.fill(&path, self.theme.page, 1.0);
                self.stroke(&path, self.color(*color), 2.0, None);
            }
            Shape::Text { at: (x, y), text, size, anchor, color } => {
                let before = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => font::width(text, *size) / 2.0,
                    Anchor::End => font::width(text, *size),
                };
                let Some(path) = font::outline(text, *size, (x - before, *y)) else { return };
                self.fill(&path, self.color(*color), 1.0);
            }
        }
    }

    fn color(&self, color: Color) -> Rgb {
        match color {
            Color::Text => self.theme.text,
            Color::Muted => self.theme.muted,
            Color::Rule => self.theme.rule,
            Color::Of(style) => style.color().map_or(self.theme.muted, |index| SERIES[index]),
        }
    }

    fn fill(&mut self, path: &Path, color: Rgb, opacity: f32) {
        let scale = Transform::from_scale(SCALE, SCALE);
        self.pixels.fill_path(path, &paint(color, opacity), FillRule::Winding, scale, None);
    }

    fn stroke(&mut self, path: &Path, color: Rgb, width: f32, dash: Option<StrokeDash>) {
        let line_join = LineJoin::Round;
        let stroke =
            Stroke { width, dash, line_join, line_cap: LineCap::Butt, ..Stroke::default() };
        let scale = Transform::from_scale(SCALE, SCALE);
        self.pixels.stroke_path(path, &paint(color, 1.0), &stroke, scale, None);
    }
}

fn paint((red, green, blue): Rgb, opacity: f32) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, (opacity * 255.0).round() as u8);
    paint
}

fn polygon(points: &[Point], is_closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
    if is_closed {
        path.close();
    }
    path.finish()
}
