//! Async bodies: a wrapper around the future keeps out what other tasks do between two of its polls.

use super::statements::row;
use crate::names::{self, Names, is_cfg};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, FnArg, Pat, PatIdent, ReceiverKind, ReturnType, Token, Type,
    parse_quote,
};

/// `let __frame = …;` of an async body.
pub(crate) fn task_frame() -> TokenStream {
    let (frame, table) = (names::frame(), names::table());
    quote!(let #frame = #table.task_frame();)
}

/// The one statement of an async function: its body in a wrapper.
///
/// ```text
/// async fn f(a: A) -> R { BODY }
/// async fn f(a: A) -> R { TABLE return task_call(&TABLE, async move { let a = a; PIN FRAME BODY }).await; }
/// ```
/// With `limits`, `task_within(&TABLE, LIMITS, …)`.
pub(crate) fn call(
    Names { runtime }: &Names,
    limits: Option<&TokenStream>,
    output: &ReturnType,
    body: &Block,
) -> TokenStream {
    let table = names::table();
    let call = match limits {
        None => quote!(#runtime::task_call(&#table, async move #body).await),
        Some(limits) => quote!(#runtime::task_within(&#table, #limits, async move #body).await),
    };
    // A future of `!` needs a type that can be written on stable. Some lints require `return`.
    if is_never(output) { quote!(match #call {}) } else { quote!(return #call;) }
}

/// `async { BODY }` becomes `task(&TABLE, row, async { FRAME BODY })`. The call has the
/// span of the block, so the compiler's messages about the future point to it.
pub(crate) fn block(Names { runtime }: &Names, at: usize, mut user: ExprAsync) -> TokenStream {
    let table = names::table();
    let attributes = std::mem::take(&mut user.attrs);
    let at = row(at);
    let call = names::spanned(user.async_token.span, quote!(#runtime::task));
    let end = user.block.brace_token.span.close();
    let arguments = names::spanned(end, quote!((&#table, #at, #user)));
    quote!(#(#attributes)* #call #arguments)
}

/// The body of an async closure: as an async block, awaited at once.
pub(crate) fn closure(Names { runtime }: &Names, at: usize, body: &Block) -> TokenStream {
    let (table, at) = (names::table(), row(at));
    quote!(return #runtime::task(&#table, #at, async #body).await;)
}

/// Fixes the type of an async body, which `?` and coercions cannot infer. A type that contains
/// `impl Trait` cannot be written here. The compiler's messages about it point to the arrow or, without
/// one, to the opening brace.
pub(crate) fn pin(output: &ReturnType, open: Span) -> TokenStream {
    let lints = quote!(#[allow(
        unreachable_code,
        clippy::diverging_sub_expression,
        clippy::empty_loop,
        clippy::let_and_return,
        clippy::let_unit_value,
        clippy::needless_return
    )]);
    let (arrow, returned) = match output {
        ReturnType::Default => {
            let leave = names::located_at(quote!(return), open);
            return quote!(#lints if false { #leave; });
        }
        ReturnType::Type(_, ty) if has_impl(ty) => return TokenStream::new(),
        ReturnType::Type(arrow, _) if is_never(output) => {
            (arrow, quote!(::core::convert::Infallible))
        }
        ReturnType::Type(arrow, ty) => (arrow, quote!(#ty)),
    };
    let never = names::never();
    let leave = names::located_at(quote!(return #never), arrow.spans[0]);
    quote! {
        #lints
        if false {
            let #never: #returned = loop {};
            #leave;
        }
    }
}

/// Moves every parameter into the async body, in order of declaration, so that they are dropped
/// after the locals and in reverse order, as before. `mut` and lint attributes move along; other
/// attributes stay for macros that expand later. A pattern is matched in the body, as Rust itself does it,
/// so the rest of its parameter is dropped in the same order. `self` cannot be bound again, but naming
/// it moves all of it.
///
/// ```text
/// async fn f(mut a: A, (b, _): B)          becomes
/// async fn f(a: A, argument1: B) { let mut a = a; let argument1 = argument1; let (b, _) = argument1; … }
/// ```
pub(crate) fn rebind(inputs: &mut Punctuated<FnArg, Token![,]>) -> TokenStream {
    inputs.iter_mut().enumerate().map(|(position, input)| parameter(position, input)).collect()
}

fn parameter(position: usize, input: &mut FnArg) -> TokenStream {
    let input = match input {
        FnArg::Receiver(receiver) => {
            let owner = receiver.self_token;
            let is_value = !matches!(receiver.kind, ReceiverKind::Reference(..));
            return if is_value { quote!(let _ = &#owner;) } else { TokenStream::new() };
        }
        FnArg::Typed(input) => input,
    };
    let attributes = std::mem::take(&mut input.attrs);
    let (lints, kept): (Vec<_>, Vec<_>) = attributes.into_iter().partition(names::is_lint);
    input.attrs = kept;
    let conditions: Vec<_> = input.attrs.iter().filter(|kept| is_cfg(kept)).collect();
    let attributes = quote!(#(#conditions)* #(#lints)*);
    if let Pat::Ident(PatIdent { by_ref: None, subpat: None, mutability, ident, .. }) =
        &mut *input.pat
    {
        let mutability = mutability.take();
        let lints = quote!(#[allow(
            clippy::no_effect_underscore_binding,
            clippy::shadow_same,
            clippy::used_underscore_binding
        )]);
        return quote!(#attributes #lints let #mutability #ident = #ident;);
    }
    let argument = names::argument(position);
    let pattern = std::mem::replace(&mut *input.pat, parse_quote!(#argument));
    let parts = match pattern {
        Pat::Wild(_) => TokenStream::new(),
        pattern => quote!(#attributes let #pattern = #argument;),
    };
    quote!(#(#conditions)* let #argument = #argument; #parts)
}

fn is_never(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if matches!(**ty, Type::Never(_)))
}

fn has_impl(ty: &Type) -> bool {
    struct Search(bool);
    impl Visit<'_> for Search {
        fn visit_type_impl_trait(&mut self, _: &syn::TypeImplTrait) {
            self.0 = true;
        }
        // The return type of a closure or block inside a type is not the function's.
        fn visit_expr(&mut self, _: &Expr) {}
        fn visit_type(&mut self, ty: &Type) {
            if !self.0 {
                visit::visit_type(self, ty);
            }
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}
