//! Reads Rust line by line, as far as statements need it: comments, texts, brackets, and a few words.
//!
//! The compiler's own lexer would be one more crate in every measured program.

use std::mem;

/// Words before a brace that begins a block, rather than the fields of a value.
const CONTROL: [&str; 9] = ["else", "fn", "for", "if", "impl", "loop", "match", "unsafe", "while"];

/// The state between two lines.
#[derive(Default)]
pub(super) struct Scanner {
    inside: Inside,
    /// Opened brackets minus closed ones.
    depth: i64,
    has_control: bool,
    /// Whether fields may follow: behind the name of a type or of a macro, and inside of other brackets.
    is_before_fields: bool,
}

/// Where a line begins.
#[derive(Clone, Copy, Default)]
enum Inside {
    #[default]
    Code,
    /// A comment, and the number of those that are open.
    Comment(usize),
    /// A text; if it is raw, a quote and so many `#` end it.
    Text(Option<usize>),
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Blank,
    Comment,
    /// A word, a sign or a text.
    Token,
}

/// A line of the source.
#[derive(Default)]
pub(super) struct Line {
    /// Without comments.
    pub(super) code: String,
    pub(super) starts_with_closing: bool,
    /// Whether a statement that began here, or on a line before, ends here.
    pub(super) is_end: bool,
}

impl Scanner {
    pub(super) fn is_inside_brackets(&self) -> bool {
        self.depth > 0
    }

    pub(super) fn scan(&mut self, source: &str) -> Line {
        let mut line = Line::default();
        let mut rest = source;
        let mut is_first = true;
        while !rest.is_empty() {
            let (kind, length) = self.token(rest);
            let (token, after) = rest.split_at(length);
            rest = after;
            if kind != Kind::Comment {
                line.code.push_str(token);
            }
            if kind == Kind::Token {
                line.starts_with_closing |= is_first && matches!(token, ")" | "]" | "}");
                line.is_end = self.is_end(token);
                is_first = false;
            }
        }
        line.code.truncate(line.code.trim_end().len());
        line
    }

    /// Whether the statement ends behind this token, if it is the last one of a line.
    fn is_end(&mut self, token: &str) -> bool {
        self.has_control |= CONTROL.contains(&token);
        self.depth += i64::from(matches!(token, "(" | "[" | "{"));
        self.depth -= i64::from(matches!(token, ")" | "]" | "}"));
        let is_before =
            matches!(token, ">" | "!" | "(" | "[") || token.starts_with(char::is_uppercase);
        let has_fields = mem::replace(&mut self.is_before_fields, is_before) && !self.has_control;
        match token {
            "{" => !has_fields,
            ";" | "," | "}" => !self.is_inside_brackets(),
            _ => false,
        }
    }

    /// The kind and the length of what the text begins with.
    fn token(&mut self, text: &str) -> (Kind, usize) {
        match mem::take(&mut self.inside) {
            Inside::Comment(depth) => return (Kind::Comment, self.comment(text, depth)),
            Inside::Text(hashes) => return (Kind::Token, self.text(text, hashes)),
            Inside::Code => {}
        }
        let blanks = text.len() - text.trim_start().len();
        let word = text.len() - text.trim_start_matches(is_of_word).len();
        match text {
            _ if blanks > 0 => (Kind::Blank, blanks),
            _ if text.starts_with("//") => (Kind::Comment, text.len()),
            _ if text.starts_with("/*") => (Kind::Comment, self.comment(text, 0)),
            _ if text.starts_with('"') => (Kind::Token, 1 + self.text(&text[1..], None)),
            _ if text.starts_with('\'') => (Kind::Token, character(text)),
            _ if word == 0 => (Kind::Token, text.chars().next().map_or(0, char::len_utf8)),
            _ => (Kind::Token, word + self.raw_text(&text[..word], &text[word..])),
        }
    }

    /// The length up to the end of a comment in which so many are open.
    fn comment(&mut self, text: &str, mut depth: usize) -> usize {
        let mut at = 0;
        while let Some(pair) = text.as_bytes().get(at..at + 2) {
            match pair {
                b"/*" => depth += 1,
                b"*/" => depth -= 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
            if depth == 0 {
                return at;
            }
        }
        self.inside = Inside::Comment(depth);
        text.len()
    }

    /// The length up to the end of a text.
    fn text(&mut self, text: &str, hashes: Option<usize>) -> usize {
        let end = match hashes {
            Some(hashes) => {
                let end = format!("\"{}", "#".repeat(hashes));
                text.find(&end).map(|at| at + end.len())
            }
            None => end_of_text(text),
        };
        end.unwrap_or_else(|| {
            self.inside = Inside::Text(hashes);
            text.len()
        })
    }

    /// The length of the raw text of which this word is the prefix; 0 if it is none.
    fn raw_text(&mut self, prefix: &str, after: &str) -> usize {
        let quote = after.trim_start_matches('#');
        let hashes = after.len() - quote.len();
        match quote.strip_prefix('"') {
            Some(text) if matches!(prefix, "r" | "br" | "cr") => {
                hashes + 1 + self.text(text, Some(hashes))
            }
            _ => 0,
        }
    }
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The length up to the first quote without a backslash.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    let is_end = |byte: u8| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    };
    text.bytes().position(is_end).map(|at| at + 1)
}

/// The length of a character in quotes, or of the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut signs = text.char_indices().skip(1);
    let is_escaped = signs.next().is_some_and(|(_, sign)| sign == '\\');
    if is_escaped {
        signs.next();
    }
    match signs.find(|(_, sign)| !is_escaped || *sign == '\'') {
        Some((at, '\'')) => at + 1,
        _ => 1,
    }
}
