//! Walks over a body, asks the plan what goes into each block, and has it inserted.
//!
//! It never enters items, types, patterns, const blocks, array lengths, generic arguments and the tokens
//! of macro invocations: they do not run here, or have no lines of their own. It never decides by itself
//! which events a block has; `plan` does.

mod block;
mod branches;
mod closures;
mod facts;
mod heads;
mod jumps;
mod macros;
mod opening;
mod tail;

#[cfg(test)]
pub(crate) use tail::EXAMINED;

use crate::names::Names;
use crate::rows::{FirstRow, Rows};
use jumps::Jumps;
use opening::Opening;
use proc_macro2::{Span, TokenStream};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprBlock, ExprIf, Local, Pat};

/// The state of the walk in the frame of a function, a closure or an async body.
struct FrameState {
    /// The row that is current where the walk stands.
    current: usize,
    jumps: Jumps,
}

impl FrameState {
    fn starting_on(row: usize) -> Self {
        Self { current: row, jumps: Jumps::default() }
    }
}

/// The most blocks that the walk puts around one place. The compiler's parser overflows its stack at some
/// hundreds, so code that is nested more deeply gets no further ones.
const MAX_ADDED_BLOCKS: usize = 16;

pub(crate) struct Walker<'a> {
    names: &'a Names,
    rows: &'a Rows<'a>,
    frame: FrameState,
    /// The blocks that the walk has put around the place where it stands.
    added_blocks: usize,
}

impl<'a> Walker<'a> {
    /// The contents of the first row of a function.
    pub(crate) fn first_row(body: &Block, rows: &Rows) -> FirstRow {
        match facts::runs_on(body, 0, rows) {
            true => FirstRow::OwnStatements,
            false if facts::runs_above(body, rows) => FirstRow::FromMacro,
            false => FirstRow::CallsOnly,
        }
    }

    /// Instruments the body of a function.
    pub(crate) fn body(names: &'a Names, rows: &'a Rows, block: &mut Block) {
        Self::opened(names, rows, block, Opening::Function);
    }

    /// Instruments the body of an async function, where `opening` declares the parameters and the frame.
    pub(crate) fn async_body(
        names: &'a Names,
        rows: &'a Rows,
        block: &mut Block,
        opening: TokenStream,
    ) {
        Self::opened(names, rows, block, Opening::Frame(opening));
    }

    fn opened(names: &'a Names, rows: &'a Rows, block: &mut Block, opening: Opening) {
        let mut walker = Walker { names, rows, frame: FrameState::starting_on(0), added_blocks: 0 };
        walker.block(block, opening.entry());
    }

    /// Whether more blocks can be put around the place where the walk stands.
    fn may_add_block(&self) -> bool {
        self.added_blocks < MAX_ADDED_BLOCKS
    }

    /// The row of a token, if it is not the current one.
    fn row_if_other(&self, span: Span) -> Option<usize> {
        self.rows.row(span).filter(|row| *row != self.frame.current)
    }

    fn loop_body(&mut self, body: &mut Block, header: Span) {
        let header = self.rows.row(header);
        self.block(body, Opening::Loop(header).entry());
        self.frame.jumps.leave_target();
    }
}

impl VisitMut for Walker<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, Opening::Nested.entry());
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
            Expr::Break(_) | Expr::Continue(_) => self.nested_jump(expr),
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
        self.if_chain(expr, &|| Opening::Nested);
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
