//! The area below the curves: rows and the legend.

use super::elements::{Bar, Entry, Row, Sign};
use super::font;
use super::layout::{GAP, LINE, MARGIN, Page, TEXT, WIDE};
use super::palette::{DASHES, Style};
use super::scene::{Anchor, Color, Shape};

/// Height of all rows of levels, at most.
const LEVELS: f32 = 600.0;
/// Width of a symbol, with the gap behind it.
const SIGN: f32 = 30.0;

impl Page<'_> {
    fn is_wide(&self) -> bool {
        self.width >= WIDE
    }

    /// Whether rows have names of their own.
    fn is_named(&self) -> bool {
        self.chart.rows.iter().any(|row| !row.note.is_empty())
    }

    /// The height of a row and of its bars.
    fn row_height(&self) -> (f32, f32) {
        match (self.is_named(), self.is_wide()) {
            (true, true) => (22.0, 12.0),
            (true, false) => (LINE + 14.0, 8.0),
            (false, _) => {
                let height = (LEVELS / self.chart.rows.len().max(1) as f32).clamp(5.0, 20.0);
                (height, height - 1.0)
            }
        }
    }

    pub(super) fn rows_height(&self) -> f32 {
        self.row_height().0 * self.chart.rows.len() as f32
    }

    pub(super) fn rows(&mut self) {
        let (height, thick) = self.row_height();
        for row in &self.chart.rows {
            // The name is above the bars, or beside them.
            let bar =
                if self.is_named() && !self.is_wide() { LINE } else { (height - thick) / 2.0 };
            self.bars(row, self.y + bar, thick);
            self.names(row, height, thick);
            self.y += height;
        }
    }

    fn names(&mut self, row: &Row, height: f32, thick: f32) {
        let Row { name, note, .. } = row;
        if !self.is_named() {
            let line = self.y + thick / 2.0 + 4.0;
            let fits = self.row_height().0 >= 12.0;
            if fits {
                self.text((self.left - GAP, line), name.clone(), Anchor::End, Color::Muted);
            }
        } else if self.is_wide() {
            let (line, room) = (self.y + height / 2.0 + 4.0, self.left - GAP - MARGIN);
            let name = font::fit_end(name, TEXT, room);
            self.text((self.left - GAP, line), name, Anchor::End, Color::Text);
            self.text((self.right + GAP, line), note.clone(), Anchor::Start, Color::Muted);
        } else {
            let (line, end) = (self.y + LINE - 5.0, self.width - MARGIN);
            let room = end - MARGIN - font::width(note, TEXT) - 2.0 * GAP;
            let name = font::fit_end(name, TEXT, room);
            self.text((MARGIN, line), name, Anchor::Start, Color::Text);
            let width = font::width(note, TEXT);
            self.shapes.push(Shape::Clear([end - width, line - TEXT, width, TEXT + 4.0]));
            self.text((end, line), note.clone(), Anchor::End, Color::Muted);
        }
    }

    fn bars(&mut self, row: &Row, y: f32, height: f32) {
        let mut bars: Vec<&Bar> = row.bars.iter().collect();
        bars.sort_by_key(|bar| (bar.style.color(), bar.style.dash()));
        for same in bars.chunk_by(|one, other| one.style == other.style) {
            let places = same.iter().map(|bar| {
                let (from, to) = (self.x(bar.from), self.x(bar.to));
                [from, y, (to - from).max(1.0), height]
            });
            let places = places.collect();
            self.add_bars(same[0].style, places);
        }
        if height < 12.0 {
            return;
        }
        for bar in &row.bars {
            let (from, to) = (self.x(bar.from), self.x(bar.to));
            // PERF: measuring text takes long, and most bars have no room for any.
            if !bar.label.is_empty() && to - from > 16.0 {
                let room = to - from - GAP;
                if font::width(&bar.label, TEXT) <= room {
                    let at = (from + GAP / 2.0, y + height / 2.0 + 4.0);
                    self.text(at, bar.label.clone(), Anchor::Start, Color::Text);
                }
            }
        }
    }

    /// Used for a second function, a colour is a light one below an edge.
    fn add_bars(&mut self, style: Style, bars: Vec<[f32; 4]>) {
        let color = Color::Of(style);
        let mut opacity = 0.55;
        if style.dash() > 0 {
            let edges = bars.iter().map(|[x, y, width, _]| [*x, *y, *width, 2.0]).collect();
            self.shapes.push(Shape::Bars { bars: edges, color, opacity: 1.0 });
            opacity = 0.25;
        }
        self.shapes.push(Shape::Bars { bars, color, opacity });
    }

    /// Entries in as many columns as have room, from the top down.
    pub(super) fn legend(&mut self) {
        let entries = &self.chart.legend;
        if entries.is_empty() {
            return;
        }
        let room = self.width - 2.0 * MARGIN;
        let words = |entry: &Entry| {
            let comma = if entry.name.is_empty() { "" } else { ", " };
            format!("{comma}{}", entry.text)
        };
        let width = |it: &Entry| font::width(&it.name, TEXT) + font::width(&words(it), TEXT);
        let widths = entries.iter().map(|it| width(it) + SIGN + 2.0 * GAP);
        let longest = widths.fold(0.0, f32::max).min(room);
        let columns = ((room / longest) as usize).max(1);
        let lines = entries.len().div_ceil(columns);
        self.y += GAP;
        for (index, entry) in entries.iter().enumerate() {
            let x = MARGIN + (index / lines) as f32 * longest;
            let y = self.y + (index % lines) as f32 * LINE + LINE / 2.0;
            match entry.sign {
                Sign::Curve(style) => {
                    let width = if style == Style::Other { 1.0 } else { 2.0 };
                    let points = vec![(x, y), (x + SIGN - GAP, y)];
                    self.line(points, Color::Of(style), width, DASHES[style.dash()]);
                }
                Sign::Bar(style) => {
                    self.add_bars(style, vec![[x, y - 6.0, SIGN - GAP, 12.0]]);
                }
                Sign::Nothing => {}
            }
            let start = if entry.sign == Sign::Nothing { x } else { x + SIGN };
            let words = words(entry);
            let room = longest - SIGN - font::width(&words, TEXT);
            let text = match entry.name.as_str() {
                "" => font::fit_start(&words, TEXT, longest - (start - x)),
                name => font::fit_end(name, TEXT, room) + &words,
            };
            self.text((start, y + 4.0), text, Anchor::Start, Color::Text);
        }
        self.y += lines as f32 * LINE;
    }
}
