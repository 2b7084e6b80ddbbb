//! Draws the screen of `top`.

use mem_profile_format::report::{Unit, printable, printable_line};
use ratatui::Frame;
use ratatui::layout::{Alignment, Constraint, Layout, Rect};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table, TableState};

use super::state::Top;
use crate::figures::Measure;

const MEASURES: [Measure; 4] =
    [Measure::Increment, Measure::Peak, Measure::Allocated, Measure::Allocs];

/// Width at which all figures fit, in columns.
const WIDE: u16 = 100;

pub(crate) fn render(top: &Top, frame: &mut Frame<'_>) {
    let heights = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(heights).areas(frame.area());
    frame.render_widget(
        Line::from(printable_line(&format!("{}: {}", top.name, top.state))).bold(),
        head,
    );
    let keys = match &top.open {
        Some((_, first)) => {
            let lines = top.table().into_iter().skip(*first).map(Line::from);
            frame.render_widget(Paragraph::new(Text::from_iter(lines)), body);
            "arrows scroll  Esc back  q quit"
        }
        None => {
            lines(top, frame, body);
            "sort: i increment  p peak  b allocated  n allocs   arrows, Enter: function  q quit"
        }
    };
    frame.render_widget(Line::from(keys).dim(), foot);
}

fn lines(top: &Top, frame: &mut Frame<'_>, area: Rect) {
    let right = |text: String| Cell::from(Text::from(text).alignment(Alignment::Right));
    // The sorted figure is always shown, the others if they fit.
    let is_shown = |measure: &Measure| area.width >= WIDE || *measure == top.measure;
    let measures: Vec<Measure> = MEASURES.into_iter().filter(is_shown).collect();
    let titles = measures.iter().map(|measure| {
        let title = right(measure.title().to_owned());
        if *measure == top.measure { title.style(Style::new().reversed()) } else { title }
    });
    let words = [right("Occurrences".into()), Cell::from("Line"), Cell::from("Line Contents")];
    let header = Row::new(titles.chain(words)).bold();
    let rows = top.rows.iter().map(|row| {
        let number = |measure: &Measure| {
            let figure = measure.of(&row.figures);
            right(figure.map_or_else(String::new, |it| measure.format(it, Unit::Auto, 1)))
        };
        let occurrences = row.figures.occurrences.unwrap_or(0).to_string();
        let place = printable(&format!("{}:{}", row.function.0, row.line));
        let words = [right(occurrences), Cell::from(place), Cell::from(row.source.clone())];
        Row::new(measures.iter().map(number).chain(words))
    });
    let longest = top.rows.iter().map(|row| row.function.0.len() + 6).max().unwrap_or(0);
    let place = Constraint::Length(u16::try_from(longest.clamp(4, 36)).unwrap_or(36));
    let numbers = measures.iter().map(|_| Constraint::Length(11));
    let widths = numbers.chain([Constraint::Length(11), place, Constraint::Fill(1)]);
    let table =
        Table::new(rows, widths).header(header).row_highlight_style(Style::new().reversed());
    let mut state = TableState::default().with_selected(Some(top.selected));
    frame.render_stateful_widget(table, area, &mut state);
}
