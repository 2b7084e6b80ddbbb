//! From the attribute's tokens to the instrumented item.

use crate::args::Args;
use crate::budget::Budget;
use crate::diag::Errors;
use crate::names::Names;
use crate::span::{Compiler, Locate, Rows};
use crate::target::{self, Function, Target};
use crate::walk::Walker;
use crate::{budget, emit, emit_async, lints, source, stack};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Block, ImplItem, Item, ItemImpl, ItemTrait, LitStr, Signature, TraitItem};

pub(crate) fn attribute(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    stack::run(|| expand(arguments.into(), item.into(), &Compiler).into())
}

pub(crate) fn block(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    stack::run(|| budget::block(input.into()).into())
}

/// The instrumented item, or the untouched one beside the errors.
pub(crate) fn expand(
    arguments: TokenStream,
    item: TokenStream,
    locate: &dyn Locate,
) -> TokenStream {
    // An editor's analysis has no files; it is best served with what the user has written.
    if locate.attribute().file.is_empty() {
        return item;
    }
    let mut errors = Errors::default();
    let args = Args::parse(arguments, &mut errors);
    if args.skip.is_some() {
        return errors.beside(item);
    }
    match target::parse(&item, &args, &mut errors) {
        Some(target) if errors.is_empty() => {
            let names = Names::new(args.runtime.as_ref());
            let Args { name, budget, .. } = &args;
            Expansion { names, name: name.as_ref(), budget, locate }.target(target)
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
    fn target(&self, target: Target) -> TokenStream {
        match target {
            Target::Plain(mut function) => {
                let allowed = lints::allowed(&function.block);
                let rows = Rows::new(self.locate, &function.extent());
                let source = source::text(
                    &rows,
                    &|| function.signature(),
                    function.keyword,
                    &function.block,
                );
                self.body(&rows, source, &function.name, &mut function.block);
                function.into_tokens(&allowed)
            }
            Target::Function(mut function) => {
                self.function(Function::of_impl(&mut function), true);
                function.into_token_stream()
            }
            Target::Impl(mut block) => {
                self.methods(&mut block);
                block.into_token_stream()
            }
            Target::Trait(mut definition) => {
                self.defaults(&mut definition);
                definition.into_token_stream()
            }
            Target::Module(mut module) => {
                self.items(module.content.iter_mut().flat_map(|(_, items)| items));
                module.into_token_stream()
            }
        }
    }

    fn items<'i>(&self, items: impl Iterator<Item = &'i mut Item>) {
        for item in items {
            match item {
                Item::Fn(function) => self.inner(Function::of_module(function)),
                Item::Impl(block) if !target::has_own_attribute(&block.attrs) => {
                    self.methods(block);
                }
                Item::Trait(definition) if !target::has_own_attribute(&definition.attrs) => {
                    self.defaults(definition);
                }
                Item::Mod(module) if !target::has_own_attribute(&module.attrs) => {
                    let content = module.content.iter_mut();
                    // A `dyn` iterator: nested modules would nest the type without end.
                    let items: &mut dyn Iterator<Item = _> = &mut content.flat_map(|(_, i)| i);
                    self.items(items);
                }
                _ => {}
            }
        }
    }

    fn methods(&self, block: &mut ItemImpl) {
        for item in &mut block.items {
            if let ImplItem::Fn(function) = item {
                self.inner(Function::of_impl(function));
            }
        }
    }

    fn defaults(&self, definition: &mut ItemTrait) {
        for item in &mut definition.items {
            if let TraitItem::Fn(function) = item
                && let Some(function) = Function::of_trait(function)
            {
                self.inner(function);
            }
        }
    }

    /// A function inside an annotated item. What cannot be measured is left alone: nobody has
    /// asked for it in particular.
    fn inner(&self, function: Function) {
        let refused = target::refusal(function.attributes, function.signature).is_some();
        if !refused && !target::has_own_attribute(function.attributes) {
            self.function(function, false);
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
            self.async_body(&rows, source, signature, block);
        } else {
            self.body(&rows, source, &signature.ident, block);
        }
    }

    fn body(&self, rows: &Rows, source: String, name: &Ident, block: &mut Block) {
        let is_compared = lints::is_compared(name, block);
        let first_row_runs = Walker::body(&self.names, rows, block);
        // Declared before the frame, so that it is dropped when the books are closed.
        let budget = self.budget.statement(&self.names);
        block.stmts.splice(..0, budget.into_iter().flat_map(emit::statement));
        if is_compared {
            lints::conceal(block);
        }
        self.table(rows, source, first_row_runs, block);
    }

    fn async_body(
        &self,
        rows: &Rows,
        source: String,
        signature: &mut Signature,
        block: &mut Block,
    ) {
        let is_compared = lints::is_compared(&signature.ident, block);
        let parameters = emit_async::rebind(&mut signature.inputs);
        let pin = emit_async::pin(&signature.output, block.brace_token.span.open());
        let frame = emit_async::task_frame();
        let opening = quote!(#parameters #pin #frame);
        let first_row_runs = Walker::async_body(&self.names, rows, block, opening);
        let limits = self.budget.limits(&self.names);
        let call = emit_async::call(&self.names, limits.as_ref(), &signature.output, block);
        block.stmts = Vec::from_iter(emit::statement(call));
        if is_compared {
            lints::conceal(block);
        }
        self.table(rows, source, first_row_runs, block);
    }

    fn table(&self, rows: &Rows, source: String, first_row_runs: bool, block: &mut Block) {
        let table = emit::Table { name: self.name, rows, source, first_row_runs };
        block.stmts.splice(..0, emit::statement(emit::table(&self.names, &table)));
    }
}
