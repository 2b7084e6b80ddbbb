//! Every case is compiled twice from the same tokens, plain and annotated, and compared.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Once;
use std::task::{Context, Poll, Waker};

/// `both! { name; fn name() {…} }`: the item in `name::plain` and, annotated, in `name::annotated`.
macro_rules! both {
    ($name:ident; $($item:tt)*) => {
        mod $name {
            pub(super) mod plain {
                #[allow(unused_imports)]
                use super::super::*;
                $($item)*
            }
            pub(super) mod annotated {
                #[allow(unused_imports)]
                use super::super::*;
                #[mem_profile::mem_profile]
                $($item)*
            }
        }
    };
}

/// As `both!`, for items that are annotated as a whole module.
macro_rules! both_modules {
    ($name:ident; $($items:tt)*) => {
        mod $name {
            pub(super) mod plain {
                #[allow(unused_imports)]
                use super::super::*;
                $($items)*
            }
            #[mem_profile::mem_profile]
            pub(super) mod annotated {
                #[allow(unused_imports)]
                use super::super::*;
                $($items)*
            }
        }
    };
}

/// `same!(name(arguments))`: value and trace of both versions are equal; returns them.
macro_rules! same {
    ($name:ident ($($argument:expr),* $(,)?)) => {
        same!($name, $name($($argument),*))
    };
    ($name:ident, $($call:tt)*) => {{
        let plain = crate::support::trace(|| $name::plain::$($call)*);
        crate::support::keep_quiet();
        let annotated = crate::support::trace(|| $name::annotated::$($call)*);
        assert_eq!(plain, annotated, "plain on the left, annotated on the right");
        crate::support::assert_measured(concat!("::", stringify!($name), "::annotated::"));
        annotated
    }};
}

/// `same_async!(name(arguments))`: as `same!`, for async functions.
macro_rules! same_async {
    ($name:ident ($($argument:expr),* $(,)?)) => {{
        let plain = crate::support::trace(|| {
            crate::support::block_on($name::plain::$name($($argument),*))
        });
        crate::support::keep_quiet();
        let annotated = crate::support::trace(|| {
            crate::support::block_on($name::annotated::$name($($argument),*))
        });
        assert_eq!(plain, annotated, "plain on the left, annotated on the right");
        crate::support::assert_measured(concat!("::", stringify!($name), "::annotated::"));
        annotated
    }};
}

thread_local! {
    static TRACE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Adds a step to the trace.
pub(crate) fn step(name: impl Into<String>) {
    TRACE.with_borrow_mut(|trace| trace.push(name.into()));
}

/// The value of the code that ran, and its trace.
pub(crate) fn trace<R>(run: impl FnOnce() -> R) -> (R, Vec<String>) {
    TRACE.take();
    let result = run();
    (result, TRACE.take())
}

/// Writes to the trace when it is dropped.
#[derive(Debug, PartialEq)]
pub(crate) struct Noisy(pub(crate) &'static str);

impl Noisy {
    pub(crate) fn name(&self) -> &'static str {
        self.0
    }

    pub(crate) fn some(&self) -> Option<&'static str> {
        Some(self.0)
    }

    pub(crate) fn none(&self) -> Option<&'static str> {
        None
    }
}

impl Drop for Noisy {
    fn drop(&mut self) {
        step(self.0);
    }
}

/// Message and location of a panic.
pub(crate) fn panic_of<R>(run: impl FnOnce() -> R) -> String {
    caught(run).err().expect("the case panics")
}

/// The value, or message and location of a panic.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    record_panics();
    EXPECTED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    EXPECTED.set(false);
    outcome.map_err(|_| PANIC.take().expect("the hook has run"))
}

fn record_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if EXPECTED.get() {
                PANIC.set(Some(info.to_string()));
            } else {
                previous(info);
            }
        }));
    });
}

/// Prevents the report at exit, which no test reads.
pub(crate) fn keep_quiet() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let nowhere = if cfg!(windows) { "NUL" } else { "/dev/null" };
        // SAFETY: everything that reads the environment here goes through `std`, which locks it.
        unsafe { std::env::set_var("MEM_PROFILE_FORMAT", "json") };
        // SAFETY: as above.
        unsafe { std::env::set_var("MEM_PROFILE_OUTPUT", nowhere) };
    });
}

/// Asserts that the annotated version is measured. Otherwise the test would compare a version with itself.
pub(crate) fn assert_measured(path: &str) {
    let snapshot = mem_profile::snapshot();
    let found = snapshot.functions.iter().find(|function| function.name.contains(path));
    let calls = found.map_or(0, |function| function.calls);
    assert!(calls > 0, "no call of {path} was measured");
}

/// The expected value in this edition.
pub(crate) fn by_edition<T>(in_2021: T, in_2024: T) -> T {
    if crate::EDITION_2024 { in_2024 } else { in_2021 }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

/// Polls the given number of times and drops the future.
pub(crate) fn cancel_after<F: Future>(polls: usize, future: F) {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        assert!(future.as_mut().poll(&mut context).is_pending(), "it waits");
    }
    step("cancel");
}

/// Polls at most the given number of times, drops the future, and returns whether it completed.
pub(crate) fn poll_and_drop<F: Future>(polls: usize, future: F) -> bool {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    let done = (0..polls).any(|_| future.as_mut().poll(&mut context).is_ready());
    step("cancel");
    done
}

/// A future that is pending once.
pub(crate) async fn yield_now() {
    struct Yield(bool);
    impl Future for Yield {
        type Output = ();
        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
        }
    }
    Yield(false).await;
}

pub(crate) fn is_send<T: Send>(value: T) -> T {
    value
}
