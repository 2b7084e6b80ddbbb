//! Finds attributes by their tokens.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An outer or inner attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    /// Index of its `#` in the tokens around it.
    pub(crate) index: usize,
    /// The tokens between the brackets.
    pub(crate) content: TokenStream,
}

impl Attribute {
    /// The outer attribute that begins with the token `index`.
    pub(crate) fn outer(tokens: &[TokenTree], index: usize) -> Option<Self> {
        is_punct(tokens.get(index), '#').then(|| Self::of(index, tokens.get(index + 1)?))?
    }

    /// The inner attribute, `#![…]`, that begins with the token `index`.
    pub(crate) fn inner(tokens: &[TokenTree], index: usize) -> Option<Self> {
        let is_inner = is_punct(tokens.get(index), '#') && is_punct(tokens.get(index + 1), '!');
        is_inner.then(|| Self::of(index, tokens.get(index + 2)?))?
    }

    fn of(index: usize, group: &TokenTree) -> Option<Self> {
        let TokenTree::Group(group) = group else { return None };
        let is_attribute = group.delimiter() == Delimiter::Bracket;
        is_attribute.then(|| Self { index, content: group.stream() })
    }

    /// The names of its path: `clippy`, `pedantic` of `clippy::pedantic(…)`.
    pub(crate) fn path(&self) -> Vec<String> {
        let mut path = Vec::new();
        for token in self.content.clone() {
            match token {
                TokenTree::Ident(name) => path.push(name.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => {}
                _ => break,
            }
        }
        path
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        matches!(self.path().as_slice(), [only] if only == name)
    }

    /// Whether a word is among its tokens; strings and doc comments do not count.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        mentions(self.content.clone(), word)
    }

    /// The condition under which its item is compiled, as in `cfg(…)`.
    pub(crate) fn condition(&self) -> Option<String> {
        let is_test = self.path().last().is_some_and(|last| last == "test" || last == "bench");
        if !self.is("cfg") {
            return is_test.then(|| "test".to_owned());
        }
        self.arguments().map(|condition| condition.stream().to_string())
    }

    /// The condition under which it measures its item already, if it does.
    pub(crate) fn measures_if(&self) -> Option<String> {
        if self.path().last().is_some_and(|last| last == "mem_profile") {
            return Some("true".to_owned());
        }
        let is_conditional = self.is("cfg_attr") && self.mentions("mem_profile");
        let tokens = self.arguments().filter(|_| is_conditional)?.stream().into_iter();
        let condition = tokens.take_while(|token| !is_punct(Some(token), ','));
        Some(condition.collect::<TokenStream>().to_string())
    }

    /// The group in its parentheses.
    fn arguments(&self) -> Option<Group> {
        self.content.clone().into_iter().find_map(|token| match token {
            TokenTree::Group(group) => Some(group),
            _ => None,
        })
    }

    /// Whether it belongs to the compiler or a tool, and does not change the body.
    pub(crate) fn is_inert(&self) -> bool {
        const OWN: [&str; 26] = [
            "allow",
            "automatically_derived",
            "bench",
            "cfg",
            "cfg_attr",
            "cold",
            "coverage",
            "deny",
            "deprecated",
            "doc",
            "expect",
            "export_name",
            "forbid",
            "ignore",
            "inline",
            "link_section",
            "must_use",
            "no_mangle",
            "optimize",
            "should_panic",
            "target_feature",
            "test",
            "track_caller",
            "unsafe",
            "unstable",
            "warn",
        ];
        const TOOLS: [&str; 4] = ["clippy", "diagnostic", "rustfmt", "rust_analyzer"];
        match self.path().as_slice() {
            [name] => OWN.contains(&name.as_str()),
            [tool, ..] => TOOLS.contains(&tool.as_str()),
            [] => false,
        }
    }
}

/// The attributes that a file begins with.
pub(crate) fn of_file(tokens: &[TokenTree]) -> Vec<Attribute> {
    (0..).map_while(|number| Attribute::inner(tokens, 3 * number)).collect()
}

pub(crate) fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => name == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}
