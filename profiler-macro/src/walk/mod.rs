//! Walks over a body, asks the plan what goes into each block, and has it inserted.
//!
//! Never entered: items, types, patterns, const blocks, array lengths, generic arguments and the
//! tokens of macro invocations. They do not run here, or have no lines of their own.

mod branches;
mod closures;
mod facts;
mod heads;
mod jumps;
mod opening;
mod tail;

#[cfg(test)]
pub(crate) use tail::LOOKS;

use crate::emit::{self, Insertions, Scope};
use crate::names::Names;
use crate::plan::BlockPlan;
use crate::span::{FirstRow, Rows};
use jumps::Jumps;
use opening::{Entered, Exit, Opening, Value};
use proc_macro2::{Span, TokenStream};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprBlock, ExprIf, Local, LocalInit, Pat, Stmt};

/// The state of the walk inside one frame.
#[derive(Default)]
struct Frame {
    /// The row that is current where the walk stands.
    current: usize,
    jumps: Jumps,
}

/// How many blocks the walk puts around one place. The compiler's parser overflows its stack in some
/// hundreds, so code that is nested as deeply has to do without more.
const MOST_AROUND: usize = 16;

pub(crate) struct Walker<'a> {
    names: &'a Names,
    rows: &'a Rows<'a>,
    frame: Frame,
    /// How many blocks the walk has put around the place where it stands.
    around: usize,
}

impl<'a> Walker<'a> {
    /// The contents of the first row of a function.
    pub(crate) fn first_row(body: &Block, rows: &Rows) -> FirstRow {
        match facts::runs_on(body, 0, rows) {
            true => FirstRow::Apart,
            false if facts::runs_above(body, rows) => FirstRow::Foreign,
            false => FirstRow::Nothing,
        }
    }

    /// Instruments the body of a function.
    pub(crate) fn body(names: &'a Names, rows: &'a Rows, block: &mut Block) {
        Self::opened(names, rows, block, Opening::Call);
    }

    /// The same for an async function, where `opening` declares the parameters and the frame.
    pub(crate) fn async_body(
        names: &'a Names,
        rows: &'a Rows,
        block: &mut Block,
        opening: TokenStream,
    ) {
        Self::opened(names, rows, block, Opening::Frame(opening));
    }

    fn opened(names: &'a Names, rows: &'a Rows, block: &mut Block, opening: Opening) {
        let mut walker = Walker { names, rows, frame: Frame::default(), around: 0 };
        walker.block(block, opening.plain());
    }

    /// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
    fn block(&mut self, block: &mut Block, entered: Entered) -> Exit {
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

    /// Whether more blocks can be put around the place where the walk stands.
    fn has_room(&self) -> bool {
        self.around < MOST_AROUND
    }

    /// `expr`, which is no block of the user's, becomes a block that is entered like this.
    fn wrapped<'e>(&mut self, expr: &'e mut Expr, opening: Opening) -> (Exit, &'e mut Block) {
        let block = emit::wrap(expr);
        self.around += 1;
        let exit = self.block(block, opening.synthetic());
        self.around -= 1;
        (exit, block)
    }

    /// The row of a token, where it differs from the current one.
    fn other_row(&self, span: Span) -> Option<usize> {
        self.rows.row(span).filter(|row| *row != self.frame.current)
    }

    fn loop_body(&mut self, body: &mut Block, header: Span) {
        let header = self.rows.row(header);
        self.block(body, Opening::Loop(header).plain());
        self.frame.jumps.leave_target();
    }
}

impl VisitMut for Walker<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, Opening::Nested.plain());
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let Some(init) = &mut local.init else { return };
        self.visit_expr_mut(&mut init.expr);
        if let Some((_, diverge)) = &mut init.diverge
            && let Expr::Block(diverge) = &mut **diverge
        {
            self.block(&mut diverge.block, Opening::Nested.diverging());
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Const(_) => {}
            Expr::Closure(_) => self.closure(expr),
            Expr::Async(_) => self.async_block(expr),
            Expr::Break(_) | Expr::Continue(_) => self.buried_jump(expr),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_expr_block_mut(&mut self, expr: &mut ExprBlock) {
        let Some(label) = &expr.label else { return self.visit_block_mut(&mut expr.block) };
        self.frame.jumps.enter_block(label);
        self.visit_block_mut(&mut expr.block);
        self.frame.jumps.leave_target();
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        self.frame.jumps.enter_loop(expr.label.as_ref());
        self.loop_body(&mut expr.body, heads::header(expr.label.as_ref(), expr.for_token.span));
    }

    fn visit_expr_while_mut(&mut self, expr: &mut syn::ExprWhile) {
        self.frame.jumps.enter_loop(expr.label.as_ref());
        self.visit_expr_mut(&mut expr.cond);
        self.loop_body(&mut expr.body, heads::header(expr.label.as_ref(), expr.while_token.span));
    }

    fn visit_expr_loop_mut(&mut self, expr: &mut syn::ExprLoop) {
        self.frame.jumps.enter_loop(expr.label.as_ref());
        self.loop_body(&mut expr.body, heads::header(expr.label.as_ref(), expr.loop_token.span));
    }

    fn visit_expr_if_mut(&mut self, expr: &mut ExprIf) {
        let outer = self.frame.current;
        self.branches(expr, &|| Opening::Nested);
        self.frame.current = outer;
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        self.arm(arm, false);
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_pat_mut(&mut self, _: &mut Pat) {}
    fn visit_path_mut(&mut self, _: &mut syn::Path) {}
    fn visit_macro_mut(&mut self, _: &mut syn::Macro) {}
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    fn visit_token_stream_mut(&mut self, _: &mut TokenStream) {}
    fn visit_angle_bracketed_generic_arguments_mut(
        &mut self,
        _: &mut syn::AngleBracketedGenericArguments,
    ) {
    }
}
