//! The attribute macro of `mem-profile`. Depend on `mem-profile`, which re-exports it together with
//! the runtime that the generated code calls.

use proc_macro::TokenStream;

#[cfg(feature = "enabled")]
mod args;
#[cfg(feature = "enabled")]
mod budget;
#[cfg(feature = "enabled")]
mod diag;
#[cfg(feature = "enabled")]
mod emit;
#[cfg(feature = "enabled")]
mod expand;
#[cfg(feature = "enabled")]
mod function;
#[cfg(feature = "enabled")]
mod items;
#[cfg(feature = "enabled")]
mod lints;
#[cfg(feature = "enabled")]
mod names;
#[cfg(feature = "enabled")]
mod old_syntax;
#[cfg(feature = "enabled")]
mod options;
#[cfg(feature = "enabled")]
mod plan;
#[cfg(feature = "enabled")]
mod rows;
#[cfg(feature = "enabled")]
mod source;
#[cfg(feature = "enabled")]
mod stack;
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

    pub(crate) fn block(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
        input.into_iter().last().into_iter().collect()
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
/// * `max_increment = "24 MiB"`, `max_peak = "64 MiB"`, `max_allocations = 1000`, `no_leak`: a budget,
///   on functions only. A call that takes more panics when it ends: it holds more bytes than before,
///   rose higher above them, requested more blocks, or leaves one of its blocks behind. Figures are
///   taken from the calling thread, or the polls of an `async fn`; a call *at* a limit passes.
/// * `process`: these limits are of all threads and tasks together, from the call to its end.
/// * `skip`: leaves the item as it is; meant for one function of an annotated `impl`, trait or module.
///
/// # Errors
///
/// A `const fn`, a naked function, a function or module without a body, any other kind of item, and
/// an unknown, doubled or misplaced option do not compile; the message names the remedy.
///
/// With the feature `enabled` off, the item is returned as it came.
///
/// # Panics
///
/// With a budget, the function panics when a call exceeds it, unless a panic is under way; and when
/// it is called in a program whose global allocator does not count, because nothing could be known.
#[proc_macro_attribute]
pub fn mem_profile(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(arguments, item)
}

/// Runs a block and panics where it has taken more than its budget:
/// `assert_budget!(max_peak = "1 MiB", no_leak, { … })`.
///
/// The value is that of the block. The limits are those of [`mem_profile`](macro@mem_profile); the
/// figures are the calling thread's, or with `process` all threads', so there must be no
/// `.await` in the block, and what is not annotated counts as well. The panic names each limit and figure, and the three annotated lines
/// that cost most.
///
/// With the feature `enabled` off, it is the block alone.
///
/// # Panics
///
/// When the block has taken more, unless a panic is under way; and when the global allocator does
/// not count.
#[proc_macro]
pub fn assert_budget(input: TokenStream) -> TokenStream {
    expand::block(input)
}
