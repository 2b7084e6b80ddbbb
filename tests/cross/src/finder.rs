//! Finds the parts of functions that have rows of their own, by the rules of the attribute.

use std::mem;
use std::ops::RangeInclusive;

use proc_macro2::{Span, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::rows::{Closure, Function, Part, Rows};

pub(crate) fn find(source: &str) -> syn::Result<Rows> {
    let mut finder = Finder::default();
    finder.visit_file(&syn::parse_file(source)?);
    Ok(finder.rows)
}

#[derive(Default)]
struct Finder {
    rows: Rows,
    /// The closure around, and how many there are.
    closure: Option<usize>,
    depth: usize,
    /// Whether it is a static or a constant, which the attribute leaves alone.
    is_constant: bool,
}

fn lines(span: Span) -> RangeInclusive<u32> {
    span.start().line as u32..=span.end().line as u32
}

/// The line of the first token behind attributes.
fn first_line(code: impl ToTokens) -> u32 {
    let mut tokens = code.to_token_stream().into_iter();
    let is_attribute = |it: &TokenTree| matches!(it, TokenTree::Punct(it) if it.as_char() == '#');
    let mut first = tokens.next();
    while first.as_ref().is_some_and(is_attribute) {
        first = tokens.nth(1);
    }
    first.map_or(0, |token| *lines(token.span()).start())
}

/// Whether an expression has a block or a `match`, not counting those of closures in it.
fn has_blocks(body: &syn::Expr) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_block(&mut self, _: &syn::Block) {
            self.0 = true;
        }
        fn visit_expr_match(&mut self, _: &syn::ExprMatch) {
            self.0 = true;
        }
        fn visit_expr_closure(&mut self, _: &syn::ExprClosure) {}
        fn visit_expr_async(&mut self, _: &syn::ExprAsync) {}
    }
    let mut search = Search(false);
    search.visit_expr(body);
    search.0
}

impl Finder {
    fn add(&mut self, lines: RangeInclusive<u32>, row: u32) {
        self.rows.parts.push(Part { lines, row, closure: self.closure });
    }

    /// The table begins on the line of the attribute, which is that of the function, below other attributes.
    fn function(
        &mut self,
        attributes: &[syn::Attribute],
        before: &syn::Visibility,
        signature: &syn::Signature,
        block: &syn::Block,
    ) {
        let start = match before {
            syn::Visibility::Inherited => signature.span(),
            before => before.span(),
        };
        let first = *lines(start).start();
        let all = first..=*lines(block.span()).end();
        let is_own = |it: &syn::Attribute| {
            it.path().segments.last().is_some_and(|last| last.ident == "mem_profile")
        };
        let is_measured = attributes.iter().any(is_own);
        let name = signature.ident.to_string().trim_start_matches("r#").to_owned();
        self.rows.functions.push(Function { lines: all.clone(), name, is_measured });
        let outer = (self.closure, self.depth, self.is_constant);
        (self.closure, self.depth, self.is_constant) = (None, 0, false);
        self.add(all.clone(), first);
        let end = lines(block.brace_token.span.close());
        self.add(end.clone(), *end.end());
        if signature.asyncness.is_some() {
            self.closure(all, Some(first), |finder| visit::visit_block(finder, block));
        } else {
            visit::visit_block(self, block);
        }
        (self.closure, self.depth, self.is_constant) = outer;
    }

    /// `row` is none where it has no frame of its own.
    fn closure(&mut self, lines: RangeInclusive<u32>, row: Option<u32>, body: impl Fn(&mut Self)) {
        let row = row.filter(|_| !self.is_constant);
        let outer = self.closure.replace(self.rows.closures.len());
        let (has_frame, depth) = (row.is_some(), self.depth);
        self.rows.closures.push(Closure { lines: lines.clone(), depth, has_frame });
        if let Some(row) = row {
            self.add(lines, row);
        }
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.closure = outer;
    }

    fn constant(&mut self, value: &syn::Expr) {
        let outer = mem::replace(&mut self.is_constant, true);
        self.visit_expr(value);
        self.is_constant = outer;
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        self.function(&it.attrs, &it.vis, &it.sig, &it.block);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        self.function(&it.attrs, &it.vis, &it.sig, &it.block);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        if let Some(block) = &it.default {
            self.function(&it.attrs, &syn::Visibility::Inherited, &it.sig, block);
        }
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.constant(&item.expr);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.constant(&item.expr);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        if !matches!(statement, syn::Stmt::Item(_)) {
            self.add(lines(statement.span()), first_line(statement));
        }
        visit::visit_stmt(self, statement);
    }

    /// A block's locals end on its brace.
    fn visit_block(&mut self, block: &'ast syn::Block) {
        let has_locals = block.stmts.iter().any(|it| matches!(it, syn::Stmt::Local(_)));
        if has_locals {
            self.rows.blocks.push(lines(block.span()));
            let end = lines(block.brace_token.span.close());
            self.add(end.clone(), *end.end());
        }
        visit::visit_block(self, block);
    }

    /// The condition of an `else if` has a row of its own.
    fn visit_expr_if(&mut self, expression: &'ast syn::ExprIf) {
        if let Some((_, branch)) = &expression.else_branch
            && let syn::Expr::If(link) = &**branch
        {
            self.add(lines(link.cond.span()), *lines(link.if_token.span).start());
        }
        visit::visit_expr_if(self, expression);
    }

    /// A guard runs before its arm, on the row of the `match`.
    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        let row = self.rows.row_in(*lines(expression.match_token.span).start(), self.closure);
        for arm in &expression.arms {
            let mut body = lines(arm.body.span());
            if let syn::Pat::Guard(syn::PatGuard { guard, .. }) = &arm.pat {
                let guard = lines(guard.span());
                if matches!(&*arm.body, syn::Expr::Block(_)) {
                    body = *body.start().max(&(guard.end() + 1))..=*body.end();
                }
                // Of two parts on one line the first counts: most guards allocate nothing.
                self.add(body, *lines(arm.pat.span()).start());
                self.add(guard, row);
            } else {
                self.add(body, *lines(arm.pat.span()).start());
            }
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let is_block = matches!(&*closure.body, syn::Expr::Block(body) if body.label.is_none());
        let has_frame = closure.constness.is_none() && (is_block || has_blocks(&closure.body));
        let row = if is_block { first_line(closure) } else { first_line(&closure.body) };
        let body = |finder: &mut Self| visit::visit_expr_closure(finder, closure);
        self.closure(lines(closure.span()), has_frame.then_some(row), body);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        let body = |finder: &mut Self| visit::visit_expr_async(finder, block);
        self.closure(lines(block.span()), Some(first_line(block)), body);
    }
}
