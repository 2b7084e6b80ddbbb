//! The statements that are inserted, and inserting them. Nothing here decides anything.

use crate::names::{self, Names};
use crate::plan::BlockPlan;
use crate::span::Rows;
use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Block, Expr, LitStr, Stmt, token};

/// The constants of one function table.
pub(crate) struct Table<'a> {
    pub(crate) name: Option<&'a LitStr>,
    pub(crate) ident: String,
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) source: String,
    pub(crate) first_row_runs: bool,
}

/// `static __MEM_PROFILE: Table = …;`
pub(crate) fn table(Names { runtime }: &Names, table: &Table) -> TokenStream {
    let Table { name, ident, rows, source, first_row_runs } = table;
    let name = match name {
        Some(name) => quote!(::core::option::Option::Some(#name)),
        None => quote!(::core::option::Option::None),
    };
    let file = &rows.file;
    let first_line = row(rows.first_line);
    let count = row(rows.count());
    let table = names::table();
    quote! {
        static #table: #runtime::Table = #runtime::Table::new(#runtime::Function {
            name: #name,
            path: {
                fn __path() -> &'static str { #runtime::path_of(&__path) }
                __path
            },
            module: ::core::module_path!(),
            ident: #ident,
            file: #file,
            first_line: #first_line,
            rows: #count,
            source: #source,
            first_row_runs: #first_row_runs,
            start: #runtime::start,
        });
    }
}

/// `let __frame = …;` of a function.
pub(crate) fn enter() -> TokenStream {
    let (frame, table) = (names::frame(), names::table());
    quote!(let #frame = #table.enter();)
}

/// `let __frame = …;` of a closure that begins in `at`.
pub(crate) fn enter_closure(at: usize) -> TokenStream {
    let (frame, table, at) = (names::frame(), names::table(), row(at));
    quote!(let #frame = #table.enter_closure(#at);)
}

/// What a nested block begins with.
#[derive(Default)]
pub(crate) struct Nested {
    /// The block's guard: its depth, and the row that is current again after the block.
    pub(crate) scope: Option<(usize, usize)>,
    /// The header of the loop whose body this is.
    pub(crate) iteration: Option<usize>,
    /// The line of the match arm or `else if` that led here.
    pub(crate) entry: Option<usize>,
}

pub(crate) fn nested(Nested { scope, iteration, entry }: &Nested) -> TokenStream {
    let frame = names::frame();
    let scope = scope.map(|(depth, outer)| {
        let (scope, outer) = (names::scope(depth), row(outer));
        quote!(let #scope = #frame.scope(#outer);)
    });
    let iteration = iteration.map(|header| {
        let header = row(header);
        quote!(#frame.iteration(#header);)
    });
    let entry = entry.map(|entry| line(entry, &TokenStream::new()));
    quote!(#scope #iteration #entry)
}

/// Everything that goes into one block beside its statements.
pub(crate) struct Insertions<'a> {
    pub(crate) plan: &'a BlockPlan,
    pub(crate) opening: TokenStream,
    /// The depth of the block's own guard, where it has one.
    pub(crate) scope: Option<usize>,
    /// For each statement: its `#[cfg]`s.
    pub(crate) conditions: Vec<Vec<Attribute>>,
    /// For each statement: the depths of the guards that it leaves by a jump.
    pub(crate) left: Vec<Vec<usize>>,
}

/// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
pub(crate) fn splice(block: &mut Block, insertions: &Insertions) {
    let users = std::mem::take(&mut block.stmts);
    let count = users.len();
    for (index, user) in users.into_iter().enumerate() {
        block.stmts.extend(statement(before(index, insertions)));
        block.stmts.push(user);
    }
    block.stmts.extend(statement(before(count, insertions)));
}

/// What stands before the statement `index`, or at the end of the block.
fn before(index: usize, insertions: &Insertions) -> TokenStream {
    let Insertions { plan, opening, scope, conditions, left } = insertions;
    let mut tokens = TokenStream::new();
    if index == plan.opening {
        tokens.extend(opening.clone());
    }
    let lints = (index > plan.opening).then(|| quote!(#[allow(unreachable_code)]));
    let exit = plan.exit.as_ref().filter(|exit| exit.at.max(plan.opening) == index);
    if let Some(exit) = exit {
        tokens.extend(scope.map(|depth| done(depth, &lints)));
        tokens.extend(exit.end.map(|close| end(close, &lints)));
    }
    if index < conditions.len() {
        let conditions = &conditions[index];
        let attributes = quote!(#(#conditions)* #lints);
        tokens.extend(plan.events[index].map(|at| line(at, &attributes)));
        tokens.extend(left[index].iter().map(|depth| done(*depth, &attributes)));
    }
    tokens
}

/// Inserted statements, unless there are none.
pub(crate) fn statement(tokens: TokenStream) -> Option<Stmt> {
    (!tokens.is_empty()).then(|| Stmt::Expr(Expr::Verbatim(tokens), None))
}

/// Braces of the edition of `user`, a token that the user has written: the edition decides when
/// the temporaries of a block's value are dropped.
pub(crate) fn braced(user: Span, stmts: Vec<Stmt>) -> Block {
    Block { brace_token: token::Brace(user), stmts }
}

fn line(at: usize, attributes: &impl ToTokens) -> TokenStream {
    let (frame, at) = (names::frame(), row(at));
    quote!(#attributes #frame.line(#at);)
}

fn done(depth: usize, attributes: &impl ToTokens) -> TokenStream {
    let scope = names::scope(depth);
    quote!(#attributes #scope.done();)
}

fn end(close: usize, attributes: &impl ToTokens) -> TokenStream {
    let (end, frame, close) = (names::end(), names::frame(), row(close));
    quote!(#attributes let #end = #frame.end(#close);)
}

pub(crate) fn row(row: usize) -> Literal {
    Literal::usize_unsuffixed(row)
}
