//! The statement of a row, which may go over several lines of the source.
//!
//! A row has the figures of a statement, and stands on its first line, which may be `let result =` alone. A
//! recording does not say where the statement ends, so its brackets and its last character do.

mod scan;

use self::scan::Scanner;
use super::escape::printable;
use super::line;
use crate::snapshot::LineSnapshot;

/// Longest statement, in lines.
const LONGEST: usize = 12;

/// The statement that begins in the first of these rows, without comments, on one line and cut to this many columns.
#[must_use]
pub fn statement(rows: &[LineSnapshot], columns: usize) -> String {
    let mut text = String::new();
    for (_, code) in parts(rows) {
        // A character has at most four bytes, and is seldom wider than its bytes are many.
        if text.len() > columns.saturating_mul(4) {
            break;
        }
        join(&mut text, code.trim());
    }
    line::cut(&printable(&text), columns)
}

/// For each row, the number of lines of its statement. A row that did not run has one.
#[must_use]
pub fn statement_lengths(rows: &[LineSnapshot]) -> Vec<usize> {
    let length = |start: usize| match rows[start].ran() {
        // Comments behind the statement are no part of it.
        true => parts(&rows[start..])
            .filter(|(_, code)| !code.is_empty())
            .last()
            .map_or(1, |(at, _)| at + 1),
        false => 1,
    };
    (0..rows.len()).map(length).collect()
}

/// The lines of the statement that begins in the first of these rows: their places and their code.
fn parts(rows: &[LineSnapshot]) -> impl Iterator<Item = (usize, String)> {
    let mut scanner = Scanner::default();
    let mut has_ended = false;
    rows.iter().take(LONGEST).enumerate().map_while(move |(at, row)| {
        if has_ended || (at > 0 && row.ran()) {
            return None;
        }
        let is_inside = at == 0 || scanner.is_inside_brackets();
        let line = scanner.scan(&row.source);
        has_ended = line.is_end;
        (is_inside || !line.starts_with_closing).then_some((at, line.code))
    })
}

/// Appends the next line of a statement, as if it had been written on one line.
fn join(text: &mut String, next: &str) {
    let closes = next.starts_with([')', ']', '}']);
    if closes && text.ends_with(',') {
        text.pop();
    }
    let is_joined = text.ends_with(['(', '[']) || next.starts_with(['.', '?', ')', ']', ',', ';']);
    if !is_joined && !text.is_empty() && !next.is_empty() {
        text.push(' ');
    }
    text.push_str(next);
}

#[cfg(test)]
mod tests;
