//! Lints that look at a whole body, and would report the inserted statements.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{
    AttrStyle, Attribute, Block, Expr, ExprBlock, MacroDelimiter, Meta, MetaList, Stmt, Token,
    token,
};

/// The lints that have to be allowed on the function itself; `block` is its body before instrumentation.
pub(crate) fn allowed(block: &Block) -> Attribute {
    if block.stmts.is_empty() {
        allow_all(quote!(clippy::extra_unused_type_parameters))
    } else if has_items_after_macros(block) {
        allow_all(quote!(clippy::significant_drop_tightening, clippy::items_after_statements))
    } else {
        allow_all(quote!(clippy::significant_drop_tightening))
    }
}

/// `#[allow(LINT)]`.
pub(crate) fn allow(lint: &str) -> Attribute {
    allow_all(TokenTree::from(Ident::new(lint, Span::call_site())).into())
}

/// `#[allow(LINTS)]`, made without the parser, since each function has one.
fn allow_all(lints: TokenStream) -> Attribute {
    let site = Span::call_site();
    let meta = Meta::List(MetaList {
        path: Ident::new("allow", site).into(),
        delimiter: MacroDelimiter::Paren(token::Paren(site)),
        tokens: lints,
    });
    Attribute {
        pound_token: Token![#](site),
        style: AttrStyle::Outer,
        bracket_token: token::Bracket(site),
        meta,
    }
}

/// Macros that expand to nothing may stand before items.
fn has_items_after_macros(block: &Block) -> bool {
    let is_item = |statement: &&Stmt| matches!(statement, Stmt::Item(_));
    let is_macro = |statement: &&Stmt| matches!(statement, Stmt::Macro(_));
    let mut rest = block.stmts.iter().skip_while(is_item);
    rest.find(|statement| !is_macro(statement)).is_some_and(|statement| is_item(&statement))
}

/// Whether lints compare the body with the one statement that they expect in such a method.
pub(crate) fn is_compared_by_lints(function: &Ident, block: &Block) -> bool {
    block.stmts.len() == 1 && (function == "clone" || function == "partial_cmp")
}

/// `{ BODY }` becomes `{ { BODY } }`. The outer braces are not the user's, so lints ignore them.
pub(crate) fn hide(block: &mut Block) {
    let outer = Block { brace_token: token::Brace(Span::mixed_site()), stmts: Vec::new() };
    let block_of_user = std::mem::replace(block, outer);
    let body = ExprBlock { attrs: Vec::new(), label: None, block: block_of_user };
    block.stmts.push(Stmt::Expr(Expr::Block(body), None));
}
