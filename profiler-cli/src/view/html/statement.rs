//! Which physical lines a statement has.
//!
//! A row has the figures of a statement, and stands on its first line, which may be `let result =` alone. A
//! recording does not say where the statement ends, so its brackets and its last token do.

use mem_profile_format::LineSnapshot;
use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

/// Longest statement, in lines.
const LONGEST: usize = 12;

/// Words before a brace that begins a block, rather than the fields of a value.
const CONTROL: [&str; 9] = ["else", "fn", "for", "if", "impl", "loop", "match", "unsafe", "while"];

/// The tokens of a physical line.
#[derive(Clone, Copy, Default)]
struct Shape {
    /// Opened brackets minus closed ones.
    depth: i32,
    is_control: bool,
    starts_with_closing: bool,
    /// `None` if the line has no tokens.
    last: Option<Last>,
}

#[derive(Clone, Copy, PartialEq)]
enum Last {
    /// A semicolon, a comma or a closing brace.
    End,
    /// A brace.
    Block,
    /// A brace behind the name of a type or of a macro.
    Fields,
    Other,
}

/// For each row, the number of physical lines of its statement. A row without figures has one.
pub(super) fn lengths(lines: &[LineSnapshot], sources: &[String]) -> Vec<usize> {
    let shapes = shapes(sources);
    let length = |at: usize| if lines[at].ran() { length(lines, &shapes, at) } else { 1 };
    (0..lines.len()).map(length).collect()
}

fn length(lines: &[LineSnapshot], shapes: &[Shape], start: usize) -> usize {
    let (mut depth, mut is_control, mut length) = (0, false, 1);
    for at in start..lines.len().min(start + LONGEST) {
        let shape = shapes[at];
        depth += shape.depth;
        is_control |= shape.is_control;
        if shape.last.is_some() {
            length = at + 1 - start;
        }
        let is_end = match shape.last {
            Some(Last::Block) => true,
            Some(Last::Fields) => is_control,
            Some(Last::End) => depth <= 0,
            Some(Last::Other) | None => false,
        };
        let is_next = |at: usize| {
            let is_inside = depth > 0 || !shapes[at].starts_with_closing;
            lines.get(at).is_some_and(|line| !line.ran() && is_inside)
        };
        if is_end || !is_next(at + 1) {
            break;
        }
    }
    length
}

fn shapes(sources: &[String]) -> Vec<Shape> {
    let text = sources.join("\n");
    // One more, so that the line after the last needs no test.
    let mut shapes = vec![Shape::default(); sources.len() + 1];
    let (mut at, mut end) = (0, 0);
    let mut is_name = false;
    for token in tokenize(&text, FrontmatterAllowed::No) {
        let start = end;
        end += token.len as usize;
        let word = &text[start..end];
        if !is_blank(token.kind) {
            add(&mut shapes[at], token.kind, word, is_name);
            is_name = match token.kind {
                TokenKind::Ident => word.starts_with(char::is_uppercase),
                kind => matches!(kind, TokenKind::Gt | TokenKind::Bang),
            };
        }
        for _ in word.matches('\n') {
            at += 1;
            if !is_blank(token.kind) {
                shapes[at].last = Some(Last::Other);
            }
        }
    }
    shapes
}

fn is_blank(token: TokenKind) -> bool {
    use TokenKind::{BlockComment, LineComment, Whitespace};
    matches!(token, Whitespace | LineComment { .. } | BlockComment { .. })
}

fn add(shape: &mut Shape, token: TokenKind, word: &str, is_after_name: bool) {
    use TokenKind::{CloseBrace, CloseBracket, CloseParen, Comma, OpenBrace, OpenBracket};
    use TokenKind::{OpenParen, Semi};
    let is_closing = matches!(token, CloseBrace | CloseBracket | CloseParen);
    shape.starts_with_closing |= shape.last.is_none() && is_closing;
    shape.depth += i32::from(matches!(token, OpenBrace | OpenBracket | OpenParen));
    shape.depth -= i32::from(is_closing);
    shape.is_control |= CONTROL.contains(&word);
    shape.last = Some(match token {
        Semi | Comma | CloseBrace => Last::End,
        OpenBrace if is_after_name => Last::Fields,
        OpenBrace => Last::Block,
        _ => Last::Other,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{ran, unused};

    /// The lengths of the statements of a source, in which a line that ran begins with a star.
    fn found(source: &str) -> Vec<usize> {
        let line = |source: &str| match source.strip_prefix('*') {
            Some(source) => ran(1, source, (0, 0, 0, 0, 1)),
            None => unused(1, source),
        };
        let lines: Vec<_> = source.lines().map(line).collect();
        let sources: Vec<_> = lines.iter().map(|line| line.source.clone()).collect();
        let all = lengths(&lines, &sources);
        lines.iter().zip(all).filter(|(line, _)| line.ran()).map(|(_, length)| length).collect()
    }

    #[test]
    fn a_statement_goes_on_while_a_bracket_is_open() {
        assert_eq!(
            found("*let node = arena.alloc(Node {\n  weight,\n  tail: None,\n});\n*next();"),
            [4, 1]
        );
        assert_eq!(found("*H9 {\n  buckets: vec![0; 9],\n}\n}"), [3]);
        assert_eq!(found("*select! {\n  recv(r) -> name => {}\n}"), [3]);
        assert_eq!(found("*let all = [\n  1, // one\n\n  2,\n];"), [5]);
    }

    #[test]
    fn a_statement_goes_on_until_it_ends() {
        assert_eq!(found("*let result =\n    compute(1);\nunused();"), [2]);
        assert_eq!(found("*text\n    .lines()\n    .collect()\n}"), [3]);
        assert_eq!(found("*let text = \"one\ntwo\";\nnever();"), [2]);
        assert_eq!(found("*words.len()\n\n// The end.\n}"), [1]);
    }

    #[test]
    fn a_block_ends_the_line_that_has_the_figures() {
        assert_eq!(found("*if error {\n  return Err(1);\n}"), [1]);
        assert_eq!(found("*for x in ITEMS {\n  never(x);\n}"), [1]);
        assert_eq!(found("*let f = run(|x| {\n  never(x);\n});"), [1]);
        assert_eq!(found("*#[mem_profile]\nfn f(\n  a: u8,\n) -> Node {\nnever();\n}"), [4]);
    }

    #[test]
    fn a_statement_never_has_a_row_of_another() {
        assert_eq!(found("*call(\n*  first,\n  second,\n);"), [1, 1]);
        assert_eq!(found(&format!("*call(\n{}", "  1,\n".repeat(99))), [LONGEST]);
        assert_eq!(found("*}"), [1]);
        assert_eq!(found("*\"open\n"), [1]);
    }
}
