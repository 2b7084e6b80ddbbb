//! The report as text for a terminal, or for an issue.

use std::fmt::Write;

use super::words::{self, Words};
use super::{Report, Rows, Suspect};
use crate::text::{count, name, size};

/// Columns of a paragraph.
const WIDTH: usize = 100;

impl Report {
    /// The report as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out);
        out
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        let command = name(&self.command);
        let (blocks, bytes) = (count(self.blocks, "block"), size(self.bytes));
        writeln!(out, "{command} (process {}): {bytes} in {blocks}\n", self.process)?;
        for note in &self.notes {
            write_wrapped(out, "note: ", "      ", note);
        }
        if self.suspects.is_empty() {
            writeln!(out, "\nLeak suspects: none retains 10 % of the heap\n")?;
        } else {
            writeln!(out, "\nLeak suspects: at least 10 % of the heap each\n")?;
        }
        for (number, suspect) in (1..).zip(&self.suspects) {
            write_suspect(out, number, suspect, self.bytes);
        }
        writeln!(out, "Memory by what holds it\n")?;
        self.classes.to_string().lines().try_for_each(|line| writeln!(out, "  {line}"))?;
        writeln!(out)?;
        self.write_types(out);
        write_rows(out, "Largest retainers", &self.retainers);
        write_rows(out, "Lost", &self.leaks);
        write_rows(out, "Cycles", &self.cycles);
        out.truncate(out.trim_end().len());
        writeln!(out)
    }

    fn write_types(&self, out: &mut String) {
        let rows = self.types.rows.iter().map(|kind| {
            let sum = kind.sum;
            [size(sum.bytes), size(sum.retained), sum.blocks.to_string(), name(&kind.name)]
        });
        let rows: Vec<_> = rows.collect();
        let titles = ["bytes", "retained", "blocks", "type"].map(str::to_owned);
        let width = |column: usize| {
            let cells = rows.iter().chain([&titles]).map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths = [0, 1, 2].map(width);
        let _ = writeln!(out, "Largest types\n");
        for [bytes, retained, blocks, name] in std::iter::once(&titles).chain(&rows) {
            let [one, two, three] = widths;
            let _ = writeln!(out, "  {bytes:>one$}  {retained:>two$}  {blocks:>three$}  {name}");
        }
        write_more(out, &self.types);
    }
}

fn write_suspect(out: &mut String, number: usize, suspect: &Suspect, bytes: u64) {
    let _ = writeln!(out, "{number}. {}", words::headline(suspect, bytes).plain());
    let sentences = words::sentences(suspect);
    let sentences: Vec<_> = sentences.iter().map(Words::plain).collect();
    write_wrapped(out, "   ", "   ", &sentences.join(" "));
    for (place, step) in words::steps(suspect).iter().enumerate() {
        let indent = if place == 0 { "     " } else { "       " };
        let _ = writeln!(out, "{indent}{step}");
    }
    out.push('\n');
}

fn write_rows<T: ToString>(out: &mut String, title: &str, rows: &Rows<T>) {
    if rows.rows.is_empty() && rows.more == 0 {
        let _ = writeln!(out, "{title}: none\n");
        return;
    }
    let _ = writeln!(out, "{title}\n");
    rows.rows.iter().for_each(|row| write_wrapped(out, "  ", "    ", &row.to_string()));
    write_more(out, rows);
}

/// Says how much is left out.
fn write_more<T>(out: &mut String, rows: &Rows<T>) {
    if rows.more > 0 {
        let bytes = rows.more_bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
        let _ = writeln!(out, "  … {} more{bytes}", rows.more);
    }
    out.push('\n');
}

/// Breaks a paragraph at blanks, so that no line is longer than needed.
fn write_wrapped(out: &mut String, first: &str, indent: &str, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            (line, is_empty) = (indent.to_owned(), true);
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(out, "{line}");
}
