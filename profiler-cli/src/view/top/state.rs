//! The state of the screen of `top`, and the keys that change it.

use std::cmp::Reverse;

use mem_profile_format::report::{self, Style, Unit};
use mem_profile_format::{FunctionSnapshot, Snapshot};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::figures::{Figures, Measure};
use crate::recording::Recording;

/// The state of the screen.
pub(crate) struct Top {
    /// Name of the recording.
    pub(super) name: String,
    /// Whether the program is running, or what is wrong.
    pub(super) state: String,
    snapshot: Option<Snapshot>,
    pub(super) measure: Measure,
    /// The lines, hottest first.
    pub(super) rows: Vec<Row>,
    pub(super) selected: usize,
    /// The function whose table is open, and the first visible line of it.
    pub(super) open: Option<(Place, usize)>,
}

/// A function: its path and file.
pub(super) type Place = (String, String);

/// A line of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) function: Place,
    pub(super) line: u32,
    pub(super) figures: Figures,
    pub(super) source: String,
}

impl Top {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: String::new(),
            snapshot: None,
            measure: Measure::Increment,
            rows: Vec::new(),
            selected: 0,
            open: None,
        }
    }

    /// Takes new figures. The selected line stays selected, wherever it moves.
    pub(crate) fn update(&mut self, recording: Recording) {
        let incomplete = recording.incomplete.map(|it| it.reason);
        self.state = incomplete.unwrap_or_else(|| "the program has ended".into());
        self.snapshot = Some(recording.snapshot);
        self.sort();
    }

    /// Shows why there are no new figures.
    pub(crate) fn lose(&mut self, why: &str) {
        self.state = why.to_owned();
    }

    /// Handles a key. Returns whether it quits.
    pub(crate) fn press(&mut self, key: KeyEvent) -> bool {
        if key.kind == KeyEventKind::Release {
            return false;
        }
        match key.code {
            KeyCode::Char('q') => return true,
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return true,
            KeyCode::Char('i') => self.sort_by(Measure::Increment),
            KeyCode::Char('p') => self.sort_by(Measure::Peak),
            KeyCode::Char('b') => self.sort_by(Measure::Allocated),
            KeyCode::Char('n') => self.sort_by(Measure::Allocs),
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::PageDown => self.go(10),
            KeyCode::PageUp => self.go(-10),
            KeyCode::Enter => {
                self.open = self.rows.get(self.selected).map(|it| (it.function.clone(), 0))
            }
            KeyCode::Esc | KeyCode::Backspace => self.open = None,
            _ => {}
        }
        false
    }

    fn sort_by(&mut self, measure: Measure) {
        self.measure = measure;
        self.sort();
        self.selected = 0;
    }

    fn sort(&mut self) {
        let chosen = self.rows.get(self.selected).map(|row| (row.function.clone(), row.line));
        let functions = self.snapshot.as_ref().map(|it| &it.functions[..]).unwrap_or_default();
        self.rows = rows(functions);
        let measure = self.measure;
        self.rows.sort_by_key(|row| Reverse(measure.of(&row.figures)));
        let is_chosen =
            |row: &Row| chosen.as_ref().is_some_and(|it| it.0 == row.function && it.1 == row.line);
        let place = self.rows.iter().position(is_chosen).filter(|_| self.selected > 0);
        self.selected = place.unwrap_or(0);
    }

    fn go(&mut self, by: isize) {
        let longest = self.table().len();
        let (at, count) = match &mut self.open {
            Some((_, first)) => (first, longest),
            None => (&mut self.selected, self.rows.len()),
        };
        *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// The lines of the open table.
    pub(super) fn table(&self) -> Vec<String> {
        let (Some((place, _)), Some(snapshot)) = (&self.open, &self.snapshot) else {
            return Vec::new();
        };
        let is_open = |it: &&FunctionSnapshot| it.name == place.0 && it.file == place.1;
        let functions = snapshot.functions.iter().filter(is_open).cloned().collect();
        let only = Snapshot { functions, ..snapshot.clone() };
        let style = Style { unit: Unit::Auto, precision: 1, ..Style::default() };
        let text = report::render(&only, report::Format::Table, &style);
        text.lines().map(str::to_owned).collect()
    }
}

/// The lines that ran.
pub(super) fn rows(functions: &[FunctionSnapshot]) -> Vec<Row> {
    let mut rows = Vec::new();
    for function in functions {
        rows.extend(function.body_lines().filter(|line| line.ran()).map(|line| Row {
            function: (function.name.clone(), function.file.clone()),
            line: line.line,
            figures: Figures::of_line(line),
            source: match &function.note {
                Some(note) => report::printable(&format!("{} ({note})", line.source.trim())),
                None => report::printable(line.source.trim()),
            },
        }));
    }
    rows
}

/// The function and number of each line.
#[cfg(test)]
pub(crate) fn lines(functions: &[FunctionSnapshot]) -> Vec<(String, u32)> {
    rows(functions).into_iter().map(|row| (row.function.0, row.line)).collect()
}
