//! The statements that are inserted.

use crate::names::{self, Names};
use crate::rows::Rows;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, ExprLit, ExprMethodCall, ExprPath, Lit, LitStr, Stmt, Token, token};

/// The constants of one function table.
pub(crate) struct Table<'a> {
    pub(crate) name: Option<&'a LitStr>,
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) source: String,
}

/// `static __MEM_PROFILE: Table = …;`
///
/// The compiler evaluates it once per function, and each further part would be felt. So all is in one
/// text, which the runtime reads: the first line, how many lines, what the first row has, how many
/// bytes the name has, the file, and from the second line on the name and the source.
pub(crate) fn table(Names { runtime }: &Names, table: &Table) -> TokenStream {
    let Table { name, rows, source } = table;
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

/// `let __frame = …;` of a closure that begins in `at`.
pub(crate) fn enter_closure(at: usize) -> TokenStream {
    let (frame, table, at) = (names::frame(), names::table(), row(at));
    quote!(let #frame = #table.enter_closure(#at);)
}

/// The guard of a nested block, after which the row `outer` is current again, with the first line
/// event of the block if there is one.
pub(crate) fn scope(depth: usize, outer: usize, first: Option<usize>) -> TokenStream {
    let (scope, frame, outer) = (names::scope(depth), names::frame(), row(outer));
    match first.map(row) {
        Some(first) => quote!(let mut #scope = #frame.scope_line(#outer, #first);),
        None => quote!(let mut #scope = #frame.scope(#outer);),
    }
}

/// One more round of the loop whose header is on the row `header`.
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

/// The line of the row `at` runs within that of `outer`, with nothing to book.
pub(crate) fn pass(outer: usize, at: usize) -> Stmt {
    call("pass", &[outer, at], Vec::new(), Span::mixed_site())
}

/// `__frame.METHOD(ROWS);`, for the compiler's messages at `place`.
///
/// These are most of what is inserted. As syntax and not as tokens: to put these together, the compiler
/// would be called several times for each.
pub(super) fn call(method: &str, rows: &[usize], attrs: Vec<Attribute>, place: Span) -> Stmt {
    let mut frame = names::frame();
    frame.set_span(place);
    let receiver = Expr::Path(ExprPath { attrs: Vec::new(), qself: None, path: frame.into() });
    let row = |at: &usize| Expr::Lit(ExprLit { attrs: Vec::new(), lit: Lit::Verbatim(row(*at)) });
    let call = ExprMethodCall {
        attrs,
        receiver: Box::new(receiver),
        dot_token: Token![.](place),
        method: Ident::new(method, place),
        turbofish: None,
        paren_token: token::Paren(place),
        args: rows.iter().map(row).collect(),
    };
    Stmt::Expr(Expr::MethodCall(call), Some(Token![;](place)))
}

/// Inserted statements, unless there are none.
pub(crate) fn statement(tokens: TokenStream) -> Option<Stmt> {
    (!tokens.is_empty()).then(|| Stmt::Expr(Expr::Verbatim(tokens), None))
}

pub(super) fn done(depth: usize, attributes: &[Attribute]) -> Option<Stmt> {
    let scope = names::scope(depth);
    // The attributes of an assignment are not stable, those of a block are. Without the semicolon it
    // would be the value of the block that it closes.
    statement(match attributes.is_empty() {
        true => quote!(#scope.done = true;),
        false => quote!(#(#attributes)* { #scope.done = true; };),
    })
}

/// The guard of the closing brace, with the event of the block's value if it has one.
pub(super) fn end(close: usize, value: Option<usize>, attributes: &[Attribute]) -> Option<Stmt> {
    let (end, frame, close) = (names::end(), names::frame(), row(close));
    statement(match value.map(row) {
        Some(value) => quote!(#(#attributes)* let #end = #frame.end_line(#close, #value);),
        None => quote!(#(#attributes)* let #end = #frame.end(#close);),
    })
}

pub(super) fn row(row: usize) -> Literal {
    Literal::usize_unsuffixed(row)
}
