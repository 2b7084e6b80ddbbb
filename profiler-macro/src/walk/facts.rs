//! The facts about a block that the plan is made from.

use super::heads;
use super::macros::{NO_DECLARATIONS, is_any_of, panics};
use super::opening::BlockEntry;
use super::tail::{self, Outcome};
use crate::items::is_punct;
use crate::names::is_cfg;
use crate::plan::{BlockShape, Statement, StatementKind};
use crate::rows::Rows;
use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Block, Expr, ExprBlock, Stmt};

pub(super) fn shape(block: &Block, entry: &BlockEntry, current: usize, rows: &Rows) -> BlockShape {
    let braces = block.brace_token.span;
    let statement = |statement: &Stmt| Statement {
        kind: kind(statement),
        row: row_of(statement, rows).filter(|_| !entry.synthetic),
        conditional: is_conditional(statement),
        declares: may_declare(statement),
    };
    BlockShape {
        current,
        open: rows.row(braces.open()),
        close: rows.end_row(braces.close()),
        diverges: entry.diverges,
        statements: block.stmts.iter().map(statement).collect(),
    }
}

/// The attributes that the event of each statement shares with it: `#[cfg]` and `#[allow]`.
pub(super) fn attributes(block: &Block) -> Vec<Vec<Attribute>> {
    let is_shared =
        |attribute: &&Attribute| is_cfg(attribute) || attribute.path().is_ident("allow");
    let shared =
        |statement: &Stmt| heads::attributes(statement).iter().filter(is_shared).cloned().collect();
    block.stmts.iter().map(shared).collect()
}

/// Whether the tail is alone in the block where none of its `#[cfg]`s holds.
pub(super) fn may_be_alone(block: &Block) -> bool {
    block.stmts.split_last().is_some_and(|(_, others)| others.iter().all(is_conditional))
}

fn is_conditional(statement: &Stmt) -> bool {
    heads::attributes(statement).iter().any(is_cfg)
}

/// Where each statement begins, unless it may be the tail of the block.
pub(super) fn starts(block: &Block) -> Vec<Option<Span>> {
    let is_statement = |statement: &Stmt| match statement {
        Stmt::Expr(_, semicolon) => semicolon.is_some(),
        Stmt::Macro(statement) => statement.semi_token.is_some(),
        Stmt::Local(_) | Stmt::Item(_) => true,
    };
    let last = block.stmts.len().saturating_sub(1);
    let start = |(index, statement)| {
        heads::statement(statement).filter(|_| index < last || is_statement(statement))
    };
    block.stmts.iter().enumerate().map(start).collect()
}

/// Whether a statement of a block begins on `row`.
pub(super) fn runs_on(block: &Block, row: usize, rows: &Rows) -> bool {
    running(block).any(|statement| row_of(statement, rows) == Some(row))
}

/// Whether another macro has inserted statements before the first one with a row.
pub(super) fn runs_above(body: &Block, rows: &Rows) -> bool {
    let has_row = |it: &&Stmt| row_of(it, rows).is_some() && !is_conditional(it);
    let mut before = running(body).take_while(|statement| !has_row(statement));
    before.any(|statement| row_of(statement, rows).is_none())
}

fn running(block: &Block) -> impl Iterator<Item = &Stmt> {
    block.stmts.iter().filter(|statement| kind(statement) != StatementKind::Inert)
}

fn row_of(statement: &Stmt, rows: &Rows) -> Option<usize> {
    heads::statement(statement).and_then(|at| rows.row(at))
}

/// Whether a block has neither a label nor attributes, so that statements can be inserted into it.
pub(super) fn is_plain(block: &ExprBlock) -> bool {
    block.attrs.is_empty() && block.label.is_none()
}

fn kind(statement: &Stmt) -> StatementKind {
    match statement {
        Stmt::Item(_) => StatementKind::Inert,
        Stmt::Expr(Expr::Verbatim(tokens), _) if tokens.is_empty() => StatementKind::Inert,
        Stmt::Local(_) => StatementKind::Local,
        // Tokens that cannot be parsed, up to a semicolon.
        Stmt::Expr(Expr::Verbatim(tokens), None) if ends_in_semicolon(tokens) => {
            StatementKind::Local
        }
        // A `let` that came through a macro's `$statement:stmt`.
        Stmt::Expr(Expr::Group(group), _) if matches!(*group.expr, Expr::Let(_)) => {
            StatementKind::Local
        }
        Stmt::Macro(statement) if panics(&statement.mac) => StatementKind::Diverging,
        Stmt::Expr(expr, semicolon) => match tail::outcome(expr) {
            Outcome::Diverges => StatementKind::Diverging,
            Outcome::MaybeValue if semicolon.is_some() => StatementKind::Expression,
            Outcome::MaybeValue if tail::is_simple(expr) => StatementKind::SimpleTail,
            Outcome::MaybeValue => StatementKind::Tail,
            Outcome::Unit => StatementKind::Expression,
        },
        Stmt::Macro(statement) if statement.semi_token.is_none() => StatementKind::Tail,
        Stmt::Macro(_) => StatementKind::Expression,
    }
}

fn ends_in_semicolon(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().last().is_some_and(|last| is_punct(&last, ';'))
}

/// Whether a statement may declare a local, as `pin!(future)` of tokio does.
fn may_declare(statement: &Stmt) -> bool {
    match statement {
        Stmt::Macro(statement) => !is_any_of(&statement.mac, &NO_DECLARATIONS),
        statement => kind(statement) == StatementKind::Local,
    }
}
