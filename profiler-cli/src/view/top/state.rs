//! The state of the screen of `top`, and the keys that change it.

use std::cmp::Reverse;

use mem_profile_format::report;
use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::column::Column;
use crate::figures::Measure;
use crate::recording::Recording;

/// Longest statement of a line, in columns.
const LONGEST: usize = 200;

/// Lines above the selected one, when its function is opened.
const ABOVE: usize = 5;

/// The state of the screen.
pub(crate) struct Top {
    /// Name of the recording.
    pub(super) name: String,
    /// Whether the program is running, or what is wrong.
    pub(super) state: String,
    pub(super) snapshot: Option<Snapshot>,
    /// The column that the user chose to sort by.
    chosen: Option<Column>,
    /// Whether lines with a figure of 0 are shown.
    pub(super) shows_all: bool,
    /// The shown lines, hottest first.
    pub(super) rows: Vec<Row>,
    /// Number of lines with a figure of 0 that are not shown.
    pub(super) hidden: usize,
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
    pub(super) line: LineSnapshot,
    /// Its statement.
    pub(super) source: String,
}

impl Top {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: String::new(),
            snapshot: None,
            chosen: None,
            shows_all: false,
            rows: Vec::new(),
            hidden: 0,
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
            KeyCode::Char('a') => self.sort_by(Column::Of(Measure::AtPeak)),
            KeyCode::Char('l') => self.sort_by(Column::Of(Measure::Live)),
            KeyCode::Char('i') => self.sort_by(Column::Of(Measure::Increment)),
            KeyCode::Char('p') => self.sort_by(Column::Of(Measure::Peak)),
            KeyCode::Char('b') => self.sort_by(Column::Of(Measure::Allocated)),
            KeyCode::Char('n') => self.sort_by(Column::Of(Measure::Allocs)),
            KeyCode::Char('z') => {
                self.shows_all = !self.shows_all;
                self.sort();
            }
            KeyCode::Down | KeyCode::Char('j') => self.go(1),
            KeyCode::Up | KeyCode::Char('k') => self.go(-1),
            KeyCode::PageDown => self.go(10),
            KeyCode::PageUp => self.go(-10),
            KeyCode::Enter => {
                self.open = self.rows.get(self.selected).map(|it| (it.function.clone(), 0));
                self.go_to_selected();
            }
            KeyCode::Esc | KeyCode::Backspace => self.open = None,
            _ => {}
        }
        false
    }

    /// The column that rows are sorted by: a line's own bytes at the peak where they are recorded.
    pub(super) fn column(&self) -> Column {
        let is_recorded = |column: &Column| {
            let snapshot = self.snapshot.as_ref();
            snapshot.is_some_and(|snapshot| column.is_in(snapshot))
        };
        let default = if is_recorded(&Column::Of(Measure::AtPeak)) {
            Column::Of(Measure::AtPeak)
        } else {
            Column::Of(Measure::Increment)
        };
        self.chosen.filter(is_recorded).unwrap_or(default)
    }

    fn sort_by(&mut self, column: Column) {
        self.chosen = Some(column);
        self.sort();
        self.selected = 0;
    }

    fn sort(&mut self) {
        let place = |row: &Row| (row.function.clone(), row.line.line);
        let selected = self.rows.get(self.selected).map(place);
        let functions = self.snapshot.as_ref().map(|it| &it.functions[..]).unwrap_or_default();
        self.rows = rows(functions);
        let column = self.column();
        let all = self.rows.len();
        if !self.shows_all {
            self.rows.retain(|row| column.of(&row.line).is_some_and(|figure| figure != 0));
        }
        self.hidden = all - self.rows.len();
        self.rows.sort_by_key(|row| Reverse(column.of(&row.line)));
        let is_selected = |row: &Row| selected.as_ref().is_some_and(|it| *it == place(row));
        let place = self.rows.iter().position(is_selected).filter(|_| self.selected > 0);
        self.selected = place.unwrap_or(0);
    }

    fn go(&mut self, by: isize) {
        let longest = self.opened().map_or(0, |function| function.lines.len());
        let (at, count) = match &mut self.open {
            Some((_, first)) => (first, longest),
            None => (&mut self.selected, self.rows.len()),
        };
        *at = at.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// Puts the selected line of the function that was opened near the top.
    fn go_to_selected(&mut self) {
        let line = self.rows.get(self.selected).map(|row| row.line.line);
        let lines = self.opened().into_iter().flat_map(|function| &function.lines);
        let above = lines.take_while(|row| Some(row.line) != line).count();
        if let Some((_, first)) = &mut self.open {
            *first = above.saturating_sub(ABOVE);
        }
    }

    /// The function whose lines are shown.
    pub(super) fn opened(&self) -> Option<&FunctionSnapshot> {
        let (place, _) = self.open.as_ref()?;
        let is_open = |it: &&FunctionSnapshot| it.name == place.0 && it.file == place.1;
        self.snapshot.as_ref()?.functions.iter().find(is_open)
    }
}

/// The lines that ran.
pub(super) fn rows(functions: &[FunctionSnapshot]) -> Vec<Row> {
    let row = |function: &FunctionSnapshot, at: usize| {
        let statement = report::statement(&function.lines[at..], LONGEST);
        let note = function.note.as_ref().map(|note| report::printable(&format!(" ({note})")));
        Row {
            function: (function.name.clone(), function.file.clone()),
            source: statement + &note.unwrap_or_default(),
            line: function.lines[at].clone(),
        }
    };
    let of_function = |function: &FunctionSnapshot| {
        let lines = function.lines.iter().enumerate();
        let ran = lines.filter(|(_, line)| line.is_body() && line.ran());
        ran.map(|(at, _)| row(function, at)).collect::<Vec<_>>()
    };
    functions.iter().flat_map(of_function).collect()
}

/// The function and number of each line.
#[cfg(test)]
pub(crate) fn lines(functions: &[FunctionSnapshot]) -> Vec<(String, u32)> {
    rows(functions).into_iter().map(|row| (row.function.0, row.line.line)).collect()
}
