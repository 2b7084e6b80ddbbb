//! Budgets on stacks other than their thread's own.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};

use corosensei::{Coroutine, CoroutineResult, Yielder};
use mem_profile::{assert_budget, mem_profile};

use crate::figures::figures;
use crate::left::plain;

/// Runs the work; the message of its budget if it exceeds it.
fn outcome(work: impl FnOnce()) -> Result<(), String> {
    let text = |panic: Box<dyn std::any::Any + Send>| *panic.downcast::<String>().unwrap();
    catch_unwind(AssertUnwindSafe(work)).map_err(text)
}

fn takes(bytes: usize) {
    assert_budget!(max_peak = "100 B", max_allocations = 2, no_leak, {
        drop(black_box(vec![0_u8; bytes]));
        drop(black_box(vec![0_u8; 10]));
    });
}

/// On a grown stack, budgets work as elsewhere.
pub(crate) fn budgets_on_grown_stacks() {
    std::panic::set_hook(Box::new(|_| ()));
    for _ in 0..3 {
        stacker::grow(256 << 10, || {
            assert_eq!(outcome(|| takes(100)), Ok(()));
            let panic_message = outcome(|| takes(101)).unwrap_err();
            assert!(panic_message.contains("max_peak: at most 100 B"), "{panic_message}");
            stacker::grow(256 << 10, || assert_eq!(outcome(|| takes(100)), Ok(())));
        });
    }
}

/// A coroutine that waits three times inside of a budget.
fn waits_within() -> Coroutine<(), (), Result<(), String>> {
    Coroutine::new(|wait: &Yielder<(), ()>, ()| {
        outcome(|| {
            assert_budget!(max_peak = "100 B", max_increment = "0 B", {
                let kept = vec![0_u8; 100];
                (0..3).for_each(|_| wait.suspend(()));
                drop(black_box(kept));
            });
        })
    })
}

fn result_of(
    mut coroutine: Coroutine<(), (), Result<(), String>>,
    mut meanwhile: impl FnMut(),
) -> Result<(), String> {
    loop {
        match coroutine.resume(()) {
            CoroutineResult::Yield(()) => meanwhile(),
            CoroutineResult::Return(result) => return result,
        }
    }
}

/// Can be resumed on another thread, as by a scheduler.
struct Sent(Coroutine<(), (), Result<(), String>>);

// SAFETY: nothing in the coroutine is of a thread, and one thread at a time has it.
unsafe impl Send for Sent {}

impl Sent {
    fn result(self) -> Result<(), String> {
        result_of(self.0, || ())
    }
}

pub(crate) fn budgets_that_are_left() {
    std::panic::set_hook(Box::new(|_| ()));
    // Nothing happens meanwhile, as if it had not waited.
    assert_eq!(result_of(waits_within(), || ()), Ok(()));
    let is_refused = |result: Result<(), String>| {
        let panic_message = result.unwrap_err();
        assert!(
            panic_message.contains("cannot be checked, because it was left"),
            "{panic_message}"
        );
    };
    is_refused(result_of(waits_within(), || _ = black_box(vec![0_u8; 5])));
    // Another one runs meanwhile, from start to end.
    let mut inside = None;
    let result = result_of(waits_within(), || {
        inside = inside.take().or_else(|| Some(result_of(waits_within(), || ())));
    });
    is_refused(result);
    assert_eq!(inside, Some(Ok(())));
    for _ in 0..10 {
        let mut sent = Sent(waits_within());
        assert!(matches!(sent.0.resume(()), CoroutineResult::Yield(())));
        is_refused(std::thread::spawn(move || sent.result()).join().unwrap());
        black_box(plain(10));
    }
    assert_eq!(outcome(|| takes(100)), Ok(()));
}

#[mem_profile]
fn rises_and_resumes() {
    drop(black_box(vec![0_u8; 10_000]));
    let mut coroutine = waits_within();
    coroutine.resume(());
    drop(black_box(vec![0_u8; 50]));
    assert!(result_of(coroutine, || ()).is_err());
}

#[mem_profile]
fn calls_it() {
    rises_and_resumes();
}

/// A budget that is suspended has lowered the peak of the frame around it.
pub(crate) fn peaks_around_budgets_that_are_left() {
    std::panic::set_hook(Box::new(|_| ()));
    for _ in 0..3 {
        calls_it();
    }
    let [calls, inner] = ["calls_it", "rises_and_resumes"].map(figures);
    assert!((10_000..11_000).contains(&calls.peak("rises_and_resumes()")));
    assert_eq!(inner.peak("10_000"), 10_000);
    assert_eq!(inner.peak("vec![0_u8; 50]"), 50);
    assert_eq!((calls.increment(), inner.increment()), (0, 0));
}
