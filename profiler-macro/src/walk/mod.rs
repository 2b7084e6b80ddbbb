//! Walks over a body, asks the plan what goes into each block, and has it inserted.
//!
//! Never entered: items, types, patterns, const blocks, array lengths, generic arguments and the
//! tokens of macro invocations. They do not run here, or have no lines of their own.

mod closures;
mod facts;
mod heads;
mod jumps;

use crate::emit::{self, Insertions, Nested};
use crate::names::Names;
use crate::plan::BlockPlan;
use crate::span::Rows;
use jumps::Jumps;
use proc_macro2::{Span, TokenStream};
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprBlock, Pat, Stmt};

/// The state of the walk inside one frame.
#[derive(Default)]
struct Frame {
    /// The row that is current where the walk stands.
    current: usize,
    jumps: Jumps,
}

pub(crate) struct Walker<'a> {
    names: &'a Names,
    rows: &'a Rows<'a>,
    frame: Frame,
}

/// How a block is entered and left.
struct Entered {
    opening: Opening,
    /// The block was made around one expression, which has no event of its own.
    synthetic: bool,
    /// Control never reaches the closing brace.
    diverges: bool,
}

enum Opening {
    /// A body with a frame of its own.
    Frame(TokenStream),
    /// A block within the frame: a loop's body with the row of its header, a match arm or
    /// `else if` with the row that is entered.
    Nested { iteration: Option<usize>, entry: Option<usize> },
}

impl Entered {
    const NESTED: Self = Self {
        opening: Opening::Nested { iteration: None, entry: None },
        synthetic: false,
        diverges: false,
    };

    fn frame(opening: TokenStream) -> Self {
        Self { opening: Opening::Frame(opening), ..Self::NESTED }
    }

    fn iteration(header: Option<usize>) -> Self {
        Self { opening: Opening::Nested { iteration: header, entry: None }, ..Self::NESTED }
    }

    fn line(entry: Option<usize>) -> Self {
        Self { opening: Opening::Nested { iteration: None, entry }, ..Self::NESTED }
    }

    fn synthetic(self) -> Self {
        Self { synthetic: true, ..self }
    }
}

impl<'a> Walker<'a> {
    /// Instruments the body of a function; `opening` declares its frame. Returns whether anything
    /// runs on the function's first row.
    pub(crate) fn body(
        names: &'a Names,
        rows: &'a Rows,
        block: &mut Block,
        opening: TokenStream,
    ) -> bool {
        let first_row_runs = facts::runs_on(block, 0, rows);
        let mut walker = Walker { names, rows, frame: Frame::default() };
        walker.block(block, Entered::frame(opening));
        first_row_runs
    }

    /// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
    fn block(&mut self, block: &mut Block, entered: Entered) {
        let outer = self.frame.current;
        if let Opening::Nested { entry: Some(row), .. } = entered.opening {
            self.frame.current = row;
        }
        let plan = BlockPlan::new(&facts::shape(block, &entered, self.frame.current, self.rows));
        let conditions = facts::conditions(block);
        let (opening, scope) = self.open(entered.opening, &plan, outer);
        let mut left = Vec::with_capacity(block.stmts.len());
        for (statement, row) in block.stmts.iter_mut().zip(&plan.current) {
            self.frame.current = *row;
            left.push(self.statement(statement));
        }
        emit::splice(block, &Insertions { plan: &plan, opening, scope, conditions, left });
        self.frame.jumps.close(scope);
        self.frame.current = outer;
    }

    /// The tokens that a block begins with, and the depth of its guard.
    fn open(
        &mut self,
        opening: Opening,
        plan: &BlockPlan,
        outer: usize,
    ) -> (TokenStream, Option<usize>) {
        match opening {
            Opening::Frame(tokens) => (tokens, None),
            Opening::Nested { iteration, entry } => {
                let moves = entry.is_some() || plan.moves();
                let depth = moves.then(|| self.frame.jumps.open());
                let scope = depth.map(|depth| (depth, outer));
                (emit::nested(&Nested { scope, iteration, entry }), depth)
            }
        }
    }

    /// Returns the guards that the statement leaves by a jump.
    fn statement(&mut self, statement: &mut Stmt) -> Vec<usize> {
        let Stmt::Expr(expr @ (Expr::Break(_) | Expr::Continue(_)), _) = statement else {
            visit_mut::visit_stmt_mut(self, statement);
            return Vec::new();
        };
        visit_mut::visit_expr_mut(self, expr);
        self.frame.jumps.left_by(expr)
    }

    /// `expr` becomes `{ SCOPE EVENT expr }`, on `row`.
    fn on_line(&mut self, row: usize, user: Span, expr: &mut Expr) {
        self.wrap(expr, user, Entered::line(Some(row)).synthetic());
    }

    /// `expr` becomes a block of its own, with braces of the edition of `user`.
    fn wrap(&mut self, expr: &mut Expr, user: Span, entered: Entered) {
        let inner = std::mem::replace(expr, Expr::PLACEHOLDER);
        let mut block = emit::braced(user, vec![Stmt::Expr(inner, None)]);
        self.block(&mut block, entered);
        *expr = Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block });
    }

    /// The row of a token, where it differs from the current one.
    fn other_row(&self, span: Span) -> Option<usize> {
        self.rows.row(span).filter(|row| *row != self.frame.current)
    }

    fn loop_body(&mut self, body: &mut Block, header: Span) {
        let header = self.rows.row(header);
        self.block(body, Entered::iteration(header));
        self.frame.jumps.leave_target();
    }
}

impl VisitMut for Walker<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, Entered::NESTED);
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        let Some(init) = &mut local.init else { return };
        self.visit_expr_mut(&mut init.expr);
        if let Some((_, diverge)) = &mut init.diverge
            && let Expr::Block(diverge) = &mut **diverge
        {
            self.block(&mut diverge.block, Entered { diverges: true, ..Entered::NESTED });
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

    /// `else if c {}` becomes `else { SCOPE EVENT if c {} }` on a line of its own.
    fn visit_expr_if_mut(&mut self, expr: &mut syn::ExprIf) {
        self.visit_expr_mut(&mut expr.cond);
        self.visit_block_mut(&mut expr.then_branch);
        let Some((_, branch)) = &mut expr.else_branch else { return };
        let token = match &**branch {
            Expr::If(next) => next.if_token.span,
            _ => return self.visit_expr_mut(branch),
        };
        match self.other_row(token) {
            Some(row) => self.on_line(row, token, branch),
            None => self.visit_expr_mut(branch),
        }
    }

    /// `pattern => expr` becomes `pattern => { SCOPE EVENT expr }` on a line of its own.
    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        if let Pat::Guard(guarded) = &mut arm.pat {
            self.visit_expr_mut(&mut guarded.guard);
        }
        let row = heads::first_token(&arm.pat).and_then(|token| self.other_row(token));
        match (&mut *arm.body, row) {
            (Expr::Block(body), _) if facts::is_plain(body) => {
                self.block(&mut body.block, Entered::line(row));
            }
            (body, Some(row)) => self.on_line(row, arm.fat_arrow_token.spans[0], body),
            (body, None) => self.visit_expr_mut(body),
        }
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
