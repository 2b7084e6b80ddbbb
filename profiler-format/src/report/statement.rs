//! The statement of a row, which may go over several lines of the source.

use super::escape::printable;
use super::line;
use crate::snapshot::FunctionSnapshot;

/// The statement that begins on this line, on one line and cut to this many columns.
///
/// A line without a row of its own that ran continues the one above it, until that one ends with `;` or `}`.
#[must_use]
pub fn statement(function: &FunctionSnapshot, line: u32, columns: usize) -> String {
    let mut rows = function.lines.iter().skip_while(|row| row.line != line);
    let mut text = rows.next().map_or_else(String::new, |row| row.source.trim().to_owned());
    let mut in_comment = false;
    for row in rows.take_while(|row| !row.ran()) {
        // A character has at most four bytes, and is seldom wider than its bytes are many.
        if text.ends_with([';', '}']) || text.len() > 4 * columns {
            break;
        }
        let next = row.source.trim();
        let is_comment = in_comment || next.starts_with("//") || next.starts_with("/*");
        in_comment = is_comment && !next.starts_with("//") && !next.ends_with("*/");
        if !is_comment {
            let is_joined =
                text.ends_with(['(', '[']) || next.starts_with(['.', '?', ')', ']', ',', ';']);
            let blank = if is_joined || text.is_empty() || next.is_empty() { "" } else { " " };
            text.extend([blank, next]);
        }
    }
    line::cut(&printable(&text), columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::LineSnapshot;

    fn shown(rows: &[(&str, bool)], columns: usize) -> String {
        let row = |(line, (source, ran)): (u32, &(&str, bool))| LineSnapshot {
            line,
            source: (*source).to_owned(),
            occurrences: ran.then_some(1),
            ..LineSnapshot::default()
        };
        let lines = (1..).zip(rows).map(row).collect();
        statement(&FunctionSnapshot { lines, ..FunctionSnapshot::default() }, 1, columns)
    }

    #[test]
    fn a_statement_on_several_lines_is_joined() {
        let rows = [
            ("    let result =", true),
            ("        // why", false),
            ("        /* and", false),
            ("           why not */", false),
            ("        all.iter()", false),
            ("            .map(", false),
            ("                |it| it.len(),", false),
            ("            )", false),
            ("            .collect::<Vec<_>>();", false),
            ("    never(result);", false),
        ];
        let whole = "let result = all.iter().map(|it| it.len(),).collect::<Vec<_>>();";
        assert_eq!(shown(&rows, 100), whole);
        assert_eq!(shown(&rows, 20), "let result = all.it…");
        assert_eq!(
            shown(&[("H9 {", true), ("  num: [0; 9],", false), ("}", true)], 40),
            "H9 { num: [0; 9],"
        );
    }

    #[test]
    fn a_row_that_ran_is_a_statement_of_its_own() {
        assert_eq!(shown(&[("if a {", true), ("b()", true)], 40), "if a {");
        assert_eq!(shown(&[("a", true)], 40), "a");
        assert_eq!(shown(&[], 40), "");
    }
}
