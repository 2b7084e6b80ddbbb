//! Values of blocks that are none: an expression without semicolon at the end of a block, of which
//! it is visible that it has no value. It can be treated as a statement, so that a `return` inside
//! of it is not taken for the end of the block.
//!
//! Not if it holds on to temporaries: before edition 2024 those of a value outlive the locals of its
//! block, those of a statement do not.

use super::facts::leaves;
use syn::{BinOp, Block, Expr, ExprIf, Pat, Stmt, UnOp};

pub(super) fn is_statement(expr: &Expr) -> bool {
    match expr {
        Expr::While(_) => true,
        Expr::ForLoop(expr) => is_clean(&expr.expr),
        Expr::If(expr) => is_unit(expr),
        Expr::Match(expr) => {
            is_place(&expr.expr) && expr.arms.iter().all(|arm| has_no_value(&arm.body))
        }
        Expr::Unsafe(expr) => ends_without_value(&expr.block),
        Expr::Block(expr) => expr.label.is_none() && ends_without_value(&expr.block),
        _ => false,
    }
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
        Some(Stmt::Expr(last, None)) => {
            !(leaves(last) || is_simple(last) || is_clean(last) || is_statement(last))
        }
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
    let next = expr.else_branch.as_ref().map(|(_, branch)| &**branch);
    is_clean_condition(&expr.cond)
        && next.is_none_or(|next| match next {
            Expr::If(next) => has_clean_conditions(next),
            _ => true,
        })
}

/// Without a last `else`, the branches are units, whatever they look like.
fn is_unit(expr: &ExprIf) -> bool {
    let mut branches = vec![&expr.then_branch];
    let mut conditions = vec![&*expr.cond];
    let mut rest = expr.else_branch.as_ref();
    while let Some((_, branch)) = rest {
        match &**branch {
            Expr::If(next) => {
                branches.push(&next.then_branch);
                conditions.push(&next.cond);
                rest = next.else_branch.as_ref();
            }
            last => {
                let no_value = branches.into_iter().all(ends_without_value) && has_no_value(last);
                return no_value && conditions.into_iter().all(is_clean_condition);
            }
        }
    }
    conditions.into_iter().all(is_clean_condition)
}

fn has_no_value(expr: &Expr) -> bool {
    leaves(expr) || is_statement(expr)
}

fn ends_without_value(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(last, None)) => has_no_value(last),
        Some(Stmt::Macro(last)) => last.semi_token.is_some(),
        _ => true,
    }
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
