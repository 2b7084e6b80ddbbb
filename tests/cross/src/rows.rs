//! Which row of a function's table a line of its source belongs to.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The functions of a file, by the line of their tables.
pub(crate) struct Rows {
    /// Statements, arms, closures and blocks: the lines that they span, and the line of their row.
    ranges: Vec<(RangeInclusive<u32>, u32)>,
    /// Functions, by the lines that they span.
    functions: Vec<RangeInclusive<u32>>,
}

impl Rows {
    pub(crate) fn of(source: &str) -> syn::Result<Self> {
        let file = syn::parse_file(source)?;
        let mut finder = Finder(Self { ranges: Vec::new(), functions: Vec::new() });
        finder.visit_file(&file);
        Ok(finder.0)
    }

    /// The first line of the innermost function that has this line.
    pub(crate) fn function_at(&self, line: u32) -> Option<u32> {
        let around = self.functions.iter().filter(|lines| lines.contains(&line));
        Some(*around.min_by_key(|lines| lines.end() - lines.start())?.start())
    }

    /// The line of the row that code on this line is recorded on.
    pub(crate) fn row_of(&self, line: u32) -> u32 {
        let around = self.ranges.iter().filter(|(lines, _)| lines.contains(&line));
        let innermost = around.min_by_key(|(lines, _)| lines.end() - lines.start());
        innermost.map_or(line, |(_, row)| *row)
    }
}

struct Finder(Rows);

fn lines(span: Span) -> RangeInclusive<u32> {
    span.start().line as u32..=span.end().line as u32
}

impl Finder {
    fn add(&mut self, lines: RangeInclusive<u32>, row: u32) {
        self.0.ranges.push((lines, row));
    }

    /// The table begins on the line of the attribute, which is that of the function, below other attributes.
    fn add_function(
        &mut self,
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
        self.add(all.clone(), first);
        self.0.functions.push(all);
        self.add_end(block);
    }

    /// The closing brace has a row of its own.
    fn add_end(&mut self, block: &syn::Block) {
        let end = lines(block.brace_token.span.close());
        self.add(end.clone(), *end.end());
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add_function(&function.vis, &function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add_function(&function.vis, &function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add_function(&syn::Visibility::Inherited, &function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        if !matches!(statement, syn::Stmt::Item(_)) {
            let all = lines(statement.span());
            self.add(all.clone(), *all.start());
        }
        visit::visit_stmt(self, statement);
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

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let body = lines(arm.body.span());
        self.add(body, arm.pat.span().start().line as u32);
        visit::visit_arm(self, arm);
    }
}

/// Bytes and blocks by row of a table.
pub(crate) type Figures = BTreeMap<u32, (i64, i64)>;

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
/// Documented.
#[inline]
pub fn outer(flag: bool) -> usize {
    let text = String::from(
        \"a\",
    );
    if flag {
        first();
    } else if text
        .is_empty()
    {
        second();
    }
    fn inner() {
        third();
    }
    match flag {
        true => text
            .len(),
        false => 0,
    }
}
";

    #[test]
    fn a_line_is_on_the_row_of_its_innermost_statement() {
        let rows = Rows::of(SOURCE).unwrap();
        let found = [3, 5, 7, 8, 9, 10, 12, 15, 19, 22].map(|line| rows.row_of(line));
        assert_eq!(found, [3, 4, 7, 8, 9, 9, 12, 15, 18, 22]);
    }

    #[test]
    fn a_table_begins_below_documentation_and_other_attributes() {
        let rows = Rows::of(SOURCE).unwrap();
        let found = [1, 3, 12, 15, 22].map(|line| rows.function_at(line));
        assert_eq!(found, [None, Some(3), Some(3), Some(14), Some(3)]);
    }
}
