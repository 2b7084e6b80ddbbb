//! The changes between two accounts, as text and Markdown.

use mem_profile_format::report::{Unit, count, cut_front, grouped, markdown_cell, printable};

use super::rows::{mib, prose};
use super::text::{LONGEST_NAME, push_line};
use crate::class::ClassKind;
use crate::diff::{Change, Diff};

/// Most lines whose pins changed.
const MOST: usize = 5;

/// A row of the changes. Its strings are safe in a terminal.
pub(super) struct Row {
    pub(super) of: Of,
    pub(super) name: String,
    pub(super) change: Change,
    /// Of what a class consists, in numbers.
    pub(super) note: String,
}

/// Of what a row is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Whole,
    Class(ClassKind),
    /// A line that pins pages.
    Line,
    /// The lines for which there is no row.
    MoreLines,
    /// A figure that is no class.
    Beside,
}

impl Diff {
    /// The changes as text: a row for each class, and for what is beside them.
    #[must_use]
    pub fn text(&self) -> String {
        let name = |row: &Row| match row.of {
            Of::Whole | Of::Beside => row.name.clone(),
            Of::Class(_) => format!("  {}", row.name),
            Of::Line => format!("    pinned by {}", cut_front(&row.name, LONGEST_NAME)),
            Of::MoreLines => format!("    pinned by {}", row.name),
        };
        let rows: Vec<_> = self.rows().into_iter().map(|row| (name(&row), row)).collect();
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, Row { change, note, .. }) in rows {
            let (after, by) = (mib(change.after), signed(change));
            push_line(&mut text, &format!("{name:width$} {after:>12} {by:>14}   {note}"));
        }
        self.remark().iter().for_each(|remark| push_line(&mut text, remark));
        text
    }

    /// The changes as a table in Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text =
            String::from("| | Before | After | Change | |\n| :--- | ---: | ---: | ---: | :--- |\n");
        for Row { of, name, change, note } in self.rows() {
            let name = match of {
                Of::Whole => format!("**{name}**"),
                Of::Line => format!("pinned by {}", markdown_cell(&name)),
                Of::MoreLines => format!("pinned by {name}"),
                Of::Class(_) | Of::Beside => name,
            };
            let ([before, after], by) = ([change.before, change.after].map(mib), signed(change));
            text += &format!("| {name} | {before} | {after} | {by} | {} |\n", prose(&note));
        }
        self.remark().iter().for_each(|remark| text += &format!("\n{remark}\n"));
        text
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        let row = |of, name: &str, change| {
            let note = if let Of::Class(kind) = of { self.counted(kind) } else { String::new() };
            Row { of, name: printable(name), change, note }
        };
        let mut rows = vec![row(Of::Whole, "resident set", self.resident)];
        let class = |&(kind, change): &(ClassKind, _)| row(Of::Class(kind), kind.name(), change);
        rows.extend(self.classes.iter().map(class));
        let (shown, more) = self.pins.split_at(self.pins.len().min(MOST));
        let mut pins: Vec<_> =
            shown.iter().map(|(site, change)| row(Of::Line, site, *change)).collect();
        if !more.is_empty() {
            let sum = |figure: fn(&Change) -> u64| more.iter().map(|(_, it)| figure(it)).sum();
            let change = Change { before: sum(|it| it.before), after: sum(|it| it.after) };
            pins.push(row(Of::MoreLines, &count(more.len() as u64, "more line"), change));
        }
        let is_pinned = |row: &Row| matches!(row.of, Of::Class(kind) if kind.is_pinned());
        let place = rows.iter().rposition(is_pinned).map_or(rows.len(), |place| place + 1);
        rows.splice(place..place, pins);
        let beside = [
            ("in huge pages", self.huge_pages),
            ("reserved, never touched", self.untouched),
            ("swapped out", self.swap),
            ("page tables", self.page_tables),
        ];
        let beside = beside.into_iter().filter(|(_, change)| *change != Change::default());
        rows.extend(beside.map(|(name, change)| row(Of::Beside, name, change)));
        rows
    }

    /// Why classes may have changed although the memory has not.
    pub(super) fn remark(&self) -> Option<&'static str> {
        let has = |kind| self.classes.iter().any(|class| class.0 == kind);
        let is_of_one = has(ClassKind::LiveBlocks) && has(ClassKind::Heap) && self.blocks.is_none();
        is_of_one.then_some(
            "Only one of the accounts knows live blocks, which are heap in the other one.",
        )
    }

    fn counted(&self, kind: ClassKind) -> String {
        let (change, noun) = match kind {
            ClassKind::LiveBlocks => (self.blocks, "block"),
            ClassKind::Stacks => (self.threads, "thread"),
            _ => (None, ""),
        };
        let Some(change) = change else { return String::new() };
        let now = count(change.after, noun);
        match change.bytes() {
            0 => now,
            more @ 1.. => format!("{now}, {} more", grouped(more.unsigned_abs())),
            fewer => format!("{now}, {} fewer", grouped(fewer.unsigned_abs())),
        }
    }
}

/// A change with its sign; empty if there is none.
pub(super) fn signed(change: Change) -> String {
    match change.bytes() {
        0 => String::new(),
        bytes => {
            let sign = if bytes > 0 { "+" } else { "" };
            format!("{sign}{}", Unit::Auto.format(bytes.into(), 1))
        }
    }
}
