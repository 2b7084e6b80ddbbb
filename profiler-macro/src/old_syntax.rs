//! Syntax of editions before 2021 that the parser does not know: trait objects such as `Fn(u8)` without
//! `dyn`, and later keywords as names. Each piece is replaced by a name while the tokens are parsed, and
//! put back into the emitted tokens.

use crate::items::{self, is_ident, is_punct};
use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Block, Expr, Item, Stmt};

const NAME: &str = "__mem_profile_old_syntax_";

/// The pieces that have been taken out.
#[derive(Default)]
pub(crate) struct OldSyntax(Vec<TokenStream>);

impl OldSyntax {
    /// The statements of a body. A part that cannot be parsed is one statement, unchanged.
    pub(crate) fn statements(&mut self, body: TokenStream) -> Vec<Stmt> {
        let parse = |tokens: TokenStream| Block::parse_within.parse2(tokens).ok();
        parse(body.clone()).unwrap_or_else(|| {
            let body = self.take_out(body);
            parse(body.clone()).unwrap_or_else(|| {
                split_statements(body)
                    .flat_map(|it| {
                        parse(it.clone()).unwrap_or_else(|| vec![unparsed_statement(it)])
                    })
                    .collect()
            })
        })
    }

    /// The same tokens, with a name for each piece of old syntax.
    pub(crate) fn take_out(&mut self, tokens: TokenStream) -> TokenStream {
        let tokens = Vec::from_iter(tokens);
        let mut taken = TokenStream::new();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = at + old_syntax_length(&tokens, at);
            let token = match token {
                TokenTree::Ident(first) if next > at => {
                    let name = Ident::new(&format!("{NAME}{}", self.0.len()), first.span());
                    self.0.push(tokens[at..next].iter().cloned().collect());
                    name.into()
                }
                TokenTree::Group(group) => rebuilt(group, self.take_out(group.stream())),
                token => token.clone(),
            };
            taken.extend([token]);
            at = next.max(at + 1);
        }
        taken
    }

    /// The emitted tokens, with all pieces put back.
    pub(crate) fn put_back(&self, tokens: TokenStream) -> TokenStream {
        if self.0.is_empty() {
            return tokens;
        }
        let back = |token: TokenTree| match &token {
            TokenTree::Group(group) => {
                TokenStream::from(rebuilt(group, self.put_back(group.stream())))
            }
            TokenTree::Ident(name) => self.piece(name).unwrap_or_else(|| token.into()),
            _ => token.into(),
        };
        tokens.into_iter().flat_map(back).collect()
    }

    fn piece(&self, name: &Ident) -> Option<TokenStream> {
        let number = name.to_string().strip_prefix(NAME)?.parse::<usize>().ok()?;
        self.0.get(number).cloned()
    }
}

/// The group with other contents.
pub(crate) fn rebuilt(group: &Group, inside: TokenStream) -> TokenTree {
    let mut rebuilt = Group::new(group.delimiter(), inside);
    rebuilt.set_span(group.span());
    rebuilt.into()
}

/// The number of tokens from `at` on that are a piece of old syntax.
fn old_syntax_length(tokens: &[TokenTree], at: usize) -> usize {
    let TokenTree::Ident(word) = &tokens[at] else { return 0 };
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    if before.is_some_and(|before| is_any(before, &["fn"])) {
        return 0;
    }
    let next = tokens.get(at + 1);
    let arguments = next.is_some_and(|next| opens(next, Delimiter::Parenthesis));
    let is_trait = is_any(&tokens[at], &TRAITS) || is_pair(tokens, at + 2, ['-', '>']);
    if arguments && is_trait && word != "fn" {
        return return_type_end(tokens, at + 2) - at;
    }
    let is_name = match word.to_string().as_str() {
        "async" => next.is_none_or(|next| {
            !(opens(next, Delimiter::Brace) || is_punct(next, '|') || is_any(next, &AFTER_ASYNC))
        }),
        "await" => before.is_none_or(|before| !is_punct(before, '.')),
        "dyn" => match next {
            Some(word @ TokenTree::Ident(_)) => is_any(word, &["as", "else", "if", "in"]),
            Some(TokenTree::Punct(mark)) => !"'?~<".contains(mark.as_char()),
            _ => !arguments,
        },
        "try" => next.is_none_or(|next| !(opens(next, Delimiter::Brace) || is_punct(next, '!'))),
        _ => false,
    };
    usize::from(is_name)
}

const TRAITS: [&str; 3] = ["Fn", "FnMut", "FnOnce"];
const AFTER_ASYNC: [&str; 7] = ["extern", "fn", "for", "gen", "move", "unsafe", "use"];

fn is_any(token: &TokenTree, words: &[&str]) -> bool {
    words.iter().any(|word| is_ident(token, word))
}

fn opens(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

/// The end of `-> TYPE`, or `at` where there is none.
fn return_type_end(tokens: &[TokenTree], at: usize) -> usize {
    if is_pair(tokens, at, ['-', '>']) { type_end(tokens, at + 2) } else { at }
}

fn is_pair(tokens: &[TokenTree], at: usize, [first, second]: [char; 2]) -> bool {
    let is_joint = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint);
    tokens.get(at).is_some_and(|token| is_punct(token, first) && is_joint(token))
        && tokens.get(at + 1).is_some_and(|token| is_punct(token, second))
}

/// The end of the type that begins at `at`, without the bounds of another trait after it.
fn type_end(tokens: &[TokenTree], mut at: usize) -> usize {
    const BEFORE: [&str; 8] = ["const", "dyn", "extern", "fn", "for", "impl", "mut", "unsafe"];
    let mut is_complete = false;
    while let Some(token) = tokens.get(at) {
        at = match token {
            // The path continues.
            TokenTree::Punct(_) if is_pair(tokens, at, [':', ':']) => {
                is_complete = false;
                at + 2
            }
            // `<T as Trait>::Type`, `for<'a> Trait`, or the arguments of a name.
            TokenTree::Punct(mark) if mark.as_char() == '<' => angles(tokens, at),
            TokenTree::Punct(mark) if !is_complete && "&*'!?~".contains(mark.as_char()) => {
                is_complete = mark.as_char() == '!';
                at + 1 + usize::from(mark.as_char() == '\'')
            }
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Parenthesis && is_complete =>
            {
                return return_type_end(tokens, at + 1);
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace && !is_complete => {
                return return_type_end(tokens, at + 1);
            }
            TokenTree::Literal(_) if !is_complete => at + 1,
            TokenTree::Ident(_) if is_complete => break,
            TokenTree::Ident(word) => {
                is_complete = !BEFORE.iter().any(|other| word == other);
                at + 1
            }
            _ => break,
        };
    }
    at
}

/// The end of the angle brackets that open at `at`.
fn angles(tokens: &[TokenTree], at: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        let is_arrow = index > 0 && is_pair(tokens, index - 1, ['-', '>']);
        if is_punct(token, '<') {
            depth += 1;
        } else if is_punct(token, '>') && !is_arrow {
            depth -= 1;
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// The tokens of a body, split into items and statements that end with a semicolon.
fn split_statements(tokens: TokenStream) -> impl Iterator<Item = TokenStream> {
    let mut rest = Vec::from_iter(tokens).into_iter();
    std::iter::from_fn(move || {
        let tokens = rest.as_slice();
        let semicolon = || tokens.iter().position(|token| is_punct(token, ';')).map(|end| end + 1);
        let end = items::length(tokens).or_else(semicolon).unwrap_or(tokens.len());
        (end > 0).then(|| rest.by_ref().take(end).collect())
    })
}

/// A statement that is not parsed.
fn unparsed_statement(tokens: TokenStream) -> Stmt {
    let is_item = items::length(&Vec::from_iter(tokens.clone())).is_some();
    if is_item {
        Stmt::Item(Item::Verbatim(tokens))
    } else {
        Stmt::Expr(Expr::Verbatim(tokens), None)
    }
}
