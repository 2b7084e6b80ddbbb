//! A heading and a table per function, for pages that show Markdown.

use super::column::Columns;
use super::escape::printable;
use super::overview::{HeldByLine, Overview};
use super::style::Style;
use super::top::Selection;
use super::{footer, share, summary};
use crate::snapshot::{FunctionSnapshot, LineSnapshot, Snapshot};

/// Columns of a statement in the summary.
const STATEMENT_WIDTH: usize = 100;

pub(super) fn render(snapshot: &Snapshot, selection: &Selection, style: &Style) -> String {
    let columns = Columns::of(snapshot);
    let mut text = summary(snapshot, selection, style);
    for function in selection.functions.iter().filter_map(|&index| snapshot.functions.get(index)) {
        text.push_str(&table(function, &columns, style));
    }
    text.push_str(&footer::extent(snapshot));
    for note in footer::footnotes(snapshot) {
        text.push_str(&format!("\n\n{}", prose(note)));
    }
    text.push('\n');
    text
}

fn summary(snapshot: &Snapshot, selection: &Selection, style: &Style) -> String {
    let overview = Overview::of(snapshot);
    let headline = summary::headline(snapshot, &overview, style);
    let mut text = match headline.as_str() {
        "" => String::new(),
        headline => format!("{headline}\n\n"),
    };
    if let Some(resident) = summary::resident(snapshot, style) {
        text.push_str(&format!("{resident}\n\n"));
    }
    if let Some((held, peak)) = overview.held.as_ref().zip(overview.peak) {
        text.push_str(&held_lines(snapshot, held, peak.bytes, &style.comparing_with(peak.bytes)));
    }
    let hint = summary::hint(snapshot, &overview);
    for line in hint.into_iter().chain(summary::tables(snapshot, &overview, selection)) {
        text.push_str(&format!("{line}\n\n"));
    }
    text
}

fn held_lines(snapshot: &Snapshot, held: &HeldByLine, peak: u64, style: &Style) -> String {
    let rules = "| ---: | ---: | :--- | :--- |";
    let mut text = format!("| At peak | Share | Line | Line Contents |\n{rules}\n");
    let figures =
        |bytes| format!("{} | {}", style.overview_size(bytes), share::percent(bytes, peak));
    for line in &held.lines {
        let place = cell(&summary::place(snapshot, line));
        let source = cell(&summary::source(snapshot, line, STATEMENT_WIDTH));
        text.push_str(&format!("| {} | {place} | {source} |\n", figures(line.bytes)));
    }
    for (bytes, what) in summary::others(held) {
        text.push_str(&format!("| {} | {what} | |\n", figures(bytes)));
    }
    text + "\n"
}

fn table(function: &FunctionSnapshot, columns: &Columns, style: &Style) -> String {
    let titles = columns.all.iter().map(|column| format!(" {} |", column.title()));
    let titles: String = titles.collect();
    let rules = " ---: |".repeat(columns.all.len());
    let name = code(&function.name);
    let place = code(&format!("{}:{}", function.file, function.line));
    let mut text = format!("### {name} in {place}\n\n");
    if let Some(peak) = function.peak {
        text.push_str(&format!("Peak: {}\n\n", style.unit.format(peak.into(), style.precision)));
    }
    if let Some(note) = &function.note {
        text.push_str(&format!("{}\n\n", code(note)));
    }
    text.push_str(&format!("| Line # |{titles} Line Contents |\n| ---: |{rules} :--- |\n"));
    for line in &function.lines {
        text.push_str(&row(line, columns, style));
    }
    text.push('\n');
    text
}

fn row(line: &LineSnapshot, columns: &Columns, style: &Style) -> String {
    let cells =
        columns.all.iter().map(|&column| match columns.cell(column, line, style).as_str() {
            "" => " |".to_owned(),
            cell => format!(" {cell} |"),
        });
    let cells: String = cells.collect();
    format!("| {} |{cells} {} |\n", line.line, cell(&line.source))
}

/// Text as the code in a table's cell, which ends at every bar, even inside code.
#[must_use]
pub fn cell(text: &str) -> String {
    // Not all readers take a bar after a backslash as text.
    code(&text.replace("\\|", "\\\\u{7c}")).replace('|', "\\|")
}

/// A sentence, which may have code in backticks. If it has a sign with another meaning in Markdown, all of it
/// becomes code.
#[must_use]
pub fn prose(text: &str) -> String {
    let text = printable(text);
    let is_plain = |part: &str| {
        let is_plain = |sign: char| sign.is_alphanumeric() || " ,.;:()/'\"%+=…–-".contains(sign);
        part.chars().all(is_plain) && !part.contains("://") && !part.contains("www.")
    };
    let parts: Vec<_> = text.split('`').collect();
    let is_sentence = parts.len() % 2 == 1
        && text.starts_with(char::is_alphabetic)
        && parts.iter().step_by(2).all(|part| is_plain(part))
        && !text.contains("``");
    if is_sentence { text } else { code(&text) }
}

/// A code span that is fenced by more backticks than its text holds in a row.
#[must_use]
pub fn code(text: &str) -> String {
    let text = printable(text);
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A backtick next to the fence would become part of it.
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_survives_its_own_backticks() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``a"), "``` ``a ```");
        assert_eq!(code(" "), "");
        assert_eq!(cell("a|b\\|c"), "`a\\|b\\\\u{7c}c`");
    }

    #[test]
    fn a_sentence_is_code_where_it_would_be_markup() {
        for plain in ["Live: 33.3 % of the bytes, as `[a]` says", "it could not grow (error 28)"] {
            assert_eq!(prose(plain), plain);
        }
        for (markup, shown) in [
            ("a <b>", "`a <b>`"),
            ("[a](b)", "`[a](b)`"),
            ("see https://a.b", "`see https://a.b`"),
            ("- a", "`- a`"),
            ("@a", "`@a`"),
            ("a ` b", "``a ` b``"),
            ("a\n\n# b", "`a\\u{a}\\u{a}# b`"),
        ] {
            assert_eq!(prose(markup), shown);
        }
    }
}
