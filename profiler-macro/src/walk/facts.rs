//! What the plan needs to know about a block.

use super::heads;
use super::macros::{NO_DECLARATIONS, is_any_of, panics};
use super::opening::Entered;
use super::tail::{self, Outcome};
use crate::items::is;
use crate::names::is_condition;
use crate::plan::{BlockShape, Kind, Statement};
use crate::rows::Rows;
use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Block, Expr, ExprBlock, Stmt};

pub(super) fn shape(block: &Block, entered: &Entered, current: usize, rows: &Rows) -> BlockShape {
    let braces = block.brace_token.span;
    let statement = |statement: &Stmt| Statement {
        kind: kind(statement),
        row: row_of(statement, rows).filter(|_| !entered.synthetic),
        conditional: is_conditional(statement),
        declares: may_declare(statement),
    };
    BlockShape {
        current,
        open: rows.row(braces.open()),
        close: rows.end_row(braces.close()),
        diverges: entered.diverges,
        statements: block.stmts.iter().map(statement).collect(),
    }
}

/// What the event of each statement has to share with it: whether it is compiled, and `#[allow]`.
pub(super) fn attributes(block: &Block) -> Vec<Vec<Attribute>> {
    let is_shared =
        |attribute: &&Attribute| is_condition(attribute) || attribute.path().is_ident("allow");
    let shared =
        |statement: &Stmt| heads::attributes(statement).iter().filter(is_shared).cloned().collect();
    block.stmts.iter().map(shared).collect()
}

/// Whether the value is all that the block has where no `#[cfg]` in it holds.
pub(super) fn may_be_alone(block: &Block) -> bool {
    block.stmts.split_last().is_some_and(|(_, others)| others.iter().all(is_conditional))
}

fn is_conditional(statement: &Stmt) -> bool {
    heads::attributes(statement).iter().any(is_condition)
}

/// Where each statement begins, unless it may be the value of the block.
pub(super) fn places(block: &Block) -> Vec<Option<Span>> {
    let is_statement = |statement: &Stmt| match statement {
        Stmt::Expr(_, semicolon) => semicolon.is_some(),
        Stmt::Macro(statement) => statement.semi_token.is_some(),
        Stmt::Local(_) | Stmt::Item(_) => true,
    };
    let last = block.stmts.len().saturating_sub(1);
    let place = |(index, statement)| {
        heads::statement(statement).filter(|_| index < last || is_statement(statement))
    };
    block.stmts.iter().enumerate().map(place).collect()
}

/// Whether a statement of a block begins on `row`.
pub(super) fn runs_on(block: &Block, row: usize, rows: &Rows) -> bool {
    running(block).any(|statement| row_of(statement, rows) == Some(row))
}

/// Whether another macro has put statements above the first one with a row.
pub(super) fn runs_above(body: &Block, rows: &Rows) -> bool {
    let moves = |it: &&Stmt| row_of(it, rows).is_some() && !is_conditional(it);
    let mut before = running(body).take_while(|statement| !moves(statement));
    before.any(|statement| row_of(statement, rows).is_none())
}

fn running(block: &Block) -> impl Iterator<Item = &Stmt> {
    block.stmts.iter().filter(|statement| kind(statement) != Kind::Silent)
}

fn row_of(statement: &Stmt, rows: &Rows) -> Option<usize> {
    heads::statement(statement).and_then(|at| rows.row(at))
}

/// Whether a block is nothing but braces, so that statements can go into it.
pub(super) fn is_plain(block: &ExprBlock) -> bool {
    block.attrs.is_empty() && block.label.is_none()
}

fn kind(statement: &Stmt) -> Kind {
    match statement {
        Stmt::Item(_) => Kind::Silent,
        Stmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty() => Kind::Silent,
        Stmt::Local(_) => Kind::Local,
        // Tokens that cannot be parsed, up to a semicolon.
        Stmt::Expr(Expr::Verbatim(tokens), None) if ends_in_semicolon(tokens) => Kind::Local,
        // A `let` that came through a macro's `$statement:stmt`.
        Stmt::Expr(Expr::Group(group), _) if matches!(*group.expr, Expr::Let(_)) => Kind::Local,
        Stmt::Macro(statement) if panics(&statement.mac) => Kind::Leaving,
        Stmt::Expr(expr, semicolon) => match tail::outcome(expr) {
            Outcome::Leaves => Kind::Leaving,
            Outcome::Value if semicolon.is_some() => Kind::Plain,
            Outcome::Value if tail::is_simple(expr) => Kind::Simple,
            Outcome::Value => Kind::Value,
            Outcome::Nothing => Kind::Plain,
        },
        Stmt::Macro(statement) if statement.semi_token.is_none() => Kind::Value,
        Stmt::Macro(_) => Kind::Plain,
    }
}

fn ends_in_semicolon(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().last().is_some_and(|last| is(&last, ';'))
}

/// A macro may leave a variable behind, as `pin!(future)` of tokio does.
fn may_declare(statement: &Stmt) -> bool {
    match statement {
        Stmt::Macro(statement) => !is_any_of(&statement.mac, &NO_DECLARATIONS),
        statement => kind(statement) == Kind::Local,
    }
}
