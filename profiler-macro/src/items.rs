//! Finds where items begin and end by their tokens alone: so that an `impl` or a module can be measured
//! whatever else is in it, and whatever its types look like.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An item of a module, an `impl` block or a trait.
pub(crate) struct Item {
    pub(crate) kind: Kind,
    /// How many of the tokens are attributes.
    pub(crate) attributes: usize,
    pub(crate) tokens: Vec<TokenTree>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Function,
    Implementation,
    Trait,
    Module,
    /// One that begins with another keyword.
    Definition,
    /// An item that a macro has passed on as a whole.
    Passed,
    /// The use of a macro, or nothing that is known.
    Other,
}

impl Item {
    /// The one item that these tokens are.
    pub(crate) fn whole(mut tokens: Vec<TokenTree>) -> Self {
        loop {
            let attributes = attributes(&tokens);
            match tokens.get(attributes) {
                Some(TokenTree::Group(passed)) if is_passed(passed) => {
                    let inner = passed.stream();
                    tokens.truncate(attributes);
                    tokens.extend(inner);
                }
                _ => {
                    let (kind, _) = Scan { tokens: &tokens, at: attributes }.item();
                    return Self { kind, attributes, tokens };
                }
            }
        }
    }

    /// The items of a module, an `impl` block or a trait, in order and without a gap.
    pub(crate) fn all(tokens: TokenStream) -> impl Iterator<Item = Self> {
        let mut rest = Vec::from_iter(tokens).into_iter();
        std::iter::from_fn(move || {
            let attributes = attributes(rest.as_slice());
            let (kind, end) = Scan { tokens: rest.as_slice(), at: attributes }.item();
            let tokens = Vec::from_iter(rest.by_ref().take(end));
            (!tokens.is_empty()).then_some(Self { kind, attributes, tokens })
        })
    }

    /// The braces that the item ends with, unless it has none.
    pub(crate) fn body(&self) -> Option<Group> {
        self.tokens.last().and_then(body)
    }

    /// Whether it is a `const fn`.
    pub(crate) fn is_const(&self) -> bool {
        let before = |token: &&TokenTree| !is_word(token, "fn");
        let mut qualifiers = self.tokens.iter().take_while(before);
        self.kind == Kind::Function && qualifiers.any(|token| is_word(token, "const"))
    }

    /// Whether it has the attribute itself, which then expands on its own.
    pub(crate) fn has_own_attribute(&self) -> bool {
        self.tokens[..self.attributes].iter().any(|token| match token {
            TokenTree::Group(attribute) => names_us(attribute.stream()),
            _ => false,
        })
    }
}

/// `mem_profile…`, `path::mem_profile…` or `cfg_attr(…, mem_profile…)`.
fn names_us(attribute: TokenStream) -> bool {
    let mut name = None;
    for token in attribute {
        match token {
            TokenTree::Group(passed) if passed.delimiter() == Delimiter::None => {
                return names_us(passed.stream());
            }
            TokenTree::Ident(word) => name = Some(word),
            TokenTree::Punct(mark) if mark.as_char() == ':' => {}
            TokenTree::Group(list) if name.as_ref().is_some_and(|name| name == "cfg_attr") => {
                return list.to_string().contains("mem_profile");
            }
            _ => break,
        }
    }
    name.is_some_and(|name| name == "mem_profile")
}

/// How many tokens at the start are attributes of what follows.
fn attributes(tokens: &[TokenTree]) -> usize {
    let is_attribute = |[mark, group]: &[TokenTree; 2]| {
        is(mark, '#')
            && matches!(group, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
    };
    2 * tokens.as_chunks().0.iter().take_while(|pair| is_attribute(pair)).count()
}

pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(own) if own == word)
}

pub(crate) fn is(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// A macro passes on an item, but also a visibility, which is two tokens at most.
fn is_passed(group: &Group) -> bool {
    group.delimiter() == Delimiter::None && group.stream().into_iter().nth(2).is_some()
}

/// Braces, also if a macro has passed them on.
fn body(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inside = group.stream().into_iter();
            inside.next().filter(|_| inside.next().is_none()).as_ref().and_then(body)
        }
        _ => None,
    }
}

/// How many tokens of these are one item, if they begin with one.
pub(crate) fn length(tokens: &[TokenTree]) -> Option<usize> {
    let (kind, end) = Scan { tokens, at: attributes(tokens) }.item();
    (!matches!(kind, Kind::Other | Kind::Passed)).then_some(end)
}

struct Scan<'a> {
    tokens: &'a [TokenTree],
    at: usize,
}

impl Scan<'_> {
    /// The item that follows the attributes, and its end.
    fn item(mut self) -> (Kind, usize) {
        while let Some(token) = self.tokens.get(self.at) {
            let word = match token {
                TokenTree::Ident(word) => word.to_string(),
                TokenTree::Group(group) if is_passed(group) => return (Kind::Passed, self.at + 1),
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                    self.at += 1;
                    continue;
                }
                _ => break,
            };
            self.at += 1;
            match word.as_str() {
                "fn" => return (Kind::Function, self.braces()),
                "impl" => return (Kind::Implementation, self.braces()),
                "trait" => return (Kind::Trait, self.braces()),
                "mod" => return (Kind::Module, self.braces()),
                "struct" | "enum" => return (Kind::Definition, self.braces()),
                "union" | "macro" if self.is_word() => return (Kind::Definition, self.braces()),
                "use" | "type" => return (Kind::Definition, self.semicolon()),
                "const" if self.is_any(&["fn", "unsafe", "async", "extern", "impl", "trait"]) => {}
                "const" | "static" if self.is_word() => {
                    return (Kind::Definition, self.semicolon());
                }
                "extern" => {
                    if let Some(end) = self.block_or_crate() {
                        return (Kind::Definition, end);
                    }
                }
                "pub" => self.at += usize::from(self.is_parenthesis()),
                "async" | "auto" | "crate" | "default" | "final" | "gen" | "safe" | "unsafe"
                    if self.is_word() => {}
                _ => break,
            }
        }
        (Kind::Other, self.invocation())
    }

    fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at)
    }

    fn is_word(&self) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(_)))
    }

    fn is_any(&self, words: &[&str]) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(word)) if words.iter().any(|own| word == own))
    }

    fn is_parenthesis(&self) -> bool {
        matches!(self.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
    }

    /// After `extern`: the end of `crate name;` or of a block, unless a function follows.
    fn block_or_crate(&mut self) -> Option<usize> {
        if self.is_any(&["crate"]) {
            return Some(self.semicolon());
        }
        self.at += usize::from(matches!(self.peek(), Some(TokenTree::Literal(_))));
        self.peek().and_then(body).map(|_| self.at + 1)
    }

    /// The end after a semicolon.
    fn semicolon(&self) -> usize {
        let rest = &self.tokens[self.at..];
        rest.iter()
            .position(|token| is(token, ';'))
            .map_or(self.tokens.len(), |end| self.at + end + 1)
    }

    /// The end after braces that are no generic argument, or after a semicolon.
    fn braces(&self) -> usize {
        let mut angles = 0_usize;
        let mut arrow = false;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at) {
            if is(token, ';') || angles == 0 && body(token).is_some() {
                return index + 1;
            }
            if is(token, '<') {
                angles += 1;
            } else if is(token, '>') && !arrow {
                angles = angles.saturating_sub(1);
            }
            arrow = is(token, '-') || is(token, '=');
        }
        self.tokens.len()
    }

    /// The end of the use of a macro, after its braces or a semicolon, or of an inner attribute.
    fn invocation(&self) -> usize {
        let rest = &self.tokens[self.at..];
        if rest.first().is_some_and(|token| is(token, '#')) {
            return (self.at + 3).min(self.tokens.len());
        }
        let end = rest.iter().position(|token| is(token, ';') || body(token).is_some());
        end.map_or(self.tokens.len(), |end| self.at + end + 1)
    }
}
