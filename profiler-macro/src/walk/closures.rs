//! Closures and async blocks, each with a frame of its own in the function's table.

use super::opening::Opening;
use super::{FrameState, Walker, facts, heads};
use crate::emit::{self, tasks};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;
use syn::visit_mut;
use syn::{Expr, ExprAsync, ExprClosure, Pat, Stmt};

impl Walker<'_> {
    /// `|x| { a; b }` becomes `|x| { FRAME EVENT a; EXIT EVENT b }`, and `|x| match …` likewise.
    pub(super) fn closure(&mut self, expr: &mut Expr) {
        let start = heads::expression(expr);
        let Expr::Closure(closure) = expr else { return };
        let is_block = matches!(&*closure.body, Expr::Block(body) if body.label.is_none());
        let keeps_braces = is_block && closure.asyncness.is_none();
        if closure.constness.is_some() || !(keeps_braces || self.may_add_block()) {
            return;
        }
        let start = match &*closure.body {
            Expr::Block(body) if body.label.is_none() => start,
            body => heads::expression(body),
        };
        let row = start.and_then(|token| self.rows.row(token)).unwrap_or(self.frame.current);
        let first = self.first_event(row, &closure.body);
        let outer = std::mem::replace(&mut self.frame, FrameState::starting_on(row));
        if closure.asyncness.is_some() {
            self.async_closure(closure, row, first);
        } else if has_blocks(&closure.body) {
            let mut opening = emit::enter_closure(row);
            opening.extend(first);
            self.closure_body(closure, Opening::Frame(opening));
        } else {
            visit_mut::visit_expr_mut(self, &mut closure.body);
        }
        self.frame = outer;
    }

    /// The event of a body that begins on `row`, unless the statement around it has started that row, or
    /// the body's own statements do.
    fn first_event(&self, row: usize, body: &Expr) -> TokenStream {
        let runs = match body {
            Expr::Block(body) if body.label.is_none() => {
                facts::runs_on(&body.block, row, self.rows)
            }
            Expr::Async(body) => facts::runs_on(&body.block, row, self.rows),
            _ => true,
        };
        if runs && row != self.frame.current {
            emit::line(row).into_token_stream()
        } else {
            TokenStream::new()
        }
    }

    /// Puts a frame into the closure's block, or into a block around its expression.
    fn closure_body(&mut self, closure: &mut ExprClosure, frame: Opening) {
        match &mut *closure.body {
            Expr::Block(body) if body.label.is_none() => {
                self.block(&mut body.block, frame.entry());
            }
            body => {
                self.wrapped(body, frame);
            }
        }
    }

    /// `async |x| { BODY }` becomes `async |x| { task(&TABLE, row, async { FRAME BODY }).await }`.
    ///
    /// Not where a parameter is a pattern: its parts would be dropped in another order.
    fn async_closure(&mut self, closure: &mut ExprClosure, row: usize, first: TokenStream) {
        let is_name = |input: &Pat| match input {
            Pat::Type(typed) => matches!(*typed.pat, Pat::Ident(_)),
            input => matches!(input, Pat::Ident(_)),
        };
        if !closure.inputs.iter().all(is_name) || !has_blocks(&closure.body) {
            return;
        }
        let frame = tasks::task_frame();
        let pin = match &closure.output {
            syn::ReturnType::Default => TokenStream::new(),
            output => tasks::pin(output, closure.inputs_end.span),
        };
        self.added_blocks += 2;
        self.closure_body(closure, Opening::Task(quote::quote!(#pin #frame #first)));
        self.added_blocks -= 2;
        if let Expr::Block(body) = &mut *closure.body {
            let task = tasks::closure(self.names, row, &body.block);
            body.block.stmts = vec![Stmt::Expr(Expr::Verbatim(task), None)];
        }
    }

    /// `async { BODY }` becomes `task(&TABLE, row, async { FRAME BODY })`.
    pub(super) fn async_block(&mut self, expr: &mut Expr) {
        if !self.may_add_block() {
            return;
        }
        let row = heads::expression(expr).and_then(|token| self.rows.row(token));
        let row = row.unwrap_or(self.frame.current);
        let mut opening = tasks::task_frame();
        opening.extend(self.first_event(row, expr));
        let Expr::Async(block) = std::mem::replace(expr, Expr::PLACEHOLDER) else { return };
        let outer = std::mem::replace(&mut self.frame, FrameState::starting_on(row));
        let mut block: ExprAsync = block;
        self.added_blocks += 1;
        self.block(&mut block.block, Opening::Task(opening).entry());
        self.added_blocks -= 1;
        self.frame = outer;
        *expr = Expr::Verbatim(tasks::block(self.names, row, block));
    }
}

/// Whether a closure's expression has statements or branches that can stand on lines of their own.
fn has_blocks(body: &Expr) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_block(&mut self, _: &syn::Block) {
            self.0 = true;
        }
        fn visit_expr_match(&mut self, _: &syn::ExprMatch) {
            self.0 = true;
        }
        fn visit_expr_closure(&mut self, _: &ExprClosure) {}
        fn visit_expr_async(&mut self, _: &ExprAsync) {}
        fn visit_expr_const(&mut self, _: &syn::ExprConst) {}
        fn visit_item(&mut self, _: &syn::Item) {}
        fn visit_type(&mut self, _: &syn::Type) {}
        fn visit_path(&mut self, _: &syn::Path) {}
    }
    let mut search = Search(false);
    search.visit_expr(body);
    search.0
}
