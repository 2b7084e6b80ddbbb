//! Finds items by their tokens alone. A grammar of whole files would depend on the edition, and unusual
//! syntax in one function would hide all others.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use super::attribute::{Attribute, is_punct};

/// A part of a token list that may contain items.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Item(Item<'a>),
    /// A call of a macro by the last name of its path.
    Macro {
        name: String,
        input: &'a Group,
    },
    /// Rules of a macro.
    Rules(&'a Group),
    /// Anything else in brackets.
    Group(&'a Group),
}

/// An item that contains others, or is searched for.
#[derive(Debug)]
pub(crate) struct Item<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) attributes: Vec<Attribute>,
    /// The first token after the attributes.
    pub(crate) head: usize,
    /// Qualifiers such as `const` and `pub`.
    qualifiers: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// A function, and its body if it has one.
    Function(String, Option<&'a Group>),
    /// A module, and its content unless that is in another file.
    Module(String, Option<&'a Group>),
    /// An `impl` by the name of its type, or a trait.
    Block(String, &'a Group),
    Static(Static),
}

/// `static NAME: TYPE = …;`
#[derive(Debug)]
pub(crate) struct Static {
    pub(crate) name: String,
    pub(crate) kind: TokenStream,
    /// Index of the semicolon.
    pub(crate) end: usize,
}

impl Item<'_> {
    pub(crate) fn is(&self, qualifier: &str) -> bool {
        self.qualifiers.iter().any(|own| own == qualifier)
    }
}

/// The parts of the tokens of a file or group.
pub(crate) fn parts(tokens: &[TokenTree]) -> Vec<Part<'_>> {
    let mut reader = Reader { tokens, at: 0, parts: Vec::new(), before: Before::default() };
    while reader.at < tokens.len() {
        reader.step();
    }
    reader.parts
}

/// Tokens that may belong to the next item.
#[derive(Default)]
struct Before {
    attributes: Vec<Attribute>,
    qualifiers: Vec<String>,
    /// Index of the first token after the attributes.
    head: Option<usize>,
}

struct Reader<'a> {
    tokens: &'a [TokenTree],
    at: usize,
    parts: Vec<Part<'a>>,
    before: Before,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        if let Some(attribute) = Attribute::inner(self.tokens, self.at) {
            self.at = attribute.index + 3;
        } else if let Some(attribute) = Attribute::outer(self.tokens, self.at) {
            self.at += 2;
            self.before.attributes.push(attribute);
        } else {
            let tokens: &'a [TokenTree] = self.tokens;
            match &tokens[self.at] {
                TokenTree::Ident(word) => self.word(&word.to_string()),
                TokenTree::Group(group) => self.group(group),
                // The name of an ABI.
                TokenTree::Literal(_) if self.follows("extern") => self.at += 1,
                _ => self.pass(1),
            }
        }
    }

    fn word(&mut self, word: &str) {
        const QUALIFIERS: [&str; 10] = [
            "async", "auto", "const", "crate", "default", "extern", "gen", "pub", "safe", "unsafe",
        ];
        let is_lifetime = self.at > 0 && is_punct(self.tokens.get(self.at - 1), '\'');
        let found = !is_lifetime
            && match word {
                "fn" => self.function(),
                "mod" => self.module(),
                "trait" => self.of_trait(),
                "impl" => self.of_impl(),
                "static" => self.of_static(),
                "macro" => self.macro_2(),
                _ => self.call(word),
            };
        if found {
            self.before = Before::default();
        } else if QUALIFIERS.contains(&word) {
            self.before.head.get_or_insert(self.at);
            self.before.qualifiers.push(word.to_owned());
            self.at += 1;
        } else {
            self.pass(1);
        }
    }

    fn group(&mut self, group: &'a Group) {
        // Of `pub(crate)`.
        if group.delimiter() == Delimiter::Parenthesis && self.follows("pub") {
            self.at += 1;
            return;
        }
        self.parts.push(Part::Group(group));
        self.pass(1);
    }

    fn function(&mut self) -> bool {
        let Some(name) = self.ident(1) else { return false };
        let (body, end) = self.block(self.at + 2);
        self.item(Kind::Function(name, body), end)
    }

    fn module(&mut self) -> bool {
        let Some(name) = self.ident(1) else { return false };
        let (content, end) = self.block(self.at + 2);
        self.item(Kind::Module(name, content), end)
    }

    fn of_trait(&mut self) -> bool {
        let Some(name) = self.ident(1) else { return false };
        let (Some(content), end) = self.block(self.at + 2) else { return false };
        self.item(Kind::Block(name, content), end)
    }

    /// Reads an `impl` where an item can begin; elsewhere it is a type.
    fn of_impl(&mut self) -> bool {
        let first = self.before.attributes.first().map(|attribute| attribute.index);
        let first = first.or(self.before.head).unwrap_or(self.at);
        let is_item = match first.checked_sub(1).map(|before| &self.tokens[before]) {
            None => true,
            Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::Parenthesis,
            Some(token) => is_punct(Some(token), ';'),
        };
        let (Some(content), end) = self.block(self.at + 1) else { return false };
        let name = name_of_type(&self.tokens[self.at + 1..end - 1]);
        is_item && self.item(Kind::Block(name, content), end)
    }

    /// Its value is searched too.
    fn of_static(&mut self) -> bool {
        let name = self.at + if self.ident(1).as_deref() == Some("mut") { 2 } else { 1 };
        let is_variable = is_punct(self.tokens.get(name), '$');
        let colon = name + if is_variable { 2 } else { 1 };
        let find = |from: usize, character: char| {
            let rest = self.tokens.get(from..)?;
            Some(from + rest.iter().position(|token| is_punct(Some(token), character))?)
        };
        if !is_punct(self.tokens.get(colon), ':') {
            return false;
        }
        let Some(end) = find(colon, ';') else { return false };
        let equals =
            (colon..end).find(|at| is_punct(self.tokens.get(*at), '=') && self.is_flat(colon, *at));
        let Some(equals) = equals else { return false };
        let text = |range: std::ops::Range<usize>| {
            self.tokens[range].iter().cloned().collect::<TokenStream>()
        };
        let item =
            Static { name: text(name..colon).to_string(), kind: text(colon + 1..equals), end };
        self.item(Kind::Static(item), equals + 1)
    }

    /// `macro name(…) { … }`
    fn macro_2(&mut self) -> bool {
        let Some(_) = self.ident(1) else { return false };
        self.at += 2;
        let tokens: &'a [TokenTree] = self.tokens;
        while let Some(TokenTree::Group(group)) = tokens.get(self.at) {
            self.parts.push(Part::Rules(group));
            self.at += 1;
        }
        true
    }

    /// `name!(…)`, or `name! ident {…}`.
    fn call(&mut self, word: &str) -> bool {
        const NO_NAMES: [&str; 12] = [
            "as", "await", "box", "break", "else", "if", "in", "match", "mut", "return", "while",
            "yield",
        ];
        if NO_NAMES.contains(&word) || !is_punct(self.tokens.get(self.at + 1), '!') {
            return false;
        }
        let named = usize::from(self.ident(2).is_some());
        let tokens: &'a [TokenTree] = self.tokens;
        let Some(TokenTree::Group(input)) = tokens.get(self.at + 2 + named) else { return false };
        self.parts.push(match named {
            1 => Part::Rules(input),
            _ => Part::Macro { name: word.to_owned(), input },
        });
        self.at += 3 + named;
        true
    }

    fn item(&mut self, kind: Kind<'a>, end: usize) -> bool {
        let Before { attributes, qualifiers, head } = std::mem::take(&mut self.before);
        let head = head.unwrap_or(self.at);
        self.parts.push(Part::Item(Item { kind, attributes, head, qualifiers }));
        self.at = end;
        true
    }

    /// The block that ends an item whose header continues at `from`, and the token after it.
    fn block(&self, from: usize) -> (Option<&'a Group>, usize) {
        let tokens: &'a [TokenTree] = self.tokens;
        for (at, token) in tokens.iter().enumerate().skip(from) {
            match token {
                TokenTree::Group(group)
                    if group.delimiter() == Delimiter::Brace && self.is_flat(from, at) =>
                {
                    return (Some(group), at + 1);
                }
                token if is_punct(Some(token), ';') => return (None, at + 1),
                _ => {}
            }
        }
        (None, tokens.len())
    }

    /// Whether all angle brackets between two tokens are closed. A block inside open ones is an argument,
    /// as in `Array<{ N + 1 }>`.
    fn is_flat(&self, from: usize, to: usize) -> bool {
        depth(&self.tokens[from..to]) == 0
    }

    fn ident(&self, ahead: usize) -> Option<String> {
        match self.tokens.get(self.at + ahead)? {
            TokenTree::Ident(name) => Some(name.to_string()),
            _ => None,
        }
    }

    /// Whether the last word was this one.
    fn follows(&self, word: &str) -> bool {
        let before = self.at.checked_sub(1).map(|before| &self.tokens[before]);
        matches!(before, Some(TokenTree::Ident(last)) if last == word)
    }

    /// Skips tokens that begin no item.
    fn pass(&mut self, count: usize) {
        self.before = Before::default();
        self.at += count;
    }
}

/// Number of angle brackets that are open at the end. The end of an arrow does not count.
fn depth(tokens: &[TokenTree]) -> usize {
    let mut depth = 0_usize;
    let mut is_arrow = false;
    for token in tokens {
        let TokenTree::Punct(punct) = token else {
            is_arrow = false;
            continue;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' if !is_arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_arrow = matches!(punct.as_char(), '-' | '=') && punct.spacing() == Spacing::Joint;
    }
    depth
}

/// The last name of the type in the header of an `impl`: `Parser` of
/// `<'a> Iterator for &mut lexer::Parser<'a> where …`.
fn name_of_type(header: &[TokenTree]) -> String {
    let is_word = |at: usize, word: &str| {
        matches!(&header[at], TokenTree::Ident(own) if own == word) && depth(&header[..at]) == 0
    };
    let end = (0..header.len()).find(|at| is_word(*at, "where")).unwrap_or(header.len());
    let after = (0..end).find(|at| is_word(*at, "for")).map_or(0, |at| at + 1);
    let kind = &header[after..end];
    let flat: Vec<_> = (0..kind.len()).filter(|at| depth(&kind[..*at]) == 0).collect();
    let bound = flat.iter().position(|at| is_punct(kind.get(*at), '+')).unwrap_or(flat.len());
    let is_lifetime = |at: usize| at > 0 && is_punct(kind.get(at - 1), '\'');
    let mut names = flat[..bound].iter().filter_map(|at| match &kind[*at] {
        TokenTree::Ident(name) if !is_lifetime(*at) => Some(name.to_string()),
        _ => None,
    });
    // A slice or a tuple has no name.
    let text = || kind.last().and_then(|last| last.span().source_text()).unwrap_or_default();
    names.next_back().filter(|name| name != "mut").unwrap_or_else(text)
}
