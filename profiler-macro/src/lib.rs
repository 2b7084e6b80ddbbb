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

/// Returns the item unchanged, in place of the real expansion.
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
/// The attribute inserts statements between the statements of the body. It moves none of your
/// expressions into a closure, so types, borrows, `?`, `return` and drop order stay the same.
///
/// # Options
///
/// * `name = "…"`: the name in reports, in place of the function's path. On functions only.
/// * `crate = path`: the path of `mem-profile`, for crates that re-export it.
/// * `max_increment = "24 MiB"`, `max_peak = "64 MiB"`, `max_allocations = 1000`, `no_leak`: a budget,
///   on functions only. A call that exceeds a limit panics when it ends: memory grew by more bytes, its
///   peak was higher, it requested more blocks, or it did not free one of its blocks. The figures are
///   those of the calling thread, or of the polls of an `async fn`. A call *at* a limit passes.
/// * `process`: the limits apply to all threads and tasks together, from the start of the call to its end.
/// * `skip`: does not measure the item. Use it for a function of an annotated `impl`, trait or module.
///
/// # Errors
///
/// These do not compile: a `const fn`, a naked function, a function or module without a body, any other
/// kind of item, and an unknown, repeated or misplaced option. The message says what to do.
///
/// Without the feature `enabled`, the item is returned unchanged.
///
/// # Panics
///
/// A function with a budget panics when a call exceeds it, unless the thread is already panicking. It also
/// panics when it is called in a program whose global allocator does not count, since nothing can be
/// checked there.
#[proc_macro_attribute]
pub fn mem_profile(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(arguments, item)
}

/// Runs a block, and panics if it exceeds its budget:
/// `assert_budget!(max_peak = "1 MiB", no_leak, { … })`.
///
/// It returns the value of the block, and has the limits of [`mem_profile`](macro@mem_profile). The
/// figures are those of the calling thread, or with `process` those of all threads, so the block must
/// not contain `.await`. Code that is not annotated counts as well. The panic message names each limit
/// with its figure, and the three annotated lines that cost most.
///
/// Without the feature `enabled`, it is the block alone.
///
/// # Panics
///
/// If the block exceeds a limit, unless the thread is already panicking, and if the global allocator does
/// not count.
#[proc_macro]
pub fn assert_budget(input: TokenStream) -> TokenStream {
    expand::block(input)
}
