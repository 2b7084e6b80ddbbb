//! Finds functions that are too small to be measured by default: their effect is visible on the line that
//! calls them, and measuring may cost more than they do.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::attribute::is_punct;

/// Whether a body computes without calling anything, or is one expression with at most one call, as
/// a getter is.
pub(crate) fn is_trivial(body: &Group) -> bool {
    let mut calls = 0;
    let mut groups = vec![body.clone()];
    // No recursion, since deeply nested expressions would overflow the stack.
    while let Some(group) = groups.pop() {
        let tokens: Vec<_> = group.stream().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            if is_compound(&tokens, at) {
                return false;
            }
            if let TokenTree::Group(inner) = token
                && !is_punct(before(&tokens, at), '#')
            {
                calls += usize::from(is_call(&tokens, at));
                groups.push(inner.clone());
            }
        }
    }
    calls == 0 || calls == 1 && is_one_expression(&body.stream().into_iter().collect::<Vec<_>>())
}

/// Whether a loop, a macro, a closure or similar code begins at a token.
fn is_compound(tokens: &[TokenTree], at: usize) -> bool {
    match &tokens[at] {
        TokenTree::Ident(word) => {
            let is_macro = is_punct(tokens.get(at + 1), '!')
                && matches!(tokens.get(at + 2), Some(TokenTree::Group(_)))
                && !is_keyword(&word.to_string());
            let compound = ["async", "await", "fn", "for", "loop", "while"];
            is_macro || compound.iter().any(|own| word == own) && !is_type(tokens, at)
        }
        // Between two values or patterns, it is an operator.
        TokenTree::Punct(punct) if punct.as_char() == '|' => match before(tokens, at) {
            Some(TokenTree::Ident(word)) => is_keyword(&word.to_string()),
            Some(TokenTree::Punct(last)) => !matches!(last.as_char(), '|' | '?' | '.'),
            Some(_) => false,
            None => true,
        },
        _ => false,
    }
}

/// Whether a keyword belongs to a type: `fn(u8)`, `for<'a> Fn(&'a u8)`.
fn is_type(tokens: &[TokenTree], at: usize) -> bool {
    match tokens.get(at + 1) {
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
        next => is_punct(next, '<'),
    }
}

/// Whether a group contains the arguments of a call. A capitalised name is a constructor, such as
/// `Some(x)`, and runs no code.
fn is_call(tokens: &[TokenTree], at: usize) -> bool {
    let TokenTree::Group(group) = &tokens[at] else { return false };
    if group.delimiter() != Delimiter::Parenthesis {
        return false;
    }
    let name = match before(tokens, at) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == '>' => turbofish(tokens, at),
        name => name,
    };
    match name {
        Some(TokenTree::Ident(name)) => {
            let name = name.to_string();
            !is_keyword(&name) && !name.starts_with(|first: char| first.is_ascii_uppercase())
        }
        Some(TokenTree::Group(called)) => called.delimiter() != Delimiter::Brace,
        _ => false,
    }
}

/// The name before `::<…>`, which ends before the token `at`.
fn turbofish(tokens: &[TokenTree], at: usize) -> Option<&TokenTree> {
    let mut depth = 0_usize;
    for open in (0..at).rev() {
        depth += usize::from(is_punct(tokens.get(open), '>'));
        if is_punct(tokens.get(open), '<') {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                let is_path = open >= 3 && is_punct(tokens.get(open - 1), ':');
                return is_path.then(|| &tokens[open - 3]);
            }
        }
    }
    None
}

/// Whether a body is a single expression without statements.
fn is_one_expression(tokens: &[TokenTree]) -> bool {
    let is_let = matches!(tokens.first(), Some(TokenTree::Ident(word)) if word == "let");
    let ends = |at: usize| match (&tokens[at], tokens.get(at + 1)) {
        (_, None) => false,
        (TokenTree::Group(group), Some(TokenTree::Ident(next))) => {
            group.delimiter() == Delimiter::Brace && next != "else" && next != "as"
        }
        (token, Some(_)) => is_punct(Some(token), ';'),
    };
    !is_let && !(0..tokens.len()).any(ends)
}

fn before(tokens: &[TokenTree], at: usize) -> Option<&TokenTree> {
    at.checked_sub(1).map(|before| &tokens[before])
}

/// Whether a word before brackets or a closure is a keyword rather than a name.
fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 22] = [
        "as", "box", "break", "crate", "dyn", "else", "fn", "for", "if", "impl", "in", "let",
        "match", "move", "mut", "pub", "ref", "return", "unsafe", "where", "while", "yield",
    ];
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trivial(body: &str) -> bool {
        let tokens: proc_macro2::TokenStream = format!("{{ {body} }}").parse().unwrap();
        let Some(TokenTree::Group(body)) = tokens.into_iter().next() else { panic!("no block") };
        is_trivial(&body)
    }

    #[test]
    fn getters_and_arithmetic_are_trivial() {
        for body in ["", "&self.items", "self.items.len()", "Self::with(0)", "Some(self.next()?)"] {
            assert!(trivial(body), "{body}");
        }
        assert!(trivial("let a = x + 1; if a > 2 { return Some(a); } None"));
        assert!(trivial("match (a, b) { (X(n), 0...9) | (Y(n), _) => n | 1, _ if a > (2) => 0 }"));
        assert!(trivial("#[allow(unused)] let a: Fn(u8) = b;"));
    }

    #[test]
    fn what_calls_loops_or_expands_is_not() {
        for body in
            ["a(); b()", "let x = f(); x", "f(g())", "vec![0; 9]", "println!();", "(a)(b(c))"]
        {
            assert!(!trivial(body), "{body}");
        }
        for body in ["for i in 0..9 {}", "|| f()", "f().await", "x.iter().collect::<X>()"] {
            assert!(!trivial(body), "{body}");
        }
        for body in ["if a { return 0; } f()", "f::<X<Y>>(0); 1", "let a: fn(u8) = |x| 1; a"] {
            assert!(!trivial(body), "{body}");
        }
    }
}
