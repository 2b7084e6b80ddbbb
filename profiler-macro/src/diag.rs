//! Errors: collected, combined, and emitted after the unchanged item.

use crate::items::Item;
use crate::rows::{Locate, Location};
use proc_macro2::{Span, TokenStream};
use std::io::Write;
use syn::Error;

/// All errors in one use of the attribute.
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

    /// `item`, followed by one `compile_error!` per error. The item stays, so that the compiler does not
    /// report each use of it as well.
    pub(crate) fn beside(self, mut item: TokenStream) -> TokenStream {
        item.extend(self.0.map(|error| error.into_compile_error()));
        item
    }
}

/// Warns that a function is not measured. On standard error, since a warning of the compiler's would be an
/// error where warnings are denied. Cargo shows it, also when nothing has to be compiled.
pub(crate) fn warn_not_measured(locate: &dyn Locate, item: &Item) {
    let Some(first) = item.tokens.get(item.attributes) else { return };
    let Location { file, line } = locate.start(first.span());
    let text = format!(
        "warning: `#[mem_profile]` cannot parse the signature of this function, so it is not measured; \
         write its types as in edition 2021: `&dyn Fn(u8)`\n --> {file}:{line}\n"
    );
    let _ = std::io::stderr().write_all(text.as_bytes());
}
