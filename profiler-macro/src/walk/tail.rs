//! Values of blocks that are none: an expression without semicolon at the end of a block, of which
//! it is visible that it has no value. It can be treated as a statement, so that a `return` inside
//! of it is not taken for the end of the block.
//!
//! Not if it holds on to temporaries: before edition 2024 those of a value outlive the locals of its
//! block, those of a statement do not.

use super::macros::panics;
use syn::{BinOp, Block, Expr, ExprIf, Pat, Stmt, UnOp};

/// How many blocks deep an outcome is looked for. The walk asks again in each block, so without an end
/// to it time would grow with the square of the depth. A deeper block counts as a value, which is
/// always right, and costs a guard.
const DEPTH: usize = 16;

/// The visible outcome of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Control never comes out.
    Leaves,
    /// Not a value.
    Nothing,
    /// Maybe a value.
    Value,
}

pub(super) fn outcome(expr: &Expr) -> Outcome {
    look(expr, DEPTH)
}

fn look(expr: &Expr, depth: usize) -> Outcome {
    #[cfg(test)]
    LOOKS.set(LOOKS.get() + 1);
    let Some(depth) = depth.checked_sub(1) else { return Outcome::Value };
    let has_no_value = |expr: &Expr| look(expr, depth) != Outcome::Value;
    let is_nothing = match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => return Outcome::Leaves,
        Expr::Macro(expr) if panics(&expr.mac) => return Outcome::Leaves,
        Expr::Group(group) if look(&group.expr, depth) == Outcome::Leaves => {
            return Outcome::Leaves;
        }
        Expr::Unsafe(expr) => return end(&expr.block, depth),
        Expr::Block(expr) if expr.label.is_none() => return end(&expr.block, depth),
        Expr::While(_) => true,
        Expr::ForLoop(expr) => is_clean(&expr.expr),
        Expr::If(expr) => is_unit(expr, depth),
        Expr::Match(expr) => {
            is_place(&expr.expr) && expr.arms.iter().all(|arm| has_no_value(&arm.body))
        }
        _ => false,
    };
    if is_nothing { Outcome::Nothing } else { Outcome::Value }
}

#[cfg(test)]
thread_local! {
    /// How many expressions were looked at.
    pub(crate) static LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The outcome of a block at its end.
fn end(block: &Block, depth: usize) -> Outcome {
    match block.stmts.last() {
        Some(Stmt::Expr(last, semicolon)) => match look(last, depth) {
            Outcome::Value if semicolon.is_some() => Outcome::Nothing,
            outcome => outcome,
        },
        Some(Stmt::Macro(last)) if panics(&last.mac) => Outcome::Leaves,
        Some(Stmt::Macro(last)) if last.semi_token.is_none() => Outcome::Value,
        _ => Outcome::Nothing,
    }
}

fn is_statement(expr: &Expr) -> bool {
    outcome(expr) != Outcome::Value
}

/// Whether nothing is left to do in a statement once one of its blocks has ended: no value to use or
/// drop, no temporaries. The next line event follows at once, so its blocks need no guards.
/// `is_settled` says so of its value: it is `()`, or goes where it belongs as it is.
pub(super) fn ends_with_blocks(expr: &Expr, is_settled: bool) -> bool {
    match expr {
        Expr::If(expr) if is_settled => has_clean_conditions(expr),
        Expr::Match(expr) if is_settled => is_place(&expr.expr),
        Expr::Call(call) if is_settled && is_standard_variant(&call.func) => {
            call.args.iter().all(|value| ends_with_blocks(value, true))
        }
        Expr::Unsafe(_) => is_settled || is_statement(expr),
        Expr::Block(block) => block.label.is_none() && (is_settled || is_statement(expr)),
        Expr::If(_) | Expr::Match(_) => is_statement(expr),
        _ => false,
    }
}

/// Whether a declaration gives its value one name: nothing is taken apart, and nothing dropped.
pub(super) fn is_named(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(name) => name.subpat.is_none(),
        Pat::Type(pattern) => is_named(&pattern.pat),
        _ => false,
    }
}

/// Whether the value of a block may leave temporaries behind, which before edition 2024 outlive the
/// locals of the block. Those of a branch or an arm end with it.
pub(super) fn keeps_temporaries(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::If(last), None)) => !has_clean_conditions(last),
        Some(Stmt::Expr(Expr::Match(last), None)) => !is_place(&last.expr),
        Some(Stmt::Expr(Expr::Loop(_) | Expr::Closure(_) | Expr::Async(_), None)) => false,
        Some(Stmt::Expr(last, None)) => !(is_simple(last) || is_clean(last) || is_statement(last)),
        Some(Stmt::Macro(last)) => last.semi_token.is_none(),
        _ => false,
    }
}

/// Whether making a value takes no memory and leaves nothing behind.
pub(super) fn is_simple(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) => true,
        Expr::Tuple(expr) => expr.elems.iter().all(is_simple),
        Expr::Call(expr) => is_standard_variant(&expr.func) && expr.args.iter().all(is_simple),
        _ => false,
    }
}

fn is_standard_variant(function: &Expr) -> bool {
    let Expr::Path(function) = function else { return false };
    ["Ok", "Err", "Some"].iter().any(|name| function.path.is_ident(name))
}

fn has_clean_conditions(expr: &ExprIf) -> bool {
    links(expr).all(|link| is_clean_condition(&link.cond))
}

/// Without a last `else`, the branches are units, whatever they look like.
fn is_unit(expr: &ExprIf, depth: usize) -> bool {
    let has_no_value = |link: &ExprIf| end(&link.then_branch, depth) != Outcome::Value;
    let last = links(expr).last().and_then(|link| link.else_branch.as_ref());
    has_clean_conditions(expr)
        && last.is_none_or(|(_, last)| {
            look(last, depth) != Outcome::Value && links(expr).all(has_no_value)
        })
}

/// An `if` and those that follow an `else`.
fn links(expr: &ExprIf) -> impl Iterator<Item = &ExprIf> {
    std::iter::successors(Some(expr), |link| match &*link.else_branch.as_ref()?.1 {
        Expr::If(next) => Some(next),
        _ => None,
    })
}

/// A condition keeps only what it matches against.
fn is_clean_condition(condition: &Expr) -> bool {
    match condition {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
            is_clean_condition(&both.left) && is_clean_condition(&both.right)
        }
        Expr::Let(matched) => is_place(&matched.expr),
        _ => true,
    }
}

/// Whether nothing but the value itself is left of an expression.
fn is_clean(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Closure(_) => true,
        Expr::Binary(expr) => is_clean(&expr.left) && is_clean(&expr.right),
        Expr::Call(expr) => is_place(&expr.func) && expr.args.iter().all(is_clean),
        Expr::MethodCall(expr) => is_place(&expr.receiver) && expr.args.iter().all(is_clean),
        Expr::Range(expr) => {
            let mut ends = expr.start.iter().chain(&expr.end);
            ends.all(|end| is_clean(end))
        }
        expr => is_place(expr),
    }
}

/// Whether an expression names something that exists already, or borrows it.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(expr) => is_place(&expr.base),
        Expr::Group(expr) => is_place(&expr.expr),
        Expr::Paren(expr) => is_place(&expr.expr),
        Expr::Reference(expr) => is_place(&expr.expr),
        Expr::Unary(expr) => matches!(expr.op, UnOp::Deref(_)) && is_place(&expr.expr),
        _ => false,
    }
}
