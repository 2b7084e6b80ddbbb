//! The statements that are inserted. Their form is chosen by the cost of compiling it, which is more than
//! the cost of running it.
//!
//! PERF: a guard and the event behind it are one call: 8.28 → 7.80 million instructions of rustc a function
//! of three lines, of which 3.69 are the function's own (docs/costs.md).

use crate::names::{self, Names};
use crate::rows::Rows;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, ExprLit, ExprMethodCall, ExprPath, Lit, LitStr, Stmt, Token, token};

/// The constants of one function table.
pub(crate) struct FunctionTable<'a> {
    pub(crate) name: Option<&'a LitStr>,
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) source: String,
}

/// `static __MEM_PROFILE: Table = …;`
///
/// All figures are in one text, which the runtime parses: the first line, the number of lines, the kind of
/// the first row, the length of the name in bytes and the file; from the second line on, the name and the
/// source.
///
/// PERF: the compiler evaluates it once for each function. A literal and not a call with six arguments:
/// 7.91 → 7.80 million instructions of rustc a function of three lines (docs/costs.md).
pub(crate) fn table(Names { runtime }: &Names, table: &FunctionTable) -> TokenStream {
    let FunctionTable { name, rows, source } = table;
    let (file, first_line, count) = (&rows.file, rows.first_line, rows.count());
    let (first_row, name) = (rows.first_row as u8, name.map_or(String::new(), LitStr::value));
    let text = format!("{first_line} {count} {first_row} {} {file}\n{name}{source}", name.len());
    let (table, path) = (names::table(), names::path());
    quote! {
        enum #path {}
        static #table: #runtime::Table =
            #runtime::Table(::core::any::type_name::<#path>, #text, #runtime::START);
    }
}

/// `let __frame = …;` of a function, with the first line event if there is one.
pub(crate) fn enter(first: Option<usize>) -> TokenStream {
    let (frame, table) = (names::frame(), names::table());
    match first.map(row) {
        Some(first) => quote!(let #frame = #table.enter_line(#first);),
        None => quote!(let #frame = #table.enter();),
    }
}

/// `let __frame = …;` of a closure that begins on the row `at`.
pub(crate) fn enter_closure(at: usize) -> TokenStream {
    let (frame, table, at) = (names::frame(), names::table(), row(at));
    quote!(let #frame = #table.enter_closure(#at);)
}

/// The guard of a nested block, which restores the row `outer`, with the first line event of the block
/// if there is one.
pub(crate) fn scope(depth: usize, outer: usize, first: Option<usize>) -> TokenStream {
    let (scope, frame, outer) = (names::scope(depth), names::frame(), row(outer));
    match first.map(row) {
        Some(first) => quote!(let mut #scope = #frame.scope_line(#outer, #first);),
        None => quote!(let mut #scope = #frame.scope(#outer);),
    }
}

/// One more iteration of the loop whose header is on the row `header`.
pub(crate) fn iteration(header: usize) -> TokenStream {
    let (frame, header) = (names::frame(), row(header));
    quote!(#frame.iteration(#header);)
}

/// The line of the row `at` starts.
pub(crate) fn line(at: usize) -> Stmt {
    call("line", &[at], Vec::new(), Span::mixed_site())
}

/// After a block without a guard, the row `outer` is current again.
pub(super) fn resume(outer: usize) -> Stmt {
    call("resume", &[outer], Vec::new(), Span::mixed_site())
}

/// The row `at` runs inside the row `outer`, with no memory effect.
pub(crate) fn pass(outer: usize, at: usize) -> Stmt {
    call("pass", &[outer, at], Vec::new(), Span::mixed_site())
}

/// `__frame.METHOD(ROWS);`; the compiler's messages about it point to `span`.
///
/// Most insertions are such calls, so they are made as syntax: a token stream costs several calls into
/// the compiler.
///
/// PERF: 7,900 instructions of rustc less an event (docs/costs.md).
pub(super) fn call(method: &str, rows: &[usize], attrs: Vec<Attribute>, span: Span) -> Stmt {
    let mut frame = names::frame();
    frame.set_span(span);
    let receiver = Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path: frame.into() });
    let row = |at: &usize| Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Verbatim(row(*at)) });
    let call = ExprMethodCall {
        attrs,
        receiver: Box::new(receiver),
        dot_token: Token![.](span),
        method: Ident::new(method, span),
        turbofish: None,
        paren_token: token::Paren(span),
        args: rows.iter().map(row).collect(),
    };
    Stmt::Expr(Expr::MethodCall(call), Some(Token![;](span)))
}

/// The tokens as one statement, unless there are none.
pub(crate) fn statement(tokens: TokenStream) -> Option<Stmt> {
    (!tokens.is_empty()).then(|| Stmt::Expr(Expr::Verbatim(tokens), None))
}

pub(super) fn mark_done(depth: usize, attributes: &[Attribute]) -> Option<Stmt> {
    let scope = names::scope(depth);
    // Attributes on assignments are not stable, those on blocks are. Without the semicolon, the block
    // would be the tail of the block around it.
    statement(match attributes.is_empty() {
        true => quote!(#scope.done = true;),
        false => quote!(#(#attributes)* { #scope.done = true; };),
    })
}

/// The guard of the closing brace, with the event of the block's tail if it has one.
pub(super) fn closing_guard(
    close: usize,
    value: Option<usize>,
    attributes: &[Attribute],
) -> Option<Stmt> {
    let (end, frame, close) = (names::end(), names::frame(), row(close));
    statement(match value.map(row) {
        Some(value) => quote!(#(#attributes)* let #end = #frame.end_line(#close, #value);),
        None => quote!(#(#attributes)* let #end = #frame.end(#close);),
    })
}

pub(super) fn row(row: usize) -> Literal {
    Literal::usize_unsuffixed(row)
}
