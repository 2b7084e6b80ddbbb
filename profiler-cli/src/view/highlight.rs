//! Highlights Rust source, with the compiler's own lexer.

use ra_ap_rustc_lexer::{FrontmatterAllowed, LiteralKind, TokenKind, tokenize};

/// Kinds of source pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Comment,
    Keyword,
    Type,
    Function,
    Macro,
    Text,
    Number,
    Lifetime,
    Attribute,
}

/// Strict and reserved keywords, and weak ones that are rarely names.
const KEYWORDS: [&str; 41] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut",
    "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "try",
    "type", "unsafe", "use", "where", "while", "yield",
];

/// A piece of source: its end, in bytes, and its kind.
struct Piece {
    end: usize,
    kind: Kind,
}

/// The pieces of every line, with their lengths in UTF-16 units, as in JavaScript.
///
/// The lines are one text for the lexer, since a comment or string may span several.
pub(crate) fn highlight(lines: &[String]) -> Vec<Vec<(Kind, usize)>> {
    let text = lines.join("\n");
    let mut all = vec![Vec::new()];
    let mut start = 0;
    for Piece { end, kind } in pieces(&text) {
        for (index, part) in text[start..end].split('\n').enumerate() {
            if index > 0 {
                all.push(Vec::new());
            }
            if let Some(line) = all.last_mut() {
                add(line, kind, part.encode_utf16().count());
            }
        }
        start = end;
    }
    all
}

fn add(line: &mut Vec<(Kind, usize)>, kind: Kind, length: usize) {
    match line.last_mut() {
        _ if length == 0 => {}
        Some(last) if last.0 == kind => last.1 += length,
        _ => line.push((kind, length)),
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let tokens: Vec<_> = tokenize(text, FrontmatterAllowed::No).collect();
    let mut pieces = Vec::with_capacity(tokens.len());
    let mut attribute = Attribute::default();
    let mut end = 0;
    for (index, token) in tokens.iter().enumerate() {
        let start = end;
        end += token.len as usize;
        let mut next = tokens[index + 1..].iter().map(|token| token.kind);
        let inside = attribute.take(token.kind, next.clone().next());
        let kind = match kind(token.kind, &text[start..end], next.next()) {
            kind if !inside || matches!(kind, Kind::Text | Kind::Comment) => kind,
            _ => Kind::Attribute,
        };
        pieces.push(Piece { end, kind });
    }
    pieces
}

/// Whether an attribute begins with these tokens.
#[derive(Default)]
struct Attribute {
    is_starting: bool,
    depth: usize,
}

impl Attribute {
    fn take(&mut self, token: TokenKind, next: Option<TokenKind>) -> bool {
        match token {
            TokenKind::Pound if self.depth == 0 => {
                self.is_starting = matches!(next, Some(TokenKind::OpenBracket | TokenKind::Bang));
                return self.is_starting;
            }
            TokenKind::Bang if self.is_starting => return true,
            TokenKind::OpenBracket if self.is_starting || self.depth > 0 => self.depth += 1,
            TokenKind::CloseBracket if self.depth > 0 => {
                self.depth -= 1;
                return true;
            }
            _ => {}
        }
        self.is_starting = false;
        self.depth > 0
    }
}

fn kind(token: TokenKind, text: &str, next: Option<TokenKind>) -> Kind {
    match token {
        TokenKind::LineComment { .. } | TokenKind::BlockComment { .. } => Kind::Comment,
        TokenKind::Lifetime { .. } | TokenKind::RawLifetime => Kind::Lifetime,
        TokenKind::Literal {
            kind: LiteralKind::Int { .. } | LiteralKind::Float { .. }, ..
        } => Kind::Number,
        TokenKind::Literal { .. } => Kind::Text,
        TokenKind::Ident | TokenKind::RawIdent => word(text, next),
        _ => Kind::Plain,
    }
}

fn word(text: &str, next: Option<TokenKind>) -> Kind {
    match next {
        _ if KEYWORDS.contains(&text) => Kind::Keyword,
        Some(TokenKind::Bang) => Kind::Macro,
        _ if text.starts_with(char::is_uppercase) => Kind::Type,
        Some(TokenKind::OpenParen) => Kind::Function,
        _ => Kind::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces that are not plain.
    fn colored(source: &str) -> Vec<(Kind, String)> {
        let lines: Vec<String> = source.lines().map(str::to_owned).collect();
        let mut found = Vec::new();
        for (line, pieces) in lines.iter().zip(highlight(&lines)) {
            let units: Vec<u16> = line.encode_utf16().collect();
            let mut start = 0;
            for (kind, length) in pieces {
                let text = String::from_utf16(&units[start..start + length]).unwrap();
                start += length;
                if kind != Kind::Plain {
                    found.push((kind, text));
                }
            }
            assert_eq!(start, units.len(), "{line}");
        }
        found
    }

    fn expect(source: &str, expected: &[(Kind, &str)]) {
        let found = colored(source);
        let found: Vec<_> = found.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn words_are_told_apart() {
        let line = "let x: Vec<&'a str> = vec![1.5; len(0x10)]; // ü";
        expect(
            line,
            &[
                (Kind::Keyword, "let"),
                (Kind::Type, "Vec"),
                (Kind::Lifetime, "'a"),
                (Kind::Macro, "vec"),
                (Kind::Number, "1.5"),
                (Kind::Function, "len"),
                (Kind::Number, "0x10"),
                (Kind::Comment, "// ü"),
            ],
        );
    }

    #[test]
    fn attributes_are_one_piece_but_for_their_strings() {
        expect(
            "#[cfg(a = \"b\", [c])] fn f() {}",
            &[
                (Kind::Attribute, "#[cfg(a = "),
                (Kind::Text, "\"b\""),
                (Kind::Attribute, ", [c])]"),
                (Kind::Keyword, "fn"),
                (Kind::Function, "f"),
            ],
        );
        expect("x[0] # y[1]", &[(Kind::Number, "0"), (Kind::Number, "1")]);
    }

    #[test]
    fn strings_and_comments_go_over_lines() {
        expect(
            "\"a\n𝒳b\" /* c\n\nd */ 'e'",
            &[
                (Kind::Text, "\"a"),
                (Kind::Text, "𝒳b\""),
                (Kind::Comment, "/* c"),
                (Kind::Comment, "d */"),
                (Kind::Text, "'e'"),
            ],
        );
    }

    #[test]
    fn every_line_has_its_pieces_however_broken() {
        for source in ["", "\n", "\"open\n\n", "/* open\nx", "a\r\nb", "'", "r#\"x\n\"", "—\n\u{1}"]
        {
            let lines: Vec<String> = source.split('\n').map(str::to_owned).collect();
            assert_eq!(highlight(&lines).len(), lines.len(), "{source:?}");
        }
    }
}
