//! Text for terminals.

use mem_profile_format::report::{Unit, printable};

use super::rows::{beside, mib, remarks, rows, share};
use crate::account::Account;
use crate::class::ClassKind;
use crate::diff::{Change, Diff};

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
            let share = share(row.bytes, self.resident);
            push_line(&mut text, &format!("{name:width$} {bytes:>12} {share:>5}   {}", row.note));
            let longest =
                row.details.iter().map(|detail| detail.name.chars().count()).max().unwrap_or(0);
            for detail in &row.details {
                let (blank, name, note) = ("", &detail.name, &detail.note);
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
    /// The changes as text: a row for each class.
    #[must_use]
    pub fn text(&self) -> String {
        let mut rows = vec![("resident set".to_owned(), self.resident)];
        let class = |&(kind, change): &(ClassKind, Change)| (format!("  {}", kind.name()), change);
        rows.extend(self.classes.iter().map(class));
        let pin = |(site, change): &(String, Change)| {
            (format!("    pinned by {}", printable(site)), *change)
        };
        rows.extend(self.pins.iter().take(MOST).map(pin));
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, change) in rows {
            let (after, by) = (mib(change.after), signed(change));
            push_line(&mut text, &format!("{name:width$} {after:>12} {by:>14}"));
        }
        text
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
