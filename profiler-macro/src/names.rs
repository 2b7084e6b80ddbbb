//! Paths and identifiers of the generated code.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use std::iter;
use syn::{Attribute, MetaList, Path, PathSegment, Token};

/// The only module that generated code refers to.
pub(crate) struct Names {
    pub(crate) runtime: Path,
}

impl Names {
    /// `facade` is the path of the option `crate`.
    pub(crate) fn new(facade: Option<&Path>) -> Self {
        let segment = |name| PathSegment::from(Ident::new(name, Span::call_site()));
        let mut runtime = facade.cloned().unwrap_or_else(|| Path {
            leading_colon: Some(Token![::](Span::call_site())),
            segments: iter::once(segment("mem_profile")).collect(),
        });
        runtime.segments.push(segment("__private"));
        Self { runtime }
    }
}

/// The function table of the annotated function.
pub(crate) fn table() -> Ident {
    local("__MEM_PROFILE")
}

/// The type whose path contains the path of the function.
pub(crate) fn path() -> Ident {
    local("__MemProfile")
}

/// The frame of the body that is running.
pub(crate) fn frame() -> Ident {
    local("__frame")
}

/// The guard of the `depth`-th nested block, counted from 1 within its frame.
pub(crate) fn scope(depth: usize) -> Ident {
    local(&format!("__scope{depth}"))
}

/// The guard that starts the row of the closing brace.
pub(crate) fn end() -> Ident {
    local("__end")
}

/// The budget of the function or block.
pub(crate) fn budget() -> Ident {
    local("__budget")
}

/// The value of a block with a budget.
pub(crate) fn value() -> Ident {
    local("__value")
}

/// A parameter of an async function that is a pattern, by its position.
pub(crate) fn argument(position: usize) -> Ident {
    local(&format!("__argument{position}"))
}

/// The value of an async body in a branch that is never taken.
pub(crate) fn never() -> Ident {
    local("__never")
}

/// `#[cfg(…)]`, or a `#[cfg_attr(…)]` that may expand to one.
pub(crate) fn is_cfg(attribute: &Attribute) -> bool {
    let names_cfg = |list: &MetaList| list.tokens.to_string().contains("cfg");
    attribute.path().is_ident("cfg")
        || attribute.path().is_ident("cfg_attr")
            && attribute.meta.require_list().is_ok_and(names_cfg)
}

/// An attribute about lints, or a `#[cfg_attr(…)]` that may expand to one.
pub(crate) fn is_lint(attribute: &Attribute) -> bool {
    let lints = ["allow", "expect", "warn", "deny", "forbid", "cfg_attr"];
    !is_cfg(attribute) && lints.iter().any(|name| attribute.path().is_ident(name))
}

/// The same tokens, at another location for the compiler's messages. The contents of groups stay as
/// they are.
pub(crate) fn located_at(tokens: TokenStream, location: Span) -> TokenStream {
    with_spans(tokens, |own| own.located_at(location))
}

/// The same tokens as if the user had written them, for lints about all of them. The contents of groups
/// stay as they are.
pub(crate) fn spanned(user: Span, tokens: TokenStream) -> TokenStream {
    with_spans(tokens, |_| user)
}

fn with_spans(tokens: TokenStream, span: impl Fn(Span) -> Span) -> TokenStream {
    let change = |mut token: TokenTree| {
        token.set_span(span(token.span()));
        token
    };
    tokens.into_iter().map(change).collect()
}

/// Mixed-site: the user's code can neither see these names nor shadow them.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
