//! A stack for code that is nested deeply. The parser and the walk call themselves at each level, and
//! so does the compiler, which takes more stack where it needs some.
//!
//! The compiler's own parser overflows at some hundreds of nested blocks, so the macro puts at most
//! 16 blocks around one place.

/// How much stack there is. Only what is used of it becomes memory.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
const SIZE: usize = 1 << 30;

/// Runs `expand` on a stack that is large enough for whatever the compiler has read.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
pub(crate) fn run<R>(expand: impl FnOnce() -> R) -> R {
    use corosensei::stack::DefaultStack;
    use std::cell::Cell;

    // PERF: kept for the next item. To map one for each took 2,000 functions 0.1 s more, of 3.8.
    thread_local! {
        static STACK: Cell<Option<DefaultStack>> = const { Cell::new(None) };
    }
    // If addresses are limited, use the compiler's stack, which is enough for most code.
    let Some(mut stack) = STACK.take().or_else(|| DefaultStack::new(SIZE).ok()) else {
        return expand();
    };
    let result = corosensei::on_stack(&mut stack, expand);
    STACK.set(Some(stack));
    result
}

/// Uses the compiler's stack, since stacks cannot be switched here.
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
pub(crate) fn run<R>(expand: impl FnOnce() -> R) -> R {
    expand()
}
