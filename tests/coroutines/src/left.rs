//! Suspended frames: their functions are marked, and the figures of all others are right.

use std::cell::RefCell;
use std::hint::black_box;

use corosensei::{Coroutine, CoroutineResult, Yielder};
use mem_profile::mem_profile;

use crate::figures::figures;

#[mem_profile]
pub(crate) fn outer(bytes: usize, wait: &dyn Fn()) -> Vec<u8> {
    let mut kept = vec![0_u8; 100 + bytes];
    wait();
    let more = leaf(bytes, wait);
    kept.extend(&more);
    wait();
    drop(more);
    kept.shrink_to_fit();
    kept
}

#[mem_profile]
fn leaf(bytes: usize, wait: &dyn Fn()) -> Vec<u8> {
    let first = vec![1_u8; bytes + 10];
    wait();
    let second = first.clone();
    drop(first);
    for _ in 0..3 {
        wait();
    }
    second
}

/// Measured as usual, on the stack of its thread.
#[mem_profile]
pub(crate) fn plain(bytes: usize) -> Vec<u8> {
    let kept = vec![0_u8; bytes];
    drop(vec![0_u8; 3 * bytes]);
    kept
}

pub(crate) fn assert_plain(calls: u64, bytes: i64) {
    let all = figures("plain");
    assert!(!all.is_in_part());
    assert_eq!(all.calls(), calls);
    assert_eq!(all.line("let kept"), (bytes, calls, calls));
    assert_eq!(all.line("drop("), (0, calls, calls));
    assert_eq!(all.increment(), bytes);
}

/// A generator, or two of them, and an unmeasured consumer.
pub(crate) fn generator_among_allocations() {
    let mut generator = generator::Gn::<()>::new_scoped(|mut scope| {
        let given = RefCell::new(&mut scope);
        let kept = outer(5, &|| _ = given.borrow_mut().yield_(1));
        scope.yield_(kept.len());
        generator::done!()
    });
    let mut kept = Vec::with_capacity(10);
    let mut results = Vec::with_capacity(10);
    while let Some(result) = generator.resume() {
        kept.push(vec![0_u8; 1000]);
        results.push(result);
    }
    assert_eq!(results, [1, 1, 1, 1, 1, 1, 120]);
    assert!(figures("outer").is_in_part());
    assert!(figures("outer").increment() < 1000);
    assert_eq!(figures("outer").calls(), 1);
    black_box(kept);
}

pub(crate) type Waits = Coroutine<(), (), Vec<u8>>;

/// A coroutine that waits in `outer` and in `leaf`.
pub(crate) fn waits_inside(bytes: usize) -> Waits {
    Coroutine::new(move |wait: &Yielder<(), ()>, ()| outer(bytes, &|| wait.suspend(())))
}

/// The second runs from start to end while the first waits.
pub(crate) fn generators_inside_of_each_other() {
    let (mut first, mut second) = (waits_inside(1), waits_inside(2));
    assert!(matches!(first.resume(()), CoroutineResult::Yield(())));
    let other = loop {
        if let CoroutineResult::Return(other) = second.resume(()) {
            break other;
        }
    };
    let one = loop {
        if let CoroutineResult::Return(one) = first.resume(()) {
            break one;
        }
    };
    assert_eq!((one.len(), other.len()), (112, 114));
    assert!(figures("outer").is_in_part());
    assert_eq!(figures("outer").calls(), 2);
}

#[mem_profile]
fn drive(count: usize) -> Vec<Vec<u8>> {
    let mut kept = Vec::with_capacity(3 * count);
    let mut all: Vec<_> = (0..count).map(waits_inside).collect();
    for step in 0.. {
        let mut is_over = true;
        for (number, coroutine) in all.iter_mut().enumerate() {
            if coroutine.done() || (number + step) % 3 == 0 {
                is_over &= coroutine.done();
                continue;
            }
            is_over = false;
            if let CoroutineResult::Return(value) = coroutine.resume(()) {
                kept.push(value);
            }
        }
        if is_over {
            break;
        }
        if step < count {
            kept.push(plain(step + 1));
        }
    }
    drop(all);
    kept
}

/// Each byte of `drive` is on one line, though it resumes coroutines there.
pub(crate) fn coroutines_in_turns() {
    let kept = drive(50);
    let held: usize = kept.iter().map(Vec::capacity).sum();
    let own = kept.capacity() * size_of::<Vec<u8>>();
    let all = figures("drive");
    assert!(!all.is_in_part());
    assert_eq!(all.calls(), 1);
    assert_eq!(all.increment(), (held + own) as i64);
    let [outer, leaf] = ["outer", "leaf"].map(figures);
    assert!(outer.is_in_part() && leaf.is_in_part());
    assert_eq!((outer.calls(), leaf.calls()), (50, 50));
    let steps = figures("plain").calls();
    assert!(steps > 5);
    assert_plain(steps, (1..=steps as i64).sum());
}

/// They continue on any free thread.
pub(crate) fn coroutines_on_several_threads() {
    may::config().set_workers(4).set_stack_size(0x8000);
    for _ in 0..200 {
        let wait = || may::coroutine::yield_now();
        let all: Vec<_> = (0..200).map(|bytes| may::go!(move || outer(bytes, &wait))).collect();
        let values: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        assert!(values.iter().enumerate().all(|(bytes, value)| value.len() == 110 + 2 * bytes));
        black_box(plain(10));
    }
    let [outer, leaf] = ["outer", "leaf"].map(figures);
    assert!(outer.is_in_part() && leaf.is_in_part());
    assert_eq!((outer.calls(), leaf.calls()), (40_000, 40_000));
    assert_plain(200, 2000);
}
