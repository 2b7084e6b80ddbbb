//! `if` and `match`, and their branches.

use super::opening::{Completion, Guard, Opening};
use super::{Walker, facts, heads, tail};
use crate::emit;
use syn::visit_mut::VisitMut;
use syn::{Arm, Expr, ExprBlock, ExprIf, ExprUnsafe, Pat};

/// The most links that are added to one chain of branches: the compiler's parser overflows its stack at
/// about ten thousand.
const MAX_LINKS: usize = 1000;

impl Walker<'_> {
    /// A statement that ends together with one of its blocks.
    pub(super) fn final_blocks(&mut self, expr: &mut Expr) {
        match expr {
            Expr::If(expr) => {
                let outer = self.frame.current;
                self.if_chain(expr, &|| Opening::Unguarded);
                self.frame.current = outer;
            }
            Expr::Match(expr) => {
                self.visit_expr_mut(&mut expr.expr);
                expr.arms.iter_mut().for_each(|arm| self.arm(arm, true));
            }
            // `Ok(if …)`: nothing happens after the blocks either.
            Expr::Call(call) => call.args.iter_mut().for_each(|value| self.final_blocks(value)),
            Expr::Unsafe(ExprUnsafe { block, .. }) | Expr::Block(ExprBlock { block, .. }) => {
                self.block(block, Opening::Unguarded.entry());
            }
            _ => {}
        }
    }

    /// Puts a block around an arm's expression. If that is a block of the user's, its braces stay, inside.
    fn arm_body(&mut self, row: usize, expr: &mut Expr, is_last: bool) {
        if !is_last && tail::is_simple(expr) {
            let outer = self.frame.current;
            emit::wrap(expr).stmts.insert(0, emit::pass(outer, row));
            return;
        }
        let outer = std::mem::replace(&mut self.frame.current, row);
        let enclosing = self.frame.jumps.depth();
        let depth = (!is_last).then(|| self.frame.jumps.open_guard());
        let guard = depth.map(|depth| Guard { depth, outer });
        let opening = guard.map_or(Opening::Unguarded, Opening::Guarded);
        let (completion, block) = match expr {
            Expr::Block(block) if facts::is_plain(block) => {
                self.added_blocks += 1;
                let completion = self.block(&mut block.block, opening.entry());
                self.added_blocks -= 1;
                (completion, emit::wrap(expr))
            }
            expr => self.wrapped(expr, opening),
        };
        let is_left = |depth| self.frame.jumps.is_left(depth);
        let is_needed = |depth| completion == Completion::RowPending || is_left(depth);
        let guard = guard.filter(|guard| is_needed(guard.depth));
        let scope = guard.map(|guard| emit::scope(guard.depth, outer, Some(row)));
        let opening = scope.and_then(emit::statement).unwrap_or_else(|| emit::line(row));
        block.stmts.insert(0, opening);
        self.frame.jumps.close_guards_to(enclosing);
        self.frame.current = outer;
    }

    /// An `if`, and those that follow its `else`; its blocks begin with `opening`.
    ///
    /// `else if c {}` on a line of its own becomes `else if { EVENT; false } { loop {} } else if c {}`:
    /// one more link of the chain, which is never taken. Not a block around `if c {}`, because lints
    /// treat an `else if` differently from an `if`.
    pub(super) fn if_chain(&mut self, expr: &mut ExprIf, opening: &dyn Fn() -> Opening) {
        self.links(expr, opening, MAX_LINKS);
    }

    fn links(&mut self, expr: &mut ExprIf, opening: &dyn Fn() -> Opening, room: usize) {
        self.visit_expr_mut(&mut expr.cond);
        self.block(&mut expr.then_branch, opening().entry());
        let Some((_, branch)) = &mut expr.else_branch else { return };
        match &mut **branch {
            Expr::If(next) => match self.row_if_other(next.if_token.span).filter(|_| room > 0) {
                Some(row) => {
                    let outer = std::mem::replace(&mut self.frame.current, row);
                    match opening() {
                        Opening::Nested => {
                            self.links(next, &|| Opening::Branch { outer }, room - 1);
                        }
                        _ => self.links(next, opening, room - 1),
                    }
                    emit::add_link(row, branch);
                }
                None => self.links(next, opening, room),
            },
            Expr::Block(block) => {
                self.block(&mut block.block, opening().entry());
            }
            _ => {}
        }
    }

    /// `pattern => expr` on a line of its own becomes `pattern => { SCOPE EVENT expr }`. Nothing happens
    /// after the arm if it `is_last`.
    pub(super) fn arm(&mut self, arm: &mut Arm, is_last: bool) {
        if let Pat::Guard(guarded) = &mut arm.pat {
            self.visit_expr_mut(&mut guarded.guard);
        }
        let row = heads::first_token(&arm.pat).and_then(|token| self.row_if_other(token));
        match row.filter(|_| self.may_add_block()) {
            Some(row) => self.arm_body(row, &mut arm.body, is_last),
            None => self.visit_expr_mut(&mut arm.body),
        }
    }
}
