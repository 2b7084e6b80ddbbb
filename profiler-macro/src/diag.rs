//! Errors: collected, combined, and emitted beside the untouched item.

use proc_macro2::{Span, TokenStream};
use syn::Error;

/// Everything that is wrong with one use of the attribute.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(Error::new(span, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// `item`, followed by one `compile_error!` per error. The item stays, so that the compiler
    /// does not also complain about every use of it.
    pub(crate) fn beside(self, mut item: TokenStream) -> TokenStream {
        item.extend(self.0.map(|error| error.into_compile_error()));
        item
    }
}
