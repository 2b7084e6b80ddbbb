//! Text for terminals.

use mem_profile_format::report::{Unit, count, cut_front, grouped, percent, printable};

use super::rows::{beside, mib, remarks, rows};
use crate::account::Account;
use crate::class::ClassKind;
use crate::diff::{Change, Diff};

/// Columns of the name of a line or a file.
const LONGEST_NAME: usize = 60;

impl Account {
    /// The account as text: a row for each class.
    #[must_use]
    pub fn text(&self) -> String {
        let (rows, beside) = (rows(self), beside(self));
        let names = rows.iter().map(|row| row.name.chars().count() + 2);
        let names = names.chain(beside.iter().map(|(name, ..)| name.len()));
        let width = names.chain(["resident set".len()]).max().unwrap_or(0);
        let mut text = format!("{:width$} {:>12}\n", "resident set", mib(self.resident));
        for row in &rows {
            let (name, bytes) = (format!("  {}", row.name), mib(row.bytes));
            let share = percent(row.bytes, self.resident);
            push_line(&mut text, &format!("{name:width$} {bytes:>12} {share:>5}   {}", row.note));
            let names = row.details.iter().map(|detail| cut_front(&detail.name, LONGEST_NAME));
            let names: Vec<_> = names.collect();
            let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
            for (detail, name) in row.details.iter().zip(&names) {
                let (blank, note) = ("", &detail.note);
                let bytes = mib(detail.bytes);
                let line = format!("{blank:width$} {blank:21}{name:longest$}  {bytes:>10} {note}");
                push_line(&mut text, &line);
            }
        }
        for (name, bytes, note) in beside {
            let bytes = mib(bytes);
            push_line(&mut text, &format!("{name:width$} {bytes:>12} {:5}   {note}", ""));
        }
        remarks(self).iter().for_each(|remark| push_line(&mut text, remark));
        text
    }
}

impl Diff {
    /// The changes as text: a row for each class, and for what is beside them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut rows = vec![("resident set".to_owned(), self.resident, String::new())];
        let class = |&(kind, change): &(ClassKind, Change)| {
            (format!("  {}", kind.name()), change, self.counted(kind))
        };
        rows.extend(self.classes.iter().map(class));
        let pin = |(site, change): &(String, Change)| {
            let site = cut_front(&printable(site), LONGEST_NAME);
            (format!("    pinned by {site}"), *change, String::new())
        };
        rows.extend(self.pins.iter().take(MOST).map(pin));
        let beside = [
            ("in huge pages", self.huge_pages),
            ("reserved, never touched", self.untouched),
            ("swapped out", self.swap),
            ("page tables", self.page_tables),
        ];
        let beside = beside.into_iter().filter(|(_, change)| *change != Change::default());
        rows.extend(beside.map(|(name, change)| (name.to_owned(), change, String::new())));
        let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, change, note) in rows {
            let (after, by) = (mib(change.after), signed(change));
            push_line(&mut text, &format!("{name:width$} {after:>12} {by:>14}   {note}"));
        }
        text
    }

    /// Of what a class consists, in numbers.
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

/// Most lines whose pins changed.
const MOST: usize = 5;

fn signed(change: Change) -> String {
    match change.bytes() {
        0 => String::new(),
        bytes => {
            let sign = if bytes > 0 { "+" } else { "" };
            format!("{sign}{}", Unit::Auto.format(bytes.into(), 1))
        }
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
