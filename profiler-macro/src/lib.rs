//! The attribute macro of `mem-profile`. Depend on `mem-profile`, which re-exports it together with
//! the runtime that the generated code calls.

use proc_macro::TokenStream;

#[cfg(feature = "enabled")]
mod args;
#[cfg(feature = "enabled")]
mod diag;
#[cfg(feature = "enabled")]
mod emit;
#[cfg(feature = "enabled")]
mod emit_async;
#[cfg(feature = "enabled")]
mod expand;
#[cfg(feature = "enabled")]
mod lints;
#[cfg(feature = "enabled")]
mod names;
#[cfg(feature = "enabled")]
mod plan;
#[cfg(feature = "enabled")]
mod source;
#[cfg(feature = "enabled")]
mod span;
#[cfg(feature = "enabled")]
mod target;
#[cfg(all(test, feature = "enabled"))]
mod tests;
#[cfg(feature = "enabled")]
mod walk;

/// The twin of the real expansion: the item as it came.
#[cfg(not(feature = "enabled"))]
mod expand {
    pub(crate) fn attribute(
        _arguments: proc_macro::TokenStream,
        item: proc_macro::TokenStream,
    ) -> proc_macro::TokenStream {
        item
    }
}

/// Measures memory line by line in a function, or in every function of an `impl` block, a trait or
/// an inline module.
///
/// The attribute inserts statements between the statements of the body. No expression of the user
/// is moved into a closure, so types, borrows, `?`, `return` and drop order stay what they were.
///
/// # Options
///
/// * `name = "…"`: the name in reports, in place of the function's path. On functions only.
/// * `crate = path`: where `mem-profile` is to be found, for crates that re-export it.
/// * `skip`: leaves the item as it is; meant for one function of an annotated `impl`, trait or module.
///
/// # Errors
///
/// A `const fn`, a naked function, a function or module without a body, any other kind of item, and
/// an unknown, doubled or misplaced option do not compile; the message names the remedy.
///
/// With the feature `enabled` off, the item is returned as it came.
#[proc_macro_attribute]
pub fn mem_profile(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(arguments, item)
}
