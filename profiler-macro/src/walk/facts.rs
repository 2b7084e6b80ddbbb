//! What the plan needs to know about a block.

use super::Entered;
use super::heads;
use crate::names::is_condition;
use crate::plan::{BlockShape, Kind, Statement};
use crate::span::Rows;
use syn::{Attribute, Block, Expr, ExprBlock, Macro, Stmt};

pub(super) fn shape(block: &Block, entered: &Entered, current: usize, rows: &Rows) -> BlockShape {
    let braces = block.brace_token.span;
    let statement = |statement: &Stmt| Statement {
        kind: kind(statement),
        row: heads::statement(statement).filter(|_| !entered.synthetic).and_then(|at| rows.row(at)),
        conditional: heads::attributes(statement).iter().any(is_condition),
    };
    BlockShape {
        current,
        open: rows.row(braces.open()),
        close: rows.end_row(braces.close()),
        diverges: entered.diverges,
        statements: block.stmts.iter().map(statement).collect(),
    }
}

/// The `#[cfg]`s of each statement.
pub(super) fn conditions(block: &Block) -> Vec<Vec<Attribute>> {
    let conditions = |statement: &Stmt| {
        let attributes = heads::attributes(statement).iter();
        attributes.filter(|attribute| is_condition(attribute)).cloned().collect()
    };
    block.stmts.iter().map(conditions).collect()
}

/// Whether a statement of a block begins on `row`.
pub(super) fn runs_on(block: &Block, row: usize, rows: &Rows) -> bool {
    let mut running = block.stmts.iter().filter(|statement| kind(statement) != Kind::Silent);
    running.any(|statement| heads::statement(statement).and_then(|at| rows.row(at)) == Some(row))
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
        // A `let` that came through a macro's `$statement:stmt`.
        Stmt::Expr(Expr::Group(group), _) if matches!(*group.expr, Expr::Let(_)) => Kind::Local,
        Stmt::Expr(expr, _) if leaves(expr) => Kind::Leaving,
        Stmt::Macro(statement) if panics(&statement.mac) => Kind::Leaving,
        Stmt::Expr(_, None) => Kind::Value,
        Stmt::Macro(statement) if statement.semi_token.is_none() => Kind::Value,
        Stmt::Expr(..) | Stmt::Macro(_) => Kind::Plain,
    }
}

/// Whether control visibly never comes out of an expression.
fn leaves(expr: &Expr) -> bool {
    let last_leaves =
        |block: &Block| block.stmts.last().is_some_and(|last| kind(last) == Kind::Leaving);
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(expr) => panics(&expr.mac),
        Expr::Group(group) => leaves(&group.expr),
        Expr::Unsafe(expr) => last_leaves(&expr.block),
        Expr::Block(expr) if expr.label.is_none() => last_leaves(&expr.block),
        _ => false,
    }
}

fn panics(mac: &Macro) -> bool {
    let last = mac.path.segments.last();
    let panicking = ["panic", "unreachable", "todo", "unimplemented"];
    last.is_some_and(|segment| panicking.iter().any(|name| segment.ident == name))
}
