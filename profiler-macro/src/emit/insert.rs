//! Inserts statements into a block, and puts blocks around expressions and bodies.

use super::statements::{call, closing_guard, line, mark_done, pass, resume, statement};
use crate::lints;
use crate::plan::BlockPlan;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Block, Expr, ExprBlock, ExprIf, Stmt, token};

/// How the row before a nested block becomes current again.
#[derive(Clone, Copy)]
pub(crate) enum RowRestore {
    /// The guard of this depth restores it, once it is marked as done.
    ByGuard(usize),
    /// A statement starts this row again.
    ByEvent(usize),
}

/// All that is inserted into one block.
pub(crate) struct Insertions {
    pub(crate) plan: BlockPlan,
    pub(crate) opening: TokenStream,
    pub(crate) restore: Option<RowRestore>,
    /// For each statement: its `#[cfg]`s and `#[allow]`s.
    pub(crate) attributes: Vec<Vec<Attribute>>,
    /// For each statement: where it begins, unless it may be the block's tail.
    pub(crate) starts: Vec<Option<Span>>,
    /// For each statement: the depths of the guards that it leaves by a jump.
    pub(crate) left: Vec<Vec<usize>>,
}

/// `{ a; b }` becomes `{ OPENING EVENT a; EXIT EVENT b }`.
pub(crate) fn splice(block: &mut Block, mut insertions: Insertions) {
    let users = std::mem::take(&mut block.stmts);
    let count = users.len();
    block.stmts.reserve(2 * count + 2);
    for (index, user) in users.into_iter().enumerate() {
        insert_before(index, &mut insertions, &mut block.stmts);
        block.stmts.push(user);
    }
    insert_before(count, &mut insertions, &mut block.stmts);
}

/// Adds the insertions before the statement `index`, or those at the end of the block.
fn insert_before(index: usize, insertions: &mut Insertions, statements: &mut Vec<Stmt>) {
    let Insertions { plan, opening, restore, attributes, starts, left } = insertions;
    if index == plan.opening {
        statements.extend(statement(std::mem::take(opening)));
    }
    let lints = || Vec::from_iter((index > plan.opening).then(|| lints::allow("unreachable_code")));
    let exit = plan.exit.as_ref().filter(|exit| exit.at.max(plan.opening) == index);
    let mut next = plan.events.get(index).copied().flatten();
    let mut resumed = None;
    if let Some(exit) = exit {
        match *restore {
            Some(RowRestore::ByGuard(depth)) => statements.extend(mark_done(depth, &lints())),
            Some(RowRestore::ByEvent(outer)) => resumed = Some(outer),
            None => {}
        }
        if let Some(close) = exit.closing_brace.filter(|end| end.needs_guard) {
            // One call for both, unless the event goes with a `#[cfg]` of its statement.
            let value = next.take_if(|_| attributes[index].is_empty());
            statements.extend(closing_guard(close.row, value, &lints()));
        }
    }
    if let Some(attributes) = attributes.get_mut(index) {
        if let (Some(outer), Some(at)) = (resumed, next)
            && attributes.is_empty()
        {
            statements.push(allowing(lints(), pass(outer, at)));
            return;
        }
        let jumps = left[index].iter().flat_map(|depth| {
            let attributes = attributes.iter().cloned().chain(lints());
            mark_done(*depth, &Vec::from_iter(attributes))
        });
        let jumps = Vec::from_iter(jumps);
        statements.extend(next.map(|at| {
            let mut attributes = std::mem::take(attributes);
            // Where the event is dead code, so is the statement. The compiler warns once, about the first
            // of the two, so the event has the span of the user's.
            let place = starts[index].map(|place| Span::mixed_site().located_at(place));
            if place.is_none() {
                attributes.extend(lints());
            }
            call("line", &[at], attributes, place.unwrap_or_else(Span::mixed_site))
        }));
        statements.extend(jumps);
    }
    let close = exit
        .and_then(|exit| exit.closing_brace)
        .filter(|end| !end.needs_guard)
        .map(|end| line(end.row));
    let last = close.or_else(|| resumed.map(resume));
    statements.extend(last.map(|last| allowing(lints(), last)));
}

/// The statement with these attributes.
fn allowing(lints: Vec<Attribute>, mut statement: Stmt) -> Stmt {
    if let Stmt::Expr(Expr::MethodCall(call), _) = &mut statement {
        call.attrs = lints;
    }
    statement
}

/// Puts a block around an expression: `expr` becomes `{ expr }`.
///
/// Its braces are not the user's, so lints ignore it. The edition of the braces makes no difference
/// around a match arm, a closure's body or a jump: in all editions, temporaries of such an expression
/// are dropped at its own end.
pub(crate) fn wrap(expr: &mut Expr) -> &mut Block {
    let inner = std::mem::replace(expr, Expr::PLACEHOLDER);
    let brace_token = token::Brace(Span::mixed_site());
    let block = Block { brace_token, stmts: vec![Stmt::Expr(inner, None)] };
    *expr = Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block });
    match expr {
        Expr::Block(expr) => &mut expr.block,
        _ => unreachable!("it was assigned above"),
    }
}

/// `{ BODY }` becomes `{ { OPENING { BODY } } }`, unless there is nothing to open.
///
/// The braces in the middle are not the user's and carry the edition of this crate, 2024: so in all
/// editions, the temporaries of the tail are dropped before the frame. The user's braces stand outside,
/// where they show the extent of the function, and inside, around the locals. A tail alone needs none
/// inside, and lints would complain about them. One that is `alone` only where no `#[cfg]` holds gets
/// a constant beside it, so that they do not.
pub(crate) fn enclose(block: &mut Block, opening: TokenStream, alone: bool) {
    let Some(opening) = statement(opening) else { return };
    let mut stmts = std::mem::take(&mut block.stmts);
    if stmts.len() > 1 {
        if alone {
            stmts.splice(..0, statement(quote! { const _: () = (); }));
        }
        stmts = vec![nested(block.brace_token, stmts)];
    }
    stmts.insert(0, opening);
    let own = Span::mixed_site().located_at(block.brace_token.span.join());
    block.stmts.push(nested(token::Brace(own), stmts));
}

/// A block as the tail of another one.
fn nested(brace_token: token::Brace, stmts: Vec<Stmt>) -> Stmt {
    let block = Block { brace_token, stmts };
    Stmt::Expr(Expr::Block(ExprBlock { attrs: Vec::new(), label: None, block }), None)
}

/// `if c {}` becomes `if { EVENT; false } { loop {} } else if c {}`.
pub(crate) fn add_link(at: usize, branch: &mut Expr) {
    let site = Span::mixed_site();
    let line = line(at);
    let never = quote!(loop {});
    let rest = std::mem::replace(branch, Expr::PLACEHOLDER);
    *branch = Expr::If(ExprIf {
        attrs: Vec::new(),
        if_token: token::If(site),
        cond: Box::new(Expr::Verbatim(quote!({ #line false }))),
        then_branch: Block {
            brace_token: token::Brace(site),
            stmts: Vec::from_iter(statement(never)),
        },
        else_branch: Some((token::Else(site), Box::new(rest))),
    });
}
