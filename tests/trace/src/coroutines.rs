//! Work on stacks that are not the thread's own.

use std::collections::VecDeque;
use std::hint::black_box;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, on_stack};

/// Room for the standard unwinder, which the truth comes from.
const SIZE: usize = 256 << 10;

/// A stack for a coroutine or a call.
///
/// # Panics
/// Without memory.
#[must_use]
pub fn stack(size: usize) -> DefaultStack {
    DefaultStack::new(size).expect("memory for a stack")
}

/// The result of `make`, called through `depth` frames.
#[inline(never)]
pub fn at_depth<T>(depth: usize, make: &mut dyn FnMut() -> T) -> T {
    let made = if depth == 0 { make() } else { at_depth(depth - 1, make) };
    black_box(depth);
    made
}

type Steps = Coroutine<usize, String, ()>;

/// Coroutines of two kinds, and calls that go on elsewhere, on stacks that are new, used again, and in
/// each other's place.
#[must_use]
pub fn take_turns(count: usize) -> Vec<String> {
    let mut running = VecDeque::new();
    let mut kept = Vec::new();
    for number in 0..count {
        running.push_back(steps(number));
        kept.extend(generated(number).skip(number % 4));
        kept.push(on_stack(stack(SIZE), || at_depth(number % 9, &mut || number.to_string())));
        for depth in 0..number % 7 {
            let mut next: Steps = running.pop_front().expect("one more than end");
            if let CoroutineResult::Yield(text) = at_depth(depth, &mut || next.resume(depth)) {
                kept.push(text);
                running.push_back(next);
            } else {
                kept.push("end".to_owned());
            }
        }
        while running.len() > 10 {
            // It is unwound to its base.
            drop(running.pop_front());
        }
    }
    kept
}

/// Ends after a dozen steps.
fn steps(number: usize) -> Steps {
    Coroutine::with_stack(stack(SIZE), move |yielder, mut depth: usize| {
        for step in 0..12 {
            let text = format!("{number}, {step}");
            let longer = at_depth(depth, &mut || text.clone() + " more");
            depth = yielder.suspend(longer);
        }
    })
}

fn generated(number: usize) -> generator::Generator<'static, (), String> {
    generator::Gn::new_scoped_opt(SIZE / size_of::<usize>(), move |mut scope| {
        for step in 0..5 {
            scope.yield_(at_depth(5 * step, &mut || format!("{number}: {step}")));
        }
        generator::done!()
    })
}
