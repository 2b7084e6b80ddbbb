//! The built-in font: the width of texts, and the outlines of letters.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId, OutlineBuilder};

static FACE: LazyLock<Face<'static>> =
    LazyLock::new(|| Face::parse(dejavu::sans::regular(), 0).expect("the font is built in"));

/// The letters of a text, each with its distance from the start.
fn letters(text: &str, size: f32) -> impl Iterator<Item = (GlyphId, f32)> {
    let (mut at, mut last) = (0.0, None);
    text.chars().map(move |letter| {
        let glyph = FACE.glyph_index(letter).unwrap_or_default();
        at += last.map_or(0.0, |last| kerning(last, glyph)) * scale(size);
        last = Some(glyph);
        let start = at;
        at += advance(glyph) * scale(size);
        (glyph, start)
    })
}

fn scale(size: f32) -> f32 {
    size / f32::from(FACE.units_per_em())
}

fn advance(glyph: GlyphId) -> f32 {
    FACE.glyph_hor_advance(glyph).unwrap_or(0).into()
}

fn kerning(left: GlyphId, right: GlyphId) -> f32 {
    let tables = FACE.tables().kern.into_iter().flat_map(|it| it.subtables);
    let mut horizontal = tables.filter(|it| it.horizontal && !it.has_state_machine);
    horizontal.find_map(|it| it.glyphs_kerning(left, right)).unwrap_or(0).into()
}

/// The width of a text in pixels.
pub(super) fn width(text: &str, size: f32) -> f32 {
    letters(text, size).last().map_or(0.0, |(glyph, at)| at + advance(glyph) * scale(size))
}

/// The text, or as much of its end as fits: the most specific part of a path.
pub(super) fn fit_end(text: &str, size: f32, room: f32) -> String {
    fit(text, size, room, |text, kept| {
        format!("…{}", text.chars().skip(text.chars().count() - kept).collect::<String>())
    })
}

/// The text, or as much of its start as fits.
pub(super) fn fit_start(text: &str, size: f32, room: f32) -> String {
    fit(text, size, room, |text, kept| text.chars().take(kept).chain(['…']).collect())
}

/// The longest text that fits. `keep` shortens it to a number of letters.
fn fit(text: &str, size: f32, room: f32, keep: impl Fn(&str, usize) -> String) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let (mut low, mut high) = (0, text.chars().count());
    while low + 1 < high {
        let middle = low.midpoint(high);
        if width(&keep(text, middle), size) <= room { low = middle } else { high = middle }
    }
    keep(text, low)
}

/// The outline of a text, of which `start` is the start of the base line.
pub(super) fn outline(text: &str, size: f32, start: (f32, f32)) -> Option<tiny_skia::Path> {
    let mut pen = Pen { path: tiny_skia::PathBuilder::new(), start, scale: scale(size), left: 0.0 };
    for (glyph, left) in letters(text, size) {
        pen.left = left;
        FACE.outline_glyph(glyph, &mut pen);
    }
    pen.path.finish()
}

struct Pen {
    path: tiny_skia::PathBuilder,
    start: (f32, f32),
    scale: f32,
    left: f32,
}

impl Pen {
    /// In the font, heights count upwards.
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.start.0 + self.left + x * self.scale, self.start.1 - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) =
            (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
