//! Which functions are too small to be measured, unless they are asked for: what they do is as well
//! read off the line that calls them, and an event may cost more than they do.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Stmt};

/// Whether a body computes without calling anything, or is one expression with at most one call, as
/// a getter is.
pub(crate) fn is_trivial(body: &Block) -> bool {
    let mut work = Work::default();
    work.visit_block(body);
    if work.is_compound {
        return false;
    }
    let is_one_expression = matches!(body.stmts.as_slice(), [] | [Stmt::Expr(..)]);
    work.calls == 0 || (is_one_expression && work.calls == 1)
}

#[derive(Default)]
struct Work {
    calls: usize,
    /// Has a loop, a macro, a closure, or other code that may do anything.
    is_compound: bool,
}

impl Visit<'_> for Work {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) => self.calls += usize::from(!is_constructor(&call.func)),
            Expr::MethodCall(_) => self.calls += 1,
            Expr::Async(_)
            | Expr::Await(_)
            | Expr::Closure(_)
            | Expr::ForLoop(_)
            | Expr::Loop(_)
            | Expr::Macro(_)
            | Expr::While(_)
            | Expr::Verbatim(_) => self.is_compound = true,
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_stmt_macro(&mut self, _: &syn::StmtMacro) {
        self.is_compound = true;
    }

    // Functions inside count on their own.
    fn visit_item(&mut self, _: &syn::Item) {}
}

/// Whether what is called begins with a capital letter: `Some(x)` makes a value and runs nothing.
fn is_constructor(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path.segments.last().is_some_and(|last| {
        last.ident.to_string().starts_with(|first: char| first.is_ascii_uppercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trivial(body: &str) -> bool {
        is_trivial(&syn::parse_str(&format!("{{ {body} }}")).unwrap())
    }

    #[test]
    fn getters_and_arithmetic_are_trivial() {
        for body in ["", "&self.items", "self.items.len()", "Self::with(0)", "Some(self.next()?)"] {
            assert!(trivial(body), "{body}");
        }
        assert!(trivial("let a = x + 1; if a > 2 { return Some(a); } None"));
    }

    #[test]
    fn what_calls_loops_or_expands_is_not() {
        for body in ["a(); b()", "let x = f(); x", "f(g())", "vec![0; 9]", "println!();"] {
            assert!(!trivial(body), "{body}");
        }
        for body in ["for i in 0..9 {}", "|| f()", "f().await", "x.iter().collect()"] {
            assert!(!trivial(body), "{body}");
        }
    }
}
