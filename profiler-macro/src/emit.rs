//! The statements that are inserted, and inserting them. Nothing here decides anything.
//!
//! The form of the statements is chosen by what it costs to compile, which is more than what it
//! costs to run. A table is a literal in which nothing changes: a constant, an item that gives the
//! function's path, and one text with everything else, which the first call reads. A guard and the
//! event behind it are one call. Statements are built as syntax, since each stream of tokens is
//! several calls into the compiler.

use crate::lints;
use crate::names::{self, Names};
use crate::plan::BlockPlan;
use crate::span::Rows;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Block, Expr, ExprBlock, ExprIf, ExprLit, ExprMethodCall, ExprPath, Lit, LitStr,
    Stmt, Token, token,
};

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
fn resume(outer: usize) -> Stmt {
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
fn call(method: &str, rows: &[usize], attrs: Vec<Attribute>, place: Span) -> Stmt {
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

/// How a nested block gives the row back that was current before it.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// Its guard of this depth is told that the block is done.
    Done(usize),
    /// A statement makes this row current again.
    Resume(usize),
}

/// Everything that goes into one block beside its statements.
pub(crate) struct Insertions {
    pub(crate) plan: BlockPlan,
    pub(crate) opening: TokenStream,
    pub(crate) scope: Option<Scope>,
    /// For each statement: its `#[cfg]`s and `#[allow]`s.
    pub(crate) attributes: Vec<Vec<Attribute>>,
    /// For each statement: where it begins, unless it may be the block's value.
    pub(crate) places: Vec<Option<Span>>,
    /// For each statement: the depths of the guards that it leaves by a jump.
    pub(crate) left: Vec<Vec<usize>>,
}

/// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
pub(crate) fn splice(block: &mut Block, mut insertions: Insertions) {
    let users = std::mem::take(&mut block.stmts);
    let count = users.len();
    block.stmts.reserve(2 * count + 2);
    for (index, user) in users.into_iter().enumerate() {
        before(index, &mut insertions, &mut block.stmts);
        block.stmts.push(user);
    }
    before(count, &mut insertions, &mut block.stmts);
}

/// Adds what stands before the statement `index`, or at the end of the block.
fn before(index: usize, insertions: &mut Insertions, statements: &mut Vec<Stmt>) {
    let Insertions { plan, opening, scope, attributes, places, left } = insertions;
    if index == plan.opening {
        statements.extend(statement(std::mem::take(opening)));
    }
    let lints = || Vec::from_iter((index > plan.opening).then(|| lints::allow("unreachable_code")));
    let exit = plan.exit.as_ref().filter(|exit| exit.at.max(plan.opening) == index);
    let mut next = plan.events.get(index).copied().flatten();
    let mut resumed = None;
    if let Some(exit) = exit {
        match *scope {
            Some(Scope::Done(depth)) => statements.extend(done(depth, &lints())),
            Some(Scope::Resume(outer)) => resumed = Some(outer),
            None => {}
        }
        if let Some(close) = exit.end.filter(|end| end.guarded) {
            // One call for both, unless the event goes with a `#[cfg]` of its statement.
            let value = next.take_if(|_| attributes[index].is_empty());
            statements.extend(end(close.row, value, &lints()));
        }
    }
    if let Some(attributes) = attributes.get_mut(index) {
        if let (Some(outer), Some(at)) = (resumed, next)
            && attributes.is_empty()
        {
            statements.push(allowing(lints(), pass(outer, at)));
            return;
        }
        let jumps = left[index].iter().flat_map(|depth| {
            let attributes = attributes.iter().cloned().chain(lints());
            done(*depth, &Vec::from_iter(attributes))
        });
        let jumps = Vec::from_iter(jumps);
        statements.extend(next.map(|at| {
            let mut attributes = std::mem::take(attributes);
            // Where it is dead code, so is the statement: the compiler says so once, of the first of
            // the two, and is to say it at the user's.
            let place = places[index].map(|place| Span::mixed_site().located_at(place));
            if place.is_none() {
                attributes.extend(lints());
            }
            call("line", &[at], attributes, place.unwrap_or_else(Span::mixed_site))
        }));
        statements.extend(jumps);
    }
    let close = exit.and_then(|exit| exit.end).filter(|end| !end.guarded).map(|end| line(end.row));
    let last = close.or_else(|| resumed.map(resume));
    statements.extend(last.map(|last| allowing(lints(), last)));
}

/// The call with these attributes.
fn allowing(lints: Vec<Attribute>, mut statement: Stmt) -> Stmt {
    if let Stmt::Expr(Expr::MethodCall(call), _) = &mut statement {
        call.attrs = lints;
    }
    statement
}

/// Inserted statements, unless there are none.
pub(crate) fn statement(tokens: TokenStream) -> Option<Stmt> {
    (!tokens.is_empty()).then(|| Stmt::Expr(Expr::Verbatim(tokens), None))
}

/// Puts a block around an expression: `expr` becomes `{ expr }`.
///
/// Its braces are not the user's. Lints leave it alone, and the edition that they carry makes no
/// difference where this is used, around a match arm, a closure's body or a jump: what such an
/// expression leaves behind is dropped at its own end in all editions.
pub(crate) fn wrap(expr: &mut Expr) -> &mut Block {
    let inner = std::mem::replace(expr, Expr::PLACEHOLDER);
    let brace_token = token::Brace(Span::mixed_site());
    let block = Block { brace_token, stmts: vec![Stmt::Expr(inner, None)] };
    *expr = Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block });
    match expr {
        Expr::Block(expr) => &mut expr.block,
        _ => unreachable!("it was assigned above"),
    }
}

/// `{ BODY }` becomes `{ { OPENING { BODY } } }`, unless there is nothing to open.
///
/// The braces in the middle are not the user's and carry the edition of this crate, 2024: what the
/// value of the body leaves behind is dropped before what was opened, in all editions. The user's
/// stand outside as well, where they tell the extent of the function, and inside, for the locals. A
/// value alone needs none inside, and lints would say so: also of one that is `alone` where no
/// `#[cfg]` holds, which is why something stands beside it.
pub(crate) fn enclose(block: &mut Block, opening: TokenStream, alone: bool) {
    let Some(opening) = statement(opening) else { return };
    let mut stmts = std::mem::take(&mut block.stmts);
    if stmts.len() > 1 {
        if alone {
            stmts.splice(..0, statement(quote! { const _: () = (); }));
        }
        stmts = vec![nested(block.brace_token, stmts)];
    }
    stmts.insert(0, opening);
    let own = Span::mixed_site().located_at(block.brace_token.span.join());
    block.stmts.push(nested(token::Brace(own), stmts));
}

/// A block that is the value of another one.
fn nested(brace_token: token::Brace, stmts: Vec<Stmt>) -> Stmt {
    let block = Block { brace_token, stmts };
    Stmt::Expr(Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block }), None)
}

/// `if c {}` becomes `if { EVENT; false } { loop {} } else if c {}`.
pub(crate) fn link(at: usize, branch: &mut Expr) {
    let site = Span::mixed_site();
    let line = line(at);
    let never = quote!(loop {});
    let rest = std::mem::replace(branch, Expr::PLACEHOLDER);
    *branch = Expr::If(ExprIf {
        attrs: Vec::new(),
        if_token: token::If(site),
        cond: Box::new(Expr::Verbatim(quote!({ #line false }))),
        then_branch: Block {
            brace_token: token::Brace(site),
            stmts: Vec::from_iter(statement(never)),
        },
        else_branch: Some((token::Else(site), Box::new(rest))),
    });
}

fn done(depth: usize, attributes: &[Attribute]) -> Option<Stmt> {
    let scope = names::scope(depth);
    // The attributes of an assignment are not stable, those of a block are. Without the semicolon it
    // would be the value of the block that it closes.
    statement(match attributes.is_empty() {
        true => quote!(#scope.done = true;),
        false => quote!(#(#attributes)* { #scope.done = true; };),
    })
}

/// The guard of the closing brace, with the event of the block's value if it has one.
fn end(close: usize, value: Option<usize>, attributes: &[Attribute]) -> Option<Stmt> {
    let (end, frame, close) = (names::end(), names::frame(), row(close));
    statement(match value.map(row) {
        Some(value) => quote!(#(#attributes)* let #end = #frame.end_line(#close, #value);),
        None => quote!(#(#attributes)* let #end = #frame.end(#close);),
    })
}

pub(crate) fn row(row: usize) -> Literal {
    Literal::usize_unsuffixed(row)
}
