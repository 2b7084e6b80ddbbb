//! Evaluates conditions of `#[cfg(…)]`.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::attribute::is_punct;

/// The conditions of a compilation, as printed by `rustc --print=cfg`: `unix`, `feature="x"`.
#[derive(Default)]
pub struct Conditions(BTreeSet<String>);

impl Conditions {
    /// Parses the output of rustc, one condition per line.
    pub fn read(printed: &str) -> Self {
        Self(printed.lines().map(str::to_owned).collect())
    }

    /// Whether a condition holds. Unknown syntax does, and so does everything if no conditions are known.
    pub fn hold(&self, condition: &str) -> bool {
        self.0.is_empty()
            || condition.parse::<TokenStream>().map_or(true, |tokens| self.all_of(tokens))
    }

    fn all_of(&self, tokens: TokenStream) -> bool {
        terms(tokens).iter().all(|term| self.term(term))
    }

    fn term(&self, term: &[TokenTree]) -> bool {
        match term {
            [TokenTree::Ident(name), TokenTree::Group(inner)] => match name.to_string().as_str() {
                "any" => terms(inner.stream()).iter().any(|term| self.term(term)),
                "not" => !self.all_of(inner.stream()),
                _ => self.all_of(inner.stream()),
            },
            [TokenTree::Ident(name)] => name == "true" || self.0.contains(&name.to_string()),
            [TokenTree::Ident(name), equals, TokenTree::Literal(value)] => {
                !is_punct(Some(equals), '=') || self.0.contains(&format!("{name}={value}"))
            }
            _ => true,
        }
    }
}

/// The tokens between commas.
fn terms(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let terms = tokens.split(|token| is_punct(Some(token), ','));
    terms.filter(|term| !term.is_empty()).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_evaluated_as_by_rustc() {
        let conditions = Conditions::read("debug_assertions\nfeature=\"x\"\nunix\n");
        let holding = [
            "unix",
            "true",
            "feature = \"x\"",
            "all(unix, any(windows, debug_assertions),)",
            "not(any(test, feature = \"y\"))",
            "all()",
        ];
        assert_eq!(holding.map(|it| conditions.hold(it)), [true; 6]);
        let others = ["test", "false", "feature = \"y\"", "all(unix, test)", "not(unix)", "any()"];
        assert_eq!(others.map(|it| conditions.hold(it)), [false; 6]);
    }
}
