//! One block and its statements.

use super::opening::{BlockEntry, Completion, Guard, Opening, TailUse};
use super::{Walker, facts, tail};
use crate::emit::{self, Insertions, RowRestore};
use crate::plan::BlockPlan;
use proc_macro2::TokenStream;
use syn::visit_mut;
use syn::{Block, Expr, Local, LocalInit, Stmt};

impl Walker<'_> {
    /// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
    pub(super) fn block(&mut self, block: &mut Block, entry: BlockEntry) -> Completion {
        let (row, depth) = (self.frame.current, self.frame.jumps.depth());
        let added_blocks = self.added_blocks;
        let mut plan = BlockPlan::new(&facts::shape(block, &entry, row, self.rows));
        let (attributes, starts) = (facts::attributes(block), facts::starts(block));
        let guard = self.open_guard(&entry.opening, &plan);
        let is_enclosed = self.needs_enclosing(block, &entry);
        self.added_blocks += if is_enclosed { 2 } else { 0 };
        let left = self.statements(block, &entry.opening, &plan);
        let (guard, restore) = self.row_restore(guard, &entry.opening, &plan);
        let completion = match restore {
            Some(RowRestore::ByEvent(_)) => Completion::RowRestored,
            _ if plan.exit.is_some() => Completion::RowPending,
            _ => Completion::Diverges,
        };
        let first = plan.first().filter(|index| attributes[*index].is_empty());
        let first = first.map(|index| &mut plan.events[index]);
        let [opening, around] = opening_tokens(entry.opening, guard, first, is_enclosed);
        let alone = !around.is_empty() && facts::may_be_alone(block);
        emit::splice(block, Insertions { plan, opening, restore, attributes, starts, left });
        emit::enclose(block, around, alone);
        self.frame.jumps.close_guards_to(depth);
        self.frame.current = row;
        self.added_blocks = added_blocks;
        completion
    }

    /// The block's own guard.
    fn open_guard(&mut self, opening: &Opening, plan: &BlockPlan) -> Option<Guard> {
        let (is_guarded, outer) = match opening {
            Opening::Function
            | Opening::Frame(_)
            | Opening::Task(_)
            | Opening::Guarded(_)
            | Opening::Unguarded => return None,
            Opening::Nested | Opening::Loop(_) => (plan.moves(), self.frame.current),
            Opening::Branch { outer } => (true, *outer),
        };
        is_guarded.then(|| Guard { depth: self.frame.jumps.open_guard(), outer })
    }

    /// Whether the frame has to stand in a block around this one, because the tail leaves temporaries
    /// behind that would outlive it.
    fn needs_enclosing(&self, block: &Block, entry: &BlockEntry) -> bool {
        matches!(entry.opening, Opening::Function | Opening::Frame(_))
            && self.may_add_block()
            && !entry.synthetic
            && tail::keeps_temporaries(block)
    }

    /// Walks over the statements. Returns the depths of the guards that each leaves by a jump.
    fn statements(
        &mut self,
        block: &mut Block,
        opening: &Opening,
        plan: &BlockPlan,
    ) -> Vec<Vec<usize>> {
        let tail = plan.exit.as_ref().map_or(block.stmts.len(), |exit| exit.at);
        let walk = |(index, statement): (usize, &mut Stmt)| {
            self.frame.current = plan.current[index];
            let tail_use = if index < tail { TailUse::NotTail } else { opening.tail_use() };
            self.statement(statement, tail_use)
        };
        block.stmts.iter_mut().enumerate().map(walk).collect()
    }

    /// The guard that the block does need, and how the row before it becomes current again.
    fn row_restore(
        &self,
        guard: Option<Guard>,
        opening: &Opening,
        plan: &BlockPlan,
    ) -> (Option<Guard>, Option<RowRestore>) {
        let is_left = |guard: &Guard| self.frame.jumps.is_left(guard.depth);
        // Where control never reaches the end and no jump leaves the block, no row is to be restored.
        let guard = guard.filter(|guard| plan.exit.is_some() || is_left(guard));
        let around = match opening {
            Opening::Guarded(guard) => Some(*guard),
            _ => None,
        };
        let is_event = |guard: &Guard| plan.exit_has_no_memory_effect() && !is_left(guard);
        let restore = guard.or(around).map(|guard| match is_event(&guard) {
            true => RowRestore::ByEvent(guard.outer),
            false => RowRestore::ByGuard(guard.depth),
        });
        (guard.filter(|guard| !is_event(guard)), restore)
    }

    /// Returns the guards that the statement leaves by a jump.
    fn statement(&mut self, statement: &mut Stmt, tail_use: TailUse) -> Vec<usize> {
        let is_final = |is_tail: bool| is_tail && tail_use != TailUse::Used;
        match statement {
            Stmt::Expr(expr @ (Expr::Break(_) | Expr::Continue(_)), _) => {
                visit_mut::visit_expr_mut(self, expr);
                return self.frame.jumps.guards_left_by(expr);
            }
            Stmt::Expr(expr, semicolon)
                if tail::ends_with_its_blocks(expr, is_final(semicolon.is_none())) =>
            {
                self.final_blocks(expr);
            }
            Stmt::Local(Local {
                pat, init: Some(LocalInit { expr, diverge: None, .. }), ..
            }) if tail::is_named(pat) && tail::ends_with_its_blocks(expr, true) => {
                self.final_blocks(expr);
            }
            statement => visit_mut::visit_stmt_mut(self, statement),
        }
        Vec::new()
    }

    /// Puts a block around `expr`, which is not one of the user's, and walks over it.
    pub(super) fn wrapped<'e>(
        &mut self,
        expr: &'e mut Expr,
        opening: Opening,
    ) -> (Completion, &'e mut Block) {
        let block = emit::wrap(expr);
        self.added_blocks += 1;
        let completion = self.block(block, opening.synthetic());
        self.added_blocks -= 1;
        (completion, block)
    }

    /// A jump inside an expression: `x || break` becomes `x || { DONE break }`.
    pub(super) fn nested_jump(&mut self, expr: &mut Expr) {
        if !self.may_add_block() || self.frame.jumps.guards_left_by(expr).is_empty() {
            return visit_mut::visit_expr_mut(self, expr);
        }
        self.wrapped(expr, Opening::Nested);
    }
}

/// The statements at the start of a block, and those of the block around it. The `first` line event
/// is taken into the call that opens the frame or the guard.
fn opening_tokens(
    opening: Opening,
    guard: Option<Guard>,
    mut first: Option<&mut Option<usize>>,
    is_enclosed: bool,
) -> [TokenStream; 2] {
    let mut inside = TokenStream::new();
    let mut around = TokenStream::new();
    let frame = if is_enclosed { &mut around } else { &mut inside };
    match opening {
        Opening::Function => {
            frame.extend(emit::enter(first.as_mut().and_then(|event| event.take())));
        }
        Opening::Frame(tokens) => frame.extend(tokens),
        Opening::Task(tokens) => inside.extend(tokens),
        Opening::Loop(header) => inside.extend(header.map(emit::iteration)),
        _ => {}
    }
    if let Some(Guard { depth, outer }) = guard {
        inside.extend(emit::scope(depth, outer, first.and_then(Option::take)));
    }
    [inside, around]
}
