//! Puts a chart on a page, from the top down: title, headline and curves, then what [`super::below`] adds.

use super::chart::Chart;
use super::elements::Curve;
use super::font;
use super::palette::{DASHES, Style};
use super::scale::{ticks, time_ticks};
use super::scene::{Anchor, Color, Point, Scene, Shape};

pub(super) const MARGIN: f32 = 16.0;
const TITLE: f32 = 16.0;
pub(super) const TEXT: f32 = 12.0;
/// Height of a line of text.
pub(super) const LINE: f32 = 18.0;
/// Distance from a text to what it belongs to.
pub(super) const GAP: f32 = 8.0;
/// From this width on, names stand beside their rows, else above.
pub(super) const WIDE: f32 = 720.0;

/// The picture of a chart.
pub(super) fn scene(chart: &Chart, width: f32) -> Scene {
    let (left, right) = gutters(chart, width);
    let mut page = Page { chart, width, left, right, y: MARGIN, shapes: Vec::new() };
    page.head();
    page.curves();
    page.rows();
    page.legend();
    Scene { width, height: (page.y + MARGIN).ceil(), shapes: page.shapes }
}

pub(super) struct Page<'a> {
    pub(super) chart: &'a Chart,
    pub(super) width: f32,
    /// Ends of the time axis.
    pub(super) left: f32,
    pub(super) right: f32,
    /// The end of what is drawn so far.
    pub(super) y: f32,
    pub(super) shapes: Vec<Shape>,
}

/// The ends of the time axis, with room for labels beside it.
fn gutters(chart: &Chart, width: f32) -> (f32, f32) {
    let longest = |texts: &mut dyn Iterator<Item = &str>| {
        texts.map(|text| font::width(text, TEXT)).fold(0.0, f32::max)
    };
    let sizes = size_ticks(chart, 4.0);
    let sizes = longest(&mut sizes.iter().map(|(_, label)| label.as_str()));
    let (mut names, mut notes) = (0.0, 0.0);
    if width >= WIDE {
        names = longest(&mut chart.rows.iter().map(|row| row.name.as_str())).min(width * 0.24);
        notes = longest(&mut chart.rows.iter().map(|row| row.note.as_str()));
    }
    let right = if notes > 0.0 { notes + GAP } else { 0.0 };
    (MARGIN + sizes.max(names) + GAP, width - MARGIN - right)
}

fn size_ticks(chart: &Chart, about: f64) -> Vec<(f64, String)> {
    ticks(0.0, chart.top, about, chart.unit)
}

/// A title without the folder of its program if there is no room for it.
fn short(title: &str, room: f32) -> String {
    let (program, arguments) = title.split_once(' ').unwrap_or((title, ""));
    match program.rsplit_once('/') {
        Some((_, name)) if font::width(title, TITLE) > room => format!("…/{name} {arguments}"),
        _ => title.to_owned(),
    }
}

/// The lines of a text.
fn wrapped(text: &str, room: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), TEXT) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(font::fit_end(word, TEXT, room)),
        }
    }
    lines
}

impl Page<'_> {
    pub(super) fn text(&mut self, at: Point, text: String, anchor: Anchor, color: Color) {
        self.shapes.push(Shape::Text { at, text, size: TEXT, anchor, color });
    }

    pub(super) fn line(
        &mut self,
        points: Vec<Point>,
        color: Color,
        width: f32,
        dashes: &'static [f32],
    ) {
        self.shapes.push(Shape::Line { points, color, width, dashes });
    }

    pub(super) fn x(&self, seconds: f64) -> f32 {
        let share = (seconds - self.chart.from) / (self.chart.to - self.chart.from);
        self.left + share as f32 * (self.right - self.left)
    }

    fn head(&mut self) {
        let room = self.width - 2.0 * MARGIN;
        let text = font::fit_start(&short(&self.chart.title, room), TITLE, room);
        self.y += TITLE;
        let at = (MARGIN, self.y);
        self.shapes.push(Shape::Text {
            at,
            text,
            size: TITLE,
            anchor: Anchor::Start,
            color: Color::Text,
        });
        self.y += 6.0;
        for (index, sentence) in self.chart.headline.iter().enumerate() {
            for text in wrapped(sentence, room) {
                self.y += LINE;
                let color = if index == 0 { Color::Text } else { Color::Muted };
                self.text((MARGIN, self.y), text, Anchor::Start, color);
            }
        }
        self.y += LINE;
    }

    fn curves(&mut self) {
        let chart = self.chart;
        let height = (self.width * 0.3).clamp(170.0, 360.0);
        let (top, bottom) = (self.y, self.y + height);
        let y = |size: f64| bottom - (size / chart.top) as f32 * height;
        let (left, right) = (self.left, self.right);
        for (size, label) in size_ticks(chart, f64::from(height) / 45.0) {
            let y = y(size);
            self.line(vec![(left, y), (right, y)], Color::Rule, 1.0, &[]);
            self.text((left - GAP, y + 4.0), label, Anchor::End, Color::Muted);
        }
        let about = f64::from(right - left) / 90.0;
        for (seconds, label) in time_ticks(chart.from, chart.to, about) {
            let x = self.x(seconds);
            self.line(vec![(x, bottom), (x, bottom + 4.0)], Color::Muted, 1.0, &[]);
            // The last label would leave the page.
            let room = font::width(&label, TEXT) / 2.0;
            let at = (x.min(self.width - MARGIN - room), bottom + 6.0 + TEXT);
            self.text(at, label, Anchor::Middle, Color::Muted);
        }
        self.line(vec![(left, bottom), (right, bottom)], Color::Muted, 1.0, &[]);
        // The largest come first, and lie above the others.
        for curve in chart.curves.iter().rev() {
            self.curve(curve, y);
        }
        self.y = bottom + 6.0 + TEXT + GAP;
        self.mark(top, y);
    }

    fn curve(&mut self, curve: &Curve, y: impl Fn(f64) -> f32) {
        let Curve { style, points, trend, .. } = curve;
        let color = Color::Of(*style);
        let place = |(seconds, size): &(f64, f64)| (self.x(*seconds), y(*size));
        let points: Vec<_> = points.iter().map(place).collect();
        let trend = trend.as_ref().map(|trend| trend.ends.iter().map(place).collect());
        if let ([_], [first, .., last]) = (&self.chart.curves[..], &points[..]) {
            let ends = [(last.0, y(0.0)), (first.0, y(0.0))];
            let points = points.iter().copied().chain(ends).collect();
            self.shapes.push(Shape::Area { points, color, opacity: 0.12 });
        }
        if let [only] = points[..] {
            self.shapes.push(Shape::Ring { at: only, radius: 2.0, color });
        }
        let width = if *style == Style::Other { 1.0 } else { 2.0 };
        self.line(points, color, width, DASHES[style.dash()]);
        if let Some(ends) = trend {
            self.line(ends, color, 1.0, &[4.0, 4.0]);
        }
    }

    /// The mark of the peak, with a line down through all rows.
    fn mark(&mut self, top: f32, y: impl Fn(f64) -> f32) {
        let chart = self.chart;
        let (x, peak) = (self.x(chart.peak.at.0), y(chart.peak.at.1));
        let end = if chart.rows.is_empty() { y(0.0) } else { self.y + self.rows_height() };
        self.line(vec![(x, peak), (x, end)], Color::Muted, 1.0, &[2.0, 3.0]);
        if let [first, ..] = chart.peak.feet[..] {
            let foot = (self.x(first.0), y(first.1));
            self.line(vec![foot, (x, peak)], Color::Text, 1.0, &[2.0, 2.0]);
        }
        self.shapes.push(Shape::Ring { at: (x, peak), radius: 4.0, color: Color::Text });
        self.label(x, (peak - GAP).max(top + TEXT / 2.0));
    }

    /// The label of the peak, on the side that has room.
    fn label(&mut self, x: f32, y: f32) {
        let text = self.chart.peak.label.clone();
        let (width, end) = (font::width(&text, TEXT), self.width - MARGIN);
        let start = if x + GAP + width <= end {
            x + GAP
        } else if x - GAP - width >= self.left {
            x - GAP - width
        } else {
            (x - width / 2.0).clamp(MARGIN, end - width)
        };
        self.shapes.push(Shape::Clear([start - 2.0, y - TEXT, width + 4.0, TEXT + 4.0]));
        self.text((start, y), text, Anchor::Start, Color::Text);
    }
}
