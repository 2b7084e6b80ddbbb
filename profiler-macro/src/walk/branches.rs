//! `if`, `match` and what becomes of their branches.

use super::opening::{Exit, Opening};
use super::{Walker, facts, heads, tail};
use crate::emit;
use syn::visit_mut::VisitMut;
use syn::{Arm, Expr, ExprBlock, ExprIf, ExprUnsafe, Pat};

/// How many links one chain of branches is given. The compiler's parser overflows its stack in some
/// ten thousand.
const MOST_LINKS: usize = 1000;

impl Walker<'_> {
    /// A statement that is over when one of its blocks is.
    pub(super) fn last_blocks(&mut self, expr: &mut Expr) {
        match expr {
            Expr::If(expr) => {
                let outer = self.frame.current;
                self.branches(expr, &|| Opening::Free);
                self.frame.current = outer;
            }
            Expr::Match(expr) => {
                self.visit_expr_mut(&mut expr.expr);
                expr.arms.iter_mut().for_each(|arm| self.arm(arm, true));
            }
            // `Ok(if …)`: the blocks are at the end all the same.
            Expr::Call(call) => call.args.iter_mut().for_each(|value| self.last_blocks(value)),
            Expr::Unsafe(ExprUnsafe { block, .. }) | Expr::Block(ExprBlock { block, .. }) => {
                self.block(block, Opening::Free.plain());
            }
            _ => {}
        }
    }

    /// `expr` becomes a block of its own. A block of the user keeps its braces, inside.
    fn on_line(&mut self, row: usize, expr: &mut Expr, is_last: bool) {
        if !is_last && tail::is_simple(expr) {
            let outer = self.frame.current;
            emit::wrap(expr).stmts.insert(0, emit::pass(outer, row));
            return;
        }
        let outer = std::mem::replace(&mut self.frame.current, row);
        let enclosing = self.frame.jumps.depth();
        let depth = (!is_last).then(|| self.frame.jumps.open());
        let entered = || depth.map_or(Opening::Free, |depth| Opening::Guarded { depth, outer });
        let (exit, block) = match expr {
            Expr::Block(block) if facts::is_plain(block) => {
                self.around += 1;
                let exit = self.block(&mut block.block, entered().plain());
                self.around -= 1;
                (exit, emit::wrap(expr))
            }
            expr => self.wrapped(expr, entered()),
        };
        let is_left = |depth: usize| self.frame.jumps.is_left(depth);
        let guard = depth.filter(|&depth| exit == Exit::Open || is_left(depth));
        let scope = guard.map(|depth| emit::scope(depth, outer, Some(row)));
        let opening = scope.and_then(emit::statement).unwrap_or_else(|| emit::line(row));
        block.stmts.insert(0, opening);
        self.frame.jumps.close_to(enclosing);
        self.frame.current = outer;
    }

    /// An `if`, or one that follows an `else`; `opening` is that of its blocks.
    ///
    /// `else if c {}` becomes `else if { EVENT; false } { loop {} } else if c {}` on a line of its
    /// own: one more link of the chain, which is never taken. A block around `if c {}` would do as
    /// well, were it not for the lints that treat an `else if` differently from an `if`.
    pub(super) fn branches(&mut self, expr: &mut ExprIf, opening: &dyn Fn() -> Opening) {
        self.chain(expr, opening, MOST_LINKS);
    }

    fn chain(&mut self, expr: &mut ExprIf, opening: &dyn Fn() -> Opening, links: usize) {
        self.visit_expr_mut(&mut expr.cond);
        self.block(&mut expr.then_branch, opening().plain());
        let Some((_, branch)) = &mut expr.else_branch else { return };
        match &mut **branch {
            Expr::If(next) => match self.other_row(next.if_token.span).filter(|_| links > 0) {
                Some(row) => {
                    let outer = std::mem::replace(&mut self.frame.current, row);
                    match opening() {
                        Opening::Nested => {
                            self.chain(next, &|| Opening::Branch { outer }, links - 1);
                        }
                        _ => self.chain(next, opening, links - 1),
                    }
                    emit::link(row, branch);
                }
                None => self.chain(next, opening, links),
            },
            Expr::Block(block) => {
                self.block(&mut block.block, opening().plain());
            }
            _ => {}
        }
    }

    /// `pattern => expr` becomes `pattern => { SCOPE EVENT expr }` on a line of its own. Nothing is
    /// left to do after the arm if it `is_last`.
    pub(super) fn arm(&mut self, arm: &mut Arm, is_last: bool) {
        if let Pat::Guard(guarded) = &mut arm.pat {
            self.visit_expr_mut(&mut guarded.guard);
        }
        let row = heads::first_token(&arm.pat).and_then(|token| self.other_row(token));
        match row.filter(|_| self.has_room()) {
            Some(row) => self.on_line(row, &mut arm.body, is_last),
            None => self.visit_expr_mut(&mut arm.body),
        }
    }
}
