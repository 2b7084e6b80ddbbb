//! One block and its statements.

use super::opening::{Entered, Exit, Opening, Value};
use super::{Walker, facts, tail};
use crate::emit::{self, Insertions, Scope};
use crate::plan::BlockPlan;
use proc_macro2::TokenStream;
use syn::visit_mut;
use syn::{Block, Expr, Local, LocalInit, Stmt};

impl Walker<'_> {
    /// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
    pub(super) fn block(&mut self, block: &mut Block, entered: Entered) -> Exit {
        let (row, depth) = (self.frame.current, self.frame.jumps.depth());
        let mut plan = BlockPlan::new(&facts::shape(block, &entered, row, self.rows));
        let (attributes, places) = (facts::attributes(block), facts::places(block));
        let guard = self.open(&entered.opening, &plan);
        let outlives = match entered.opening {
            Opening::Call | Opening::Frame(_) => self.has_room() && !entered.synthetic,
            _ => false,
        };
        let outlives = outlives && tail::keeps_temporaries(block);
        let blocks_around = self.around;
        self.around += if outlives { 2 } else { 0 };
        let mut left = Vec::with_capacity(block.stmts.len());
        let tail = plan.exit.as_ref().map_or(block.stmts.len(), |exit| exit.at);
        for (index, statement) in block.stmts.iter_mut().enumerate() {
            self.frame.current = plan.current[index];
            let value = if index < tail { Value::None } else { entered.opening.value() };
            left.push(self.statement(statement, value));
        }
        let ends = plan.exit.is_some();
        let is_left = |depth| self.frame.jumps.is_left(depth);
        // A block that is only ever left for good has nothing to resume.
        let guard = guard.filter(|(depth, _)| ends || is_left(*depth));
        let around = match entered.opening {
            Opening::Guarded { depth, outer } => Some((depth, outer)),
            _ => None,
        };
        let is_calm = plan.is_calm_at_exit();
        let resumes = |(depth, _): &_| is_calm && !is_left(*depth);
        let scope = guard.or(around).map(|scope| match scope {
            (_, outer) if resumes(&scope) => Scope::Resume(outer),
            (depth, _) => Scope::Done(depth),
        });
        let guard = guard.filter(|scope| !resumes(scope));
        let first = plan.first().filter(|index| attributes[*index].is_empty());
        let mut first = first.map(|index| &mut plan.events[index]);
        let mut opening = TokenStream::new();
        let mut around = TokenStream::new();
        match entered.opening {
            Opening::Call => {
                let frame = emit::enter(first.as_mut().and_then(|event| event.take()));
                if outlives { &mut around } else { &mut opening }.extend(frame);
            }
            Opening::Frame(tokens) if outlives => around = tokens,
            Opening::Frame(tokens) | Opening::Task(tokens) => opening.extend(tokens),
            Opening::Loop(header) => opening.extend(header.map(emit::iteration)),
            _ => {}
        }
        if let Some((depth, row)) = guard {
            opening.extend(emit::scope(depth, row, first.and_then(Option::take)));
        }
        let alone = !around.is_empty() && facts::may_be_alone(block);
        emit::splice(block, Insertions { plan, opening, scope, attributes, places, left });
        emit::enclose(block, around, alone);
        self.frame.jumps.close_to(depth);
        self.frame.current = row;
        self.around = blocks_around;
        match scope {
            Some(Scope::Resume(_)) => Exit::Resumed,
            _ if ends => Exit::Open,
            _ => Exit::Never,
        }
    }

    /// The depth of the block's own guard and the row that it resumes.
    fn open(&mut self, opening: &Opening, plan: &BlockPlan) -> Option<(usize, usize)> {
        let (guarded, outer) = match opening {
            Opening::Call
            | Opening::Frame(_)
            | Opening::Task(_)
            | Opening::Guarded { .. }
            | Opening::Free => return None,
            Opening::Nested | Opening::Loop(_) => (plan.moves(), self.frame.current),
            Opening::Branch { outer } => (true, *outer),
        };
        guarded.then(|| (self.frame.jumps.open(), outer))
    }

    /// Returns the guards that the statement leaves by a jump. It may be the `value` of its block.
    fn statement(&mut self, statement: &mut Stmt, value: Value) -> Vec<usize> {
        match statement {
            Stmt::Expr(expr @ (Expr::Break(_) | Expr::Continue(_)), _) => {
                visit_mut::visit_expr_mut(self, expr);
                return self.frame.jumps.left_by(expr);
            }
            Stmt::Expr(expr, semicolon)
                if tail::ends_with_blocks(expr, semicolon.is_none() && value != Value::Used) =>
            {
                self.last_blocks(expr);
            }
            Stmt::Local(Local {
                pat, init: Some(LocalInit { expr, diverge: None, .. }), ..
            }) if tail::is_named(pat) && tail::ends_with_blocks(expr, true) => {
                self.last_blocks(expr);
            }
            statement => visit_mut::visit_stmt_mut(self, statement),
        }
        Vec::new()
    }

    /// `expr`, which is no block of the user's, becomes a block that is entered like this.
    pub(super) fn wrapped<'e>(
        &mut self,
        expr: &'e mut Expr,
        opening: Opening,
    ) -> (Exit, &'e mut Block) {
        let block = emit::wrap(expr);
        self.around += 1;
        let exit = self.block(block, opening.synthetic());
        self.around -= 1;
        (exit, block)
    }

    /// A jump inside an expression: `x || break` becomes `x || { DONE break }`.
    pub(super) fn buried_jump(&mut self, expr: &mut Expr) {
        if !self.has_room() || self.frame.jumps.left_by(expr).is_empty() {
            return visit_mut::visit_expr_mut(self, expr);
        }
        self.wrapped(expr, Opening::Nested);
    }
}
