//! From the attribute's tokens to the instrumented item.

use crate::args::Args;
use crate::budget::Budget;
use crate::diag::{self, Errors};
use crate::emit::{self, tasks};
use crate::function::Function;
use crate::items::{Item, ItemKind};
use crate::names::Names;
use crate::old_syntax::{OldSyntax, rebuilt};
use crate::rows::{Compiler, Locate, Rows};
use crate::target::{self, Container, Target};
use crate::walk::Walker;
use crate::{budget, lints, source, stack};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Block, LitStr, Signature};

pub(crate) fn attribute(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    stack::run(|| expand(arguments.into(), item.into(), &Compiler).into())
}

pub(crate) fn block(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    stack::run(|| budget::block(input.into()).into())
}

/// The instrumented item, or the unchanged one and the errors.
pub(crate) fn expand(
    arguments: TokenStream,
    item: TokenStream,
    locate: &dyn Locate,
) -> TokenStream {
    // No file: this is rust-analyzer, which works best with the unchanged item.
    if locate.attribute().file.is_empty() {
        return item;
    }
    let mut errors = Errors::default();
    let args = Args::parse(arguments, &mut errors);
    if args.skip.is_some() {
        return errors.beside(item);
    }
    let mut old = OldSyntax::default();
    match target::parse(&item, &args, &mut old, &mut errors) {
        Some(target) if errors.is_empty() => {
            let names = Names::new(args.runtime.as_ref());
            let Args { name, budget, .. } = &args;
            let expansion = Expansion { names, name: name.as_ref(), budget, locate };
            old.put_back(expansion.target(target, true))
        }
        _ => errors.beside(item),
    }
}

struct Expansion<'a> {
    names: Names,
    name: Option<&'a LitStr>,
    budget: &'a Budget,
    locate: &'a dyn Locate,
}

impl Expansion<'_> {
    /// The instrumented item; `direct` if the attribute stands on it, and not on an item around it.
    fn target(&self, target: Target, direct: bool) -> TokenStream {
        match target {
            Target::BodyOnly(mut function) => {
                let allowed = lints::allowed(&function.block);
                let rows = Rows::new(self.locate, &function.extent(direct));
                let source = source::text(
                    &rows,
                    &|| function.signature(),
                    function.keyword,
                    &function.block,
                );
                self.body(rows, source, &function.name, &mut function.block);
                function.into_tokens(&allowed)
            }
            Target::Parsed(mut function) => {
                self.function(Function::of(&mut function), direct);
                function.into_token_stream()
            }
            Target::Container(Container { header, body }) => {
                let items = Item::all(body.stream()).flat_map(|item| self.item(item));
                header.into_iter().chain([rebuilt(&body, items.collect())]).collect()
            }
            Target::Unparsed(item) => {
                diag::warn_not_measured(self.locate, &item);
                item.tokens.into_iter().collect()
            }
        }
    }

    /// An item inside an annotated one. If it cannot be measured, it stays as it is, without an error:
    /// nobody has annotated it in particular.
    fn item(&self, mut item: Item) -> TokenStream {
        let is_included = !item.has_own_attribute() && !item.is_const();
        match item.kind {
            ItemKind::Function if is_included && item.body().is_some() => {
                let mut old = OldSyntax::default();
                match target::function(item, &mut old) {
                    Target::Parsed(function) if target::is_refused(&function) => {
                        old.put_back(function.into_token_stream())
                    }
                    function => old.put_back(self.target(function, false)),
                }
            }
            ItemKind::Implementation | ItemKind::Trait | ItemKind::Module
                if is_included && item.body().is_some() =>
            {
                self.target(target::container(item), false)
            }
            ItemKind::Grouped if is_included => {
                let inside = |passed: TokenTree| match passed {
                    TokenTree::Group(passed) => {
                        let items = Item::all(passed.stream()).flat_map(|item| self.item(item));
                        rebuilt(&passed, items.collect())
                    }
                    other => other,
                };
                let passed = item.tokens.pop().map(inside);
                item.tokens.into_iter().chain(passed).collect()
            }
            _ => item.tokens.into_iter().collect(),
        }
    }

    /// `fn f() { BODY }` becomes `fn f() { TABLE FRAME BODY' }`.
    fn function(&self, function: Function, direct: bool) {
        let rows = Rows::new(self.locate, &function.extent(direct));
        let Function { attributes, signature, block, .. } = function;
        attributes.push(lints::allowed(block));
        let keyword = signature.fn_token.span;
        let source = source::text(&rows, &|| signature.to_token_stream(), keyword, block);
        if signature.asyncness.is_some() {
            self.async_body(rows, source, signature, block);
        } else {
            self.body(rows, source, &signature.ident, block);
        }
    }

    fn body(&self, mut rows: Rows, source: String, name: &Ident, block: &mut Block) {
        let is_compared_by_lints = lints::is_compared_by_lints(name, block);
        rows.first_row = Walker::first_row(block, &rows);
        Walker::body(&self.names, &rows, block);
        // Declared before the frame, so that it is dropped after the frame has recorded everything.
        let budget = self.budget.statement(&self.names);
        block.stmts.splice(..0, budget.into_iter().flat_map(emit::statement));
        if is_compared_by_lints {
            lints::hide(block);
        }
        self.table(&rows, source, block);
    }

    fn async_body(
        &self,
        mut rows: Rows,
        source: String,
        signature: &mut Signature,
        block: &mut Block,
    ) {
        let is_compared_by_lints = lints::is_compared_by_lints(&signature.ident, block);
        let parameters = tasks::rebind(&mut signature.inputs);
        let pin = tasks::pin(&signature.output, block.brace_token.span.open());
        let frame = tasks::task_frame();
        let opening = quote!(#parameters #pin #frame);
        rows.first_row = Walker::first_row(block, &rows);
        Walker::async_body(&self.names, &rows, block, opening);
        let limits = self.budget.limits(&self.names);
        let call = tasks::call(&self.names, limits.as_ref(), &signature.output, block);
        block.stmts = Vec::from_iter(emit::statement(call));
        if is_compared_by_lints {
            lints::hide(block);
        }
        self.table(&rows, source, block);
    }

    fn table(&self, rows: &Rows, source: String, block: &mut Block) {
        let table = emit::FunctionTable { name: self.name, rows, source };
        block.stmts.splice(..0, emit::statement(emit::table(&self.names, &table)));
    }
}
