//! Text for terminals.

use mem_profile_format::report::{cut_front, percent};

use super::rows::{beside, mib, remarks, rows};
use crate::account::Account;

/// Columns of the name of a line or a file.
pub(super) const LONGEST_NAME: usize = 60;

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

pub(super) fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
