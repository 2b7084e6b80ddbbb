//! Renders a plot for a terminal, in braille dots: four by two per character.

use unicode_width::UnicodeWidthStr;

use super::chart::Chart;
use super::elements::{Entry, Row, Sign};
use super::palette::{SERIES, Style};
use super::scale;
use crate::view::words::{end_of, time};

const RESET: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";

/// Number of rows of characters.
const HEIGHT: usize = 15;

/// Which columns of dots each kind of dashes has, of four.
const DASHES: [[bool; 4]; 4] = [
    [true, true, true, true],
    [true, true, true, false],
    [true, false, true, false],
    [true, false, false, false],
];

/// Size of the plot, in characters, without axes and legend.
struct Grid {
    width: usize,
    /// The dots of each character, and the last curve through it.
    cells: Vec<(u8, usize)>,
    /// Characters instead of dots: the peaks.
    marks: Vec<((usize, usize), String)>,
}

/// The plot, at most `width` characters wide.
pub(crate) fn render(chart: &Chart, width: usize) -> String {
    let labels = size_labels(chart);
    let names = chart.rows.iter().map(|row| row.name.width()).max().unwrap_or(0);
    let sizes = labels.iter().map(|label| label.width()).max().unwrap_or(0);
    let beside = sizes.max(names.min(width / 4));
    let room = width.saturating_sub(beside + 2);
    // Notes stand behind rows if most of the room remains.
    let notes = chart.rows.iter().map(|row| row.note.width() + 1).max().unwrap_or(0);
    let notes = if notes * 3 <= room { notes } else { 0 };
    let mut grid = Grid::new(room.saturating_sub(notes).max(10));
    grid.draw(chart);
    let mut text = wrapped(&chart.title, width);
    chart.headline.iter().for_each(|sentence| text += &wrapped(sentence, width));
    for (row, label) in labels.iter().enumerate() {
        text += &format!("{label:>beside$} │{}\n", grid.row(row, chart));
    }
    text += &format!("{:beside$} └{}\n", "", "─".repeat(grid.width));
    let (from, to) = (time(chart.from), time(chart.to));
    let room = grid.width.saturating_sub(from.width());
    text += &format!("{:beside$}  {from}{to:>room$}\n", "");
    for row in &chart.rows {
        text += &grid.bars(row, chart, beside, notes > 0);
    }
    text + &legend(chart, width)
}

/// The labels of the rows of characters: round numbers at their positions.
fn size_labels(chart: &Chart) -> Vec<String> {
    let mut labels = vec![String::new(); HEIGHT];
    for (size, label) in scale::ticks(0.0, chart.top, 5.0, chart.unit) {
        let row = (1.0 - size / chart.top) * (HEIGHT - 1) as f64;
        labels[row.round() as usize] = label;
    }
    labels
}

/// Lines of a text, cut between words.
fn wrapped(text: &str, width: usize) -> String {
    let width = width.max(20);
    let mut lines = String::new();
    let mut at = 0;
    for word in text.split(' ') {
        let length = word.width();
        if at > 0 && at + 1 + length > width {
            lines.push('\n');
            at = 0;
        } else if at > 0 {
            lines.push(' ');
            at += 1;
        }
        lines += &end_of(word, width);
        at += length;
    }
    lines + "\n"
}

/// A letter for each curve with a style of its own, if there are several: colours alone are lost in pipes.
fn letter(chart: &Chart, curve: usize) -> Option<char> {
    let Style::Nth(nth) = chart.curves[curve].style else { return None };
    let nth = u8::try_from(nth).ok().filter(|_| chart.curves.len() > 1)?;
    Some((b'a' + nth).into())
}

fn legend(chart: &Chart, width: usize) -> String {
    let mut text = String::new();
    for Entry { sign, name, text: words } in &chart.legend {
        let sign = match *sign {
            Sign::Curve(style) => {
                let line = ["──", "─╌", "╌╌", "··"][style.dash()];
                let curve = chart.curves.iter().position(|curve| curve.style == style);
                let letter = curve.and_then(|curve| letter(chart, curve)).unwrap_or(' ');
                format!("{}{line}{RESET} {letter}", paint(style))
            }
            Sign::Bar(style) => {
                format!("{}{}{RESET}", paint(style), if style.dash() == 0 { "██" } else { "▒▒" })
            }
            Sign::Nothing => String::new(),
        };
        let sign = if sign.is_empty() { sign } else { sign + " " };
        let room = width.saturating_sub(words.width() + 7);
        let comma = if name.is_empty() { "" } else { ", " };
        text += &format!("{sign}{}{comma}{words}\n", end_of(name, room));
    }
    text
}

/// Grey is the default colour, which fits any page.
fn paint(style: Style) -> String {
    let Some(index) = style.color() else { return String::new() };
    let (red, green, blue) = SERIES[index];
    format!("\u{1b}[38;2;{red};{green};{blue}m")
}

impl Grid {
    fn new(width: usize) -> Self {
        Self { width, cells: vec![(0, 0); width * HEIGHT], marks: Vec::new() }
    }

    fn draw(&mut self, chart: &Chart) {
        // The first lie above the others.
        for (index, curve) in chart.curves.iter().enumerate().rev() {
            let places = self.places(chart, &curve.points);
            self.curve(&places, index, DASHES[curve.style.dash()]);
            let highest = places.iter().rev().min_by(|one, other| one.1.total_cmp(&other.1));
            if let (Some(letter), Some(at)) = (letter(chart, index), highest) {
                let mark = format!("{}{letter}{RESET}", paint(curve.style));
                self.marks.push((cell(*at), mark));
            }
        }
        let peak = self.places(chart, &[chart.peak.at]);
        self.marks.push((cell(peak[0]), format!("{BOLD}●{RESET}")));
    }

    /// Positions in dots.
    fn places(&self, chart: &Chart, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let (columns, rows) = (self.width * 2, HEIGHT * 4);
        let place = |(seconds, size): &(f64, f64)| {
            let x = (seconds - chart.from) / (chart.to - chart.from) * (columns - 1) as f64;
            (x, (1.0 - size / chart.top) * (rows - 1) as f64)
        };
        points.iter().map(place).collect()
    }

    /// Draws a line through the places: all dots that it passes in each column.
    fn curve(&mut self, places: &[(f64, f64)], index: usize, dashes: [bool; 4]) {
        for pair in places.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
            for step in 0..=steps as usize {
                let share = step as f64 / steps;
                self.dot(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, index, dashes);
            }
        }
        if let [(x, y)] = places[..] {
            self.dot(x, y, index, dashes);
        }
    }

    fn dot(&mut self, x: f64, y: f64, index: usize, dashes: [bool; 4]) {
        const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
        if let (true, Some(cell)) =
            (x < self.width * 2, self.cells.get_mut(y / 4 * self.width + x / 2))
            && dashes[(x + y) % 4]
        {
            *cell = (cell.0 | DOTS[y % 4][x % 2], index);
        }
    }

    fn row(&self, row: usize, chart: &Chart) -> String {
        let cells = self.cells[row * self.width..][..self.width].iter().enumerate();
        let cells = cells.map(|(column, (dots, curve))| {
            // The peak of all was added last.
            if let Some((_, mark)) = self.marks.iter().rfind(|(at, _)| *at == (row, column)) {
                return mark.clone();
            }
            let character = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
            match chart.curves.get(*curve) {
                Some(curve) if *dots != 0 => format!("{}{character}{RESET}", paint(curve.style)),
                _ => " ".to_owned(),
            }
        });
        cells.collect::<String>().trim_end().to_owned()
    }

    /// A row of functions.
    fn bars(&self, row: &Row, chart: &Chart, beside: usize, with_note: bool) -> String {
        let mut cells = vec![None; self.width];
        for bar in &row.bars {
            let place =
                |seconds: f64| (seconds - chart.from) / (chart.to - chart.from) * self.width as f64;
            let from = (place(bar.from) as usize).min(self.width - 1);
            let to = (place(bar.to).ceil() as usize).clamp(from + 1, self.width);
            cells[from..to].fill(Some(bar.style));
        }
        let cell = |style: &Option<Style>| match style {
            Some(style) if style.dash() == 0 => format!("{}━{RESET}", paint(*style)),
            Some(style) => format!("{}╍{RESET}", paint(*style)),
            None => " ".into(),
        };
        let bars: String = cells.iter().map(cell).collect();
        let bars = if with_note { format!("{bars} {}", row.note) } else { bars };
        let name = end_of(&row.name, beside);
        let blanks = " ".repeat(beside.saturating_sub(name.width()));
        format!("{blanks}{name} │{}\n", bars.trim_end())
    }
}

/// The row and column of a character.
fn cell((x, y): (f64, f64)) -> (usize, usize) {
    (y.round() as usize / 4, x.round() as usize / 2)
}
