//! Finds where items begin and end by their tokens alone, so that an `impl` or a module can be measured
//! even if other items in it cannot be parsed.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An item of a module, an `impl` block or a trait.
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    /// The number of tokens that are attributes.
    pub(crate) attributes: usize,
    pub(crate) tokens: Vec<TokenTree>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ItemKind {
    Function,
    Implementation,
    Trait,
    Module,
    /// An item that begins with another keyword.
    Definition,
    /// An item that a macro has passed on as one group.
    Grouped,
    /// A macro invocation, or unknown syntax.
    Other,
}

impl Item {
    /// These tokens as one item.
    pub(crate) fn whole(mut tokens: Vec<TokenTree>) -> Self {
        loop {
            let attributes = attributes(&tokens);
            match tokens.get(attributes) {
                Some(TokenTree::Group(passed)) if is_grouped(passed) => {
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

    /// The braces that the item ends with, if any.
    pub(crate) fn body(&self) -> Option<Group> {
        self.tokens.last().and_then(body)
    }

    /// Whether it is a `const fn`.
    pub(crate) fn is_const(&self) -> bool {
        let before = |token: &&TokenTree| !is_ident(token, "fn");
        let mut qualifiers = self.tokens.iter().take_while(before);
        self.kind == ItemKind::Function && qualifiers.any(|token| is_ident(token, "const"))
    }

    /// Whether it has the attribute itself, which then expands by itself.
    pub(crate) fn has_own_attribute(&self) -> bool {
        self.tokens[..self.attributes].iter().any(|token| match token {
            TokenTree::Group(attribute) => names_attribute(attribute.stream()),
            _ => false,
        })
    }
}

/// `mem_profile…`, `path::mem_profile…` or `cfg_attr(…, mem_profile…)`.
fn names_attribute(attribute: TokenStream) -> bool {
    let mut name = None;
    for token in attribute {
        match token {
            TokenTree::Group(passed) if passed.delimiter() == Delimiter::None => {
                return names_attribute(passed.stream());
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

/// The number of tokens at the start that are attributes of the item after them.
fn attributes(tokens: &[TokenTree]) -> usize {
    let is_attribute = |[mark, group]: &[TokenTree; 2]| {
        is_punct(mark, '#')
            && matches!(group, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket)
    };
    2 * tokens.as_chunks().0.iter().take_while(|pair| is_attribute(pair)).count()
}

pub(crate) fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(own) if own == word)
}

pub(crate) fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Whether a macro has passed on an item as a group: a visibility has two tokens at most.
fn is_grouped(group: &Group) -> bool {
    group.delimiter() == Delimiter::None && group.stream().into_iter().nth(2).is_some()
}

/// Braces, also if a macro has passed them on as a group.
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

/// The number of tokens of the item at the start, if there is one.
pub(crate) fn length(tokens: &[TokenTree]) -> Option<usize> {
    let (kind, end) = Scan { tokens, at: attributes(tokens) }.item();
    (!matches!(kind, ItemKind::Other | ItemKind::Grouped)).then_some(end)
}

struct Scan<'a> {
    tokens: &'a [TokenTree],
    at: usize,
}

impl Scan<'_> {
    /// The item that follows the attributes, and its end.
    fn item(mut self) -> (ItemKind, usize) {
        while let Some(token) = self.tokens.get(self.at) {
            let word = match token {
                TokenTree::Ident(word) => word.to_string(),
                TokenTree::Group(group) if is_grouped(group) => {
                    return (ItemKind::Grouped, self.at + 1);
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                    self.at += 1;
                    continue;
                }
                _ => break,
            };
            self.at += 1;
            match word.as_str() {
                "fn" => return (ItemKind::Function, self.braces()),
                "impl" => return (ItemKind::Implementation, self.braces()),
                "trait" => return (ItemKind::Trait, self.braces()),
                "mod" => return (ItemKind::Module, self.braces()),
                "struct" | "enum" => return (ItemKind::Definition, self.braces()),
                "union" | "macro" if self.next_is_ident() => {
                    return (ItemKind::Definition, self.braces());
                }
                "use" | "type" => return (ItemKind::Definition, self.semicolon()),
                "const"
                    if self.next_is_any(&["fn", "unsafe", "async", "extern", "impl", "trait"]) => {}
                "const" | "static" if self.next_is_ident() => {
                    return (ItemKind::Definition, self.semicolon());
                }
                "extern" => {
                    if let Some(end) = self.block_or_crate() {
                        return (ItemKind::Definition, end);
                    }
                }
                "pub" => self.at += usize::from(self.next_is_parenthesis()),
                "async" | "auto" | "crate" | "default" | "final" | "gen" | "safe" | "unsafe"
                    if self.next_is_ident() => {}
                _ => break,
            }
        }
        (ItemKind::Other, self.invocation())
    }

    fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.at)
    }

    fn next_is_ident(&self) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(_)))
    }

    fn next_is_any(&self, words: &[&str]) -> bool {
        matches!(self.peek(), Some(TokenTree::Ident(word)) if words.iter().any(|candidate| word == candidate))
    }

    fn next_is_parenthesis(&self) -> bool {
        matches!(self.peek(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
    }

    /// After `extern`: the end of `crate name;` or of a block, unless a function follows.
    fn block_or_crate(&mut self) -> Option<usize> {
        if self.next_is_any(&["crate"]) {
            return Some(self.semicolon());
        }
        self.at += usize::from(matches!(self.peek(), Some(TokenTree::Literal(_))));
        self.peek().and_then(body).map(|_| self.at + 1)
    }

    /// The end after a semicolon.
    fn semicolon(&self) -> usize {
        let rest = &self.tokens[self.at..];
        rest.iter()
            .position(|token| is_punct(token, ';'))
            .map_or(self.tokens.len(), |end| self.at + end + 1)
    }

    /// The end after braces that are not a generic argument, or after a semicolon.
    fn braces(&self) -> usize {
        let mut angles = 0_usize;
        let mut arrow = false;
        for (index, token) in self.tokens.iter().enumerate().skip(self.at) {
            if is_punct(token, ';') || angles == 0 && body(token).is_some() {
                return index + 1;
            }
            if is_punct(token, '<') {
                angles += 1;
            } else if is_punct(token, '>') && !arrow {
                angles = angles.saturating_sub(1);
            }
            arrow = is_punct(token, '-') || is_punct(token, '=');
        }
        self.tokens.len()
    }

    /// The end of a macro invocation, after its braces or a semicolon, or of an inner attribute.
    fn invocation(&self) -> usize {
        let rest = &self.tokens[self.at..];
        if rest.first().is_some_and(|token| is_punct(token, '#')) {
            return (self.at + 3).min(self.tokens.len());
        }
        let end = rest.iter().position(|token| is_punct(token, ';') || body(token).is_some());
        end.map_or(self.tokens.len(), |end| self.at + end + 1)
    }
}
