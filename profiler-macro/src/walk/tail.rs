//! Tail expressions that are really statements: no semicolon, but visibly of type `()`. Treated as a
//! statement, such an expression may contain a `return` that is not the end of the block.
//!
//! A tail that keeps temporaries is never one of them: before edition 2024, the temporaries of a tail
//! outlive the locals of its block, and those of a statement do not.

use super::macros::panics;
use syn::{BinOp, Block, Expr, ExprIf, Pat, Stmt, UnOp};

/// How many blocks deep an outcome is looked for. A block that is nested more deeply counts as a value,
/// which is always correct, and costs a guard.
///
/// PERF: the walk asks again in each block. In 200 nested blocks it examines 60,906 → 9,846 expressions
/// (tests/deep.rs), and time stays linear in the depth.
const MAX_DEPTH: usize = 16;

/// The visible result of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing: control never comes out.
    Diverges,
    /// `()`.
    Unit,
    /// A value, as far as can be seen.
    MaybeValue,
}

pub(super) fn outcome(expr: &Expr) -> Outcome {
    outcome_within(expr, MAX_DEPTH)
}

fn outcome_within(expr: &Expr, depth: usize) -> Outcome {
    #[cfg(test)]
    EXAMINED.set(EXAMINED.get() + 1);
    let Some(depth) = depth.checked_sub(1) else { return Outcome::MaybeValue };
    let is_valueless = |expr: &Expr| outcome_within(expr, depth) != Outcome::MaybeValue;
    let is_unit = match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => return Outcome::Diverges,
        Expr::Macro(expr) if panics(&expr.mac) => return Outcome::Diverges,
        Expr::Group(group) if outcome_within(&group.expr, depth) == Outcome::Diverges => {
            return Outcome::Diverges;
        }
        Expr::Unsafe(expr) => return block_outcome(&expr.block, depth),
        Expr::Block(expr) if expr.label.is_none() => return block_outcome(&expr.block, depth),
        Expr::While(_) => true,
        Expr::ForLoop(expr) => keeps_nothing(&expr.expr),
        Expr::If(expr) => is_unit_if(expr, depth),
        Expr::Match(expr) => {
            is_place_expression(&expr.expr) && expr.arms.iter().all(|arm| is_valueless(&arm.body))
        }
        _ => false,
    };
    if is_unit { Outcome::Unit } else { Outcome::MaybeValue }
}

#[cfg(test)]
thread_local! {
    /// The number of expressions that were examined.
    pub(crate) static EXAMINED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The outcome of a block.
fn block_outcome(block: &Block, depth: usize) -> Outcome {
    match block.stmts.last() {
        Some(Stmt::Expr(last, semicolon)) => match outcome_within(last, depth) {
            Outcome::MaybeValue if semicolon.is_some() => Outcome::Unit,
            outcome => outcome,
        },
        Some(Stmt::Macro(last)) if panics(&last.mac) => Outcome::Diverges,
        Some(Stmt::Macro(last)) if last.semi_token.is_none() => Outcome::MaybeValue,
        _ => Outcome::Unit,
    }
}

fn has_no_value(expr: &Expr) -> bool {
    outcome(expr) != Outcome::MaybeValue
}

/// Whether a statement ends together with its blocks: afterwards there is no value to use or drop, and
/// no temporary. The next line event follows at once, so the blocks need no guards. With
/// `value_is_final`, the statement's value is `()` or moves to its destination unchanged.
pub(super) fn ends_with_its_blocks(expr: &Expr, value_is_final: bool) -> bool {
    match expr {
        Expr::If(expr) if value_is_final => conditions_keep_nothing(expr),
        Expr::Match(expr) if value_is_final => is_place_expression(&expr.expr),
        Expr::Call(call) if value_is_final && is_standard_variant(&call.func) => {
            call.args.iter().all(|value| ends_with_its_blocks(value, true))
        }
        Expr::Unsafe(_) => value_is_final || has_no_value(expr),
        Expr::Block(block) => block.label.is_none() && (value_is_final || has_no_value(expr)),
        Expr::If(_) | Expr::Match(_) => has_no_value(expr),
        _ => false,
    }
}

/// Whether a declaration binds its whole value to one name: no part of it is dropped.
pub(super) fn is_named(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(name) => name.subpat.is_none(),
        Pat::Type(pattern) => is_named(&pattern.pat),
        _ => false,
    }
}

/// Whether the tail of a block may leave temporaries behind, which before edition 2024 outlive the
/// locals of the block. Those of a branch or an arm end with it.
pub(super) fn keeps_temporaries(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::If(last), None)) => !conditions_keep_nothing(last),
        Some(Stmt::Expr(Expr::Match(last), None)) => !is_place_expression(&last.expr),
        Some(Stmt::Expr(Expr::Loop(_) | Expr::Closure(_) | Expr::Async(_), None)) => false,
        Some(Stmt::Expr(last, None)) => {
            !(is_simple(last) || keeps_nothing(last) || has_no_value(last))
        }
        Some(Stmt::Macro(last)) => last.semi_token.is_none(),
        _ => false,
    }
}

/// Whether evaluating an expression has no memory effect and leaves no temporary.
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

fn conditions_keep_nothing(expr: &ExprIf) -> bool {
    links(expr).all(|link| condition_keeps_nothing(&link.cond))
}

/// Without a last `else`, all branches are of type `()`.
fn is_unit_if(expr: &ExprIf, depth: usize) -> bool {
    let is_valueless =
        |link: &ExprIf| block_outcome(&link.then_branch, depth) != Outcome::MaybeValue;
    let last = links(expr).last().and_then(|link| link.else_branch.as_ref());
    conditions_keep_nothing(expr)
        && last.is_none_or(|(_, last)| {
            outcome_within(last, depth) != Outcome::MaybeValue && links(expr).all(is_valueless)
        })
}

/// An `if`, and those that follow its `else`.
fn links(expr: &ExprIf) -> impl Iterator<Item = &ExprIf> {
    std::iter::successors(Some(expr), |link| match &*link.else_branch.as_ref()?.1 {
        Expr::If(next) => Some(next),
        _ => None,
    })
}

/// A condition keeps only the temporaries of the values that it matches.
fn condition_keeps_nothing(condition: &Expr) -> bool {
    match condition {
        Expr::Binary(both) if matches!(both.op, BinOp::And(_)) => {
            condition_keeps_nothing(&both.left) && condition_keeps_nothing(&both.right)
        }
        Expr::Let(matched) => is_place_expression(&matched.expr),
        _ => true,
    }
}

/// Whether an expression leaves no temporaries behind.
fn keeps_nothing(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Closure(_) => true,
        Expr::Binary(expr) => keeps_nothing(&expr.left) && keeps_nothing(&expr.right),
        Expr::Call(expr) => is_place_expression(&expr.func) && expr.args.iter().all(keeps_nothing),
        Expr::MethodCall(expr) => {
            is_place_expression(&expr.receiver) && expr.args.iter().all(keeps_nothing)
        }
        Expr::Range(expr) => {
            let mut ends = expr.start.iter().chain(&expr.end);
            ends.all(|end| keeps_nothing(end))
        }
        expr => is_place_expression(expr),
    }
}

/// Whether an expression names something that exists already, or borrows it.
fn is_place_expression(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(expr) => is_place_expression(&expr.base),
        Expr::Group(expr) => is_place_expression(&expr.expr),
        Expr::Paren(expr) => is_place_expression(&expr.expr),
        Expr::Reference(expr) => is_place_expression(&expr.expr),
        Expr::Unary(expr) => matches!(expr.op, UnOp::Deref(_)) && is_place_expression(&expr.expr),
        _ => false,
    }
}
