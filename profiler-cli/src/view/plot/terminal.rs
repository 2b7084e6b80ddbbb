//! Renders a plot for a terminal, in braille dots: four by two per character.

use super::chart::Chart;
use super::elements::{Rgb, Sign};

const RESET: &str = "\u{1b}[0m";
const RED: &str = "\u{1b}[31m";

/// Size of the plot, in characters, without axes and legend.
struct Grid {
    width: usize,
    height: usize,
    /// The dots of each character, and the last curve through it.
    cells: Vec<(u8, usize)>,
}

/// The plot, at most `width` characters wide.
pub(crate) fn render(chart: &Chart, width: usize) -> String {
    let height = 15;
    let labels = labels(chart, height);
    let beside = labels.iter().map(String::len).max().unwrap_or(0);
    let mut grid = Grid::new(width.saturating_sub(beside + 2).max(10), height);
    for (index, curve) in chart.curves.iter().enumerate() {
        grid.curve(chart, &curve.points, index);
    }
    let mut text = format!("{}\n", chart.title);
    for (row, label) in labels.iter().enumerate() {
        text += &format!("{label:>beside$} │{}\n", grid.row(row, chart));
    }
    text += &format!("{:beside$} └{}\n", "", "─".repeat(grid.width));
    let (from, to) = (format!("{:.2} s", chart.from), format!("{:.2} s", chart.to));
    let room = grid.width.saturating_sub(from.len());
    text += &format!("{:beside$}  {from}{to:>room$}\n", "");
    text + &legend(chart)
}

/// The labels of the rows: round numbers at their positions.
fn labels(chart: &Chart, height: usize) -> Vec<String> {
    let magnitude = 10f64.powf((chart.top / 4.0).log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|it| it * magnitude);
    let step = steps.into_iter().find(|step| chart.top / step <= 5.0).unwrap_or(chart.top);
    let mut labels = vec![String::new(); height];
    for index in 0..=(chart.top / step) as usize {
        let size = index as f64 * step;
        let row = (1.0 - size / chart.top) * (height - 1) as f64;
        labels[row.round() as usize] = format!("{size} {}", chart.unit);
    }
    labels
}

fn legend(chart: &Chart) -> String {
    let lines = chart.legend.iter().map(|entry| {
        let sign = match entry.sign {
            Sign::Curve(color) => format!("{}─{RESET}", paint(color)),
            Sign::Trend(color) => format!("{}╌{RESET}", paint(color)),
            Sign::Shade(color) => format!("{}█{RESET}", paint(color)),
            Sign::Peak => format!("{RED}●{RESET}"),
            Sign::Nothing => " ".to_owned(),
        };
        format!("{sign} {}\n", entry.text)
    });
    lines.collect()
}

/// The first curve has the default colour, which fits any background.
fn paint(color: Rgb) -> String {
    match color {
        (31, 41, 55) => String::new(),
        (red, green, blue) => format!("\u{1b}[38;2;{red};{green};{blue}m"),
    }
}

impl Grid {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, cells: vec![(0, 0); width * height] }
    }

    /// Draws a line through the points: all dots that it passes in each column.
    fn curve(&mut self, chart: &Chart, points: &[(f64, f64)], index: usize) {
        let (columns, rows) = (self.width * 2, self.height * 4);
        let place = |(seconds, size): (f64, f64)| {
            let x = (seconds - chart.from) / (chart.to - chart.from) * (columns - 1) as f64;
            (x, (1.0 - size / chart.top) * (rows - 1) as f64)
        };
        let places: Vec<_> = points.iter().map(|point| place(*point)).collect();
        for pair in places.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
            for step in 0..=steps as usize {
                let share = step as f64 / steps;
                self.dot(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share, index);
            }
        }
        if let [(x, y)] = places[..] {
            self.dot(x, y, index);
        }
    }

    fn dot(&mut self, x: f64, y: f64, index: usize) {
        const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (x, y) = (x.round().max(0.0) as usize, y.round().max(0.0) as usize);
        if let (true, Some(cell)) =
            (x < self.width * 2, self.cells.get_mut(y / 4 * self.width + x / 2))
        {
            *cell = (cell.0 | DOTS[y % 4][x % 2], index);
        }
    }

    fn row(&self, row: usize, chart: &Chart) -> String {
        let (seconds, size) = chart.peak.at;
        let column = (seconds - chart.from) / (chart.to - chart.from) * (self.width * 2 - 1) as f64;
        let peak_row = (1.0 - size / chart.top) * (self.height * 4 - 1) as f64;
        let peak = (peak_row.round() as usize / 4, column.round() as usize / 2);
        let cells = self.cells[row * self.width..][..self.width].iter().enumerate();
        let cells = cells.map(|(column, (dots, curve))| {
            if (row, column) == peak {
                return format!("{RED}●{RESET}");
            }
            let character = char::from_u32(0x2800 + u32::from(*dots)).unwrap_or(' ');
            match chart.curves.get(*curve) {
                Some(curve) if *dots != 0 => format!("{}{character}{RESET}", paint(curve.color)),
                _ => " ".to_owned(),
            }
        });
        cells.collect::<String>().trim_end().to_owned()
    }
}
