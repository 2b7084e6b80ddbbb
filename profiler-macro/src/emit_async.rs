//! Async bodies: a wrapper around the future hides what other tasks do between two polls of it.

use crate::emit::row;
use crate::names::{self, Names, is_condition};
use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAsync, FnArg, Pat, PatIdent, ReceiverKind, ReturnType, Token, Type};

/// `let __frame = …;` of an async body.
pub(crate) fn task_frame() -> TokenStream {
    let (frame, table) = (names::frame(), names::table());
    quote!(let #frame = #table.task_frame();)
}

/// The one statement of an async function: its body in a wrapper.
///
/// ```text
/// async fn f(a: A) -> R { BODY }
/// async fn f(a: A) -> R { TABLE task_call(&TABLE, async move { let a = a; PIN FRAME BODY }).await }
/// ```
pub(crate) fn call(Names { runtime }: &Names, output: &ReturnType, body: &Block) -> TokenStream {
    let table = names::table();
    let call = quote!(#runtime::task_call(&#table, async move #body).await);
    // A future of `!` needs a type that can be written on stable.
    if is_never(output) { quote!(match #call {}) } else { call }
}

/// `async { BODY }` becomes `task(&TABLE, row, async { FRAME BODY })`.
pub(crate) fn block(Names { runtime }: &Names, at: usize, mut user: ExprAsync) -> TokenStream {
    let table = names::table();
    let attributes = std::mem::take(&mut user.attrs);
    let at = row(at);
    quote!(#(#attributes)* #runtime::task(&#table, #at, #user))
}

/// The body of an async closure: as an async block, awaited at once.
pub(crate) fn closure(Names { runtime }: &Names, at: usize, body: &Block) -> TokenStream {
    let (table, at) = (names::table(), row(at));
    quote!(#runtime::task(&#table, #at, async #body).await)
}

/// Fixes the type of an async body, which `?` and coercions cannot infer. A type that contains
/// `impl Trait` cannot be written here.
pub(crate) fn pin(output: &ReturnType) -> TokenStream {
    let lints = quote!(#[allow(
        unreachable_code,
        clippy::diverging_sub_expression,
        clippy::empty_loop,
        clippy::let_and_return,
        clippy::let_unit_value,
        clippy::needless_return
    )]);
    let returned = match output {
        ReturnType::Default => return quote!(#lints if false { return; }),
        _ if is_never(output) => quote!(::core::convert::Infallible),
        ReturnType::Type(_, ty) if has_impl(ty) => return TokenStream::new(),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    let never = names::never();
    quote! {
        #lints
        if false {
            let #never: #returned = loop {};
            return #never;
        }
    }
}

/// Moves every parameter into the async body, in order of declaration, so that they are dropped
/// after the locals and in reverse order as before. `mut` moves along. `self` cannot be bound
/// again, but naming it moves all of it.
pub(crate) fn rebind(inputs: &mut Punctuated<FnArg, Token![,]>) -> TokenStream {
    let mut tokens = TokenStream::new();
    for input in inputs {
        let input = match input {
            FnArg::Typed(input) => input,
            FnArg::Receiver(receiver) => {
                if !matches!(receiver.kind, ReceiverKind::Reference(..)) {
                    let owner = receiver.self_token;
                    tokens.extend(quote!(let _ = &#owner;));
                }
                continue;
            }
        };
        let conditions = input.attrs.iter().filter(|attribute| is_condition(attribute));
        let conditions: Vec<_> = conditions.cloned().collect();
        bindings(&mut input.pat, &mut |binding| {
            let mutability = match binding.by_ref {
                Some(_) => None,
                None => binding.mutability.take(),
            };
            let ident = &binding.ident;
            tokens.extend(quote! {
                #(#conditions)*
                #[allow(clippy::used_underscore_binding)]
                let #mutability #ident = #ident;
            });
        });
    }
    tokens
}

/// Calls `visit` with every binding of a pattern.
fn bindings(pattern: &mut Pat, visit: &mut dyn FnMut(&mut PatIdent)) {
    match pattern {
        Pat::Ident(binding) => {
            visit(binding);
            if let Some((_, inner)) = &mut binding.subpat {
                bindings(inner, visit);
            }
        }
        Pat::Paren(paren) => bindings(&mut paren.pat, visit),
        Pat::Reference(reference) => bindings(&mut reference.pat, visit),
        Pat::Type(typed) => bindings(&mut typed.pat, visit),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(|inner| bindings(inner, visit)),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(|inner| bindings(inner, visit)),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(|inner| bindings(inner, visit)),
        Pat::Struct(fields) => {
            fields.fields.iter_mut().for_each(|field| bindings(&mut field.pat, visit));
        }
        // Alternatives bind the same names on every side, and stay as they are.
        _ => {}
    }
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
