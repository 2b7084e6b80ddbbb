//! The first token of a node after its attributes.
//!
//! PERF: 7.92 → 7.80 million instructions of rustc a function of three lines (docs/costs.md), since
//! `span()` of a node turns all of it into tokens to find that one.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, ExprClosure, ExprRange, Label, QSelf, RangeLimits, Stmt};

/// Where an expression begins.
enum Start<'a> {
    Token(Span),
    /// Where its first operand begins.
    Operand(&'a Expr),
    Unknown,
}

/// The first token of a statement.
pub(super) fn statement(statement: &Stmt) -> Option<Span> {
    match statement {
        Stmt::Local(local) => Some(local.let_token.span),
        Stmt::Item(_) => None,
        Stmt::Expr(expr, _) => expression(expr),
        Stmt::Macro(statement) => first_token(&statement.mac.path),
    }
}

/// The attributes of a statement. An expression has them at its first operand.
pub(super) fn attributes(statement: &Stmt) -> &[Attribute] {
    let mut expr = match statement {
        Stmt::Local(local) => return &local.attrs,
        Stmt::Item(_) => return &[],
        Stmt::Macro(statement) => return &statement.attrs,
        Stmt::Expr(expr, _) => expr,
    };
    loop {
        match head(expr) {
            ([], Start::Operand(operand)) => expr = operand,
            (attributes, _) => return attributes,
        }
    }
}

/// The token that decides the line of a loop or a block: its label, if it has one.
pub(super) fn header(label: Option<&Label>, keyword: Span) -> Span {
    label.map_or(keyword, |label| label.name.apostrophe)
}

/// The first token of a small node, also inside the invisible group that a macro puts around it.
pub(super) fn first_token(node: &impl ToTokens) -> Option<Span> {
    fn first(tokens: TokenStream) -> Option<Span> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                first(group.stream())
            }
            TokenTree::Group(group) => Some(group.span_open()),
            token => Some(token.span()),
        })
    }
    first(node.to_token_stream())
}

/// The first token of an expression after its attributes.
pub(super) fn expression(expr: &Expr) -> Option<Span> {
    match head(expr).1 {
        Start::Token(span) => Some(span),
        Start::Operand(operand) => expression(operand),
        Start::Unknown => first_token(expr),
    }
}

fn head(expr: &Expr) -> (&[Attribute], Start<'_>) {
    use Start::{Operand, Token};
    match expr {
        Expr::Array(e) => (&e.attrs, Token(e.bracket_token.span.open())),
        Expr::Assign(e) => (&e.attrs, Operand(&e.left)),
        Expr::Async(e) => (&e.attrs, Token(e.async_token.span)),
        Expr::Await(e) => (&e.attrs, Operand(&e.base)),
        Expr::Binary(e) => (&e.attrs, Operand(&e.left)),
        Expr::Block(e) => {
            (&e.attrs, Token(header(e.label.as_ref(), e.block.brace_token.span.open())))
        }
        Expr::Break(e) => (&e.attrs, Token(e.break_token.span)),
        Expr::Call(e) => (&e.attrs, Operand(&e.func)),
        Expr::Cast(e) => (&e.attrs, Operand(&e.expr)),
        Expr::Closure(e) => (&e.attrs, Token(closure(e))),
        Expr::Const(e) => (&e.attrs, Token(e.const_token.span)),
        Expr::Continue(e) => (&e.attrs, Token(e.continue_token.span)),
        Expr::Field(e) => (&e.attrs, Operand(&e.base)),
        Expr::ForLoop(e) => (&e.attrs, Token(header(e.label.as_ref(), e.for_token.span))),
        Expr::Group(e) => (&e.attrs, Operand(&e.expr)),
        Expr::If(e) => (&e.attrs, Token(e.if_token.span)),
        Expr::Index(e) => (&e.attrs, Operand(&e.expr)),
        Expr::Infer(e) => (&e.attrs, Token(e.underscore_token.span)),
        Expr::Let(e) => (&e.attrs, Token(e.let_token.span)),
        Expr::Lit(e) => (&e.attrs, Token(e.lit.span())),
        Expr::Loop(e) => (&e.attrs, Token(header(e.label.as_ref(), e.loop_token.span))),
        Expr::Macro(e) => (&e.attrs, path(&e.mac.path)),
        Expr::Match(e) => (&e.attrs, Token(e.match_token.span)),
        Expr::MethodCall(e) => (&e.attrs, Operand(&e.receiver)),
        Expr::Paren(e) => (&e.attrs, Token(e.paren_token.span.open())),
        Expr::Path(e) => (&e.attrs, path_of(e.qself.as_ref(), &e.path)),
        Expr::Range(e) => (&e.attrs, range(e)),
        Expr::RawAddr(e) => (&e.attrs, Token(e.and_token.spans[0])),
        Expr::Reference(e) => (&e.attrs, Token(e.and_token.spans[0])),
        Expr::Repeat(e) => (&e.attrs, Token(e.bracket_token.span.open())),
        Expr::Return(e) => (&e.attrs, Token(e.return_token.span)),
        Expr::Struct(e) => (&e.attrs, path_of(e.qself.as_ref(), &e.path)),
        Expr::Try(e) => (&e.attrs, Operand(&e.expr)),
        Expr::TryBlock(e) => (&e.attrs, Token(e.try_token.span)),
        Expr::Tuple(e) => (&e.attrs, Token(e.paren_token.span.open())),
        Expr::Unary(e) => (&e.attrs, first_token(&e.op).map_or(Start::Unknown, Token)),
        Expr::Unsafe(e) => (&e.attrs, Token(e.unsafe_token.span)),
        Expr::While(e) => (&e.attrs, Token(header(e.label.as_ref(), e.while_token.span))),
        Expr::Yield(e) => (&e.attrs, Token(e.yield_token.span)),
        _ => (&[], Start::Unknown),
    }
}

fn path(path: &syn::Path) -> Start<'static> {
    let leading = path.leading_colon.map(|colon| colon.spans[0]);
    let first = leading.or_else(|| Some(path.segments.first()?.ident.span()));
    first.map_or(Start::Unknown, Start::Token)
}

fn path_of(qualified: Option<&QSelf>, rest: &syn::Path) -> Start<'static> {
    qualified.map_or_else(|| path(rest), |qualified| Start::Token(qualified.lt_token.span))
}

fn range(range: &ExprRange) -> Start<'_> {
    let dots = match &range.limits {
        RangeLimits::HalfOpen(dots) => dots.spans[0],
        RangeLimits::Closed(dots) => dots.spans[0],
    };
    range.start.as_deref().map_or(Start::Token(dots), Start::Operand)
}

fn closure(closure: &ExprClosure) -> Span {
    let binder = closure.lifetimes.as_ref().map(|binder| binder.for_token.span);
    binder
        .or(closure.constness.map(|token| token.span))
        .or(closure.asyncness.map(|token| token.span))
        .or(closure.capture.map(|token| token.span))
        .unwrap_or(closure.inputs_begin.span)
}
