//! A stack for deeply nested code. The parser and the walk recurse at each level, and so does the
//! compiler, which grows its own stack.

/// The size of the stack in bytes. Only pages that are used take memory.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
const SIZE: usize = 1 << 30;

/// Runs `expand` on a stack that is large enough for any code that the compiler can parse.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
pub(crate) fn run<R>(expand: impl FnOnce() -> R) -> R {
    use corosensei::stack::DefaultStack;
    use std::cell::Cell;

    // PERF: kept for the next item. Mapping one for each item took 2,000 functions 3.9 s instead of 3.8.
    thread_local! {
        static STACK: Cell<Option<DefaultStack>> = const { Cell::new(None) };
    }
    // If the address space is limited, use the compiler's stack, which is enough for most code.
    let Some(mut stack) = STACK.take().or_else(|| DefaultStack::new(SIZE).ok()) else {
        return expand();
    };
    let result = corosensei::on_stack(&mut stack, expand);
    STACK.set(Some(stack));
    result
}

/// Runs `expand` on the compiler's stack, since stacks cannot be switched on this target.
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
pub(crate) fn run<R>(expand: impl FnOnce() -> R) -> R {
    expand()
}
