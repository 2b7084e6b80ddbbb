//! Functions that generated bodies call, and those that run and check them.
//!
//! A program prints a line for each call: the body, the input, the outcome and the trace. Those are the
//! same without the attribute. With it, the tables are compared with the traces and with a second way of
//! counting bytes; differences are printed on lines that begin with `wrong`.

mod expected;
mod noisy;
mod trace;

pub use exact::pause;
pub use noisy::{Noisy, View};
pub use trace::{Event, entered, flip, join, later, maybe, pick, step, tried, turns};

use expected::Expected;
use std::any::Any;
use std::fmt::Debug;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Inputs that each body is called with.
const INPUTS: u32 = 8;

/// How deep a body may call itself.
const DEPTH: u32 = 2;

/// After how many polls, at most, a future is dropped.
const MOST_POLLS: u32 = 12;

/// The number of the value that each body gets.
const GIVEN: u32 = 9000;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

/// Runs bodies.
#[derive(Debug, Default)]
pub struct Run {
    measured: usize,
}

impl Run {
    /// Prepares everything that allocates once.
    pub fn start() -> Self {
        panic::set_hook(Box::new(|info| {
            let place = info.location().expect("a panic has a place");
            trace::push(Event::Panicked(place.line(), place.column()));
        }));
        drop(mem_profile::snapshot());
        Self::default()
    }

    /// Calls a function with every input.
    pub fn function<R: Debug>(&mut self, name: &str, body: impl Fn(u32, u32, Noisy) -> R) {
        let mut expected = Expected::default();
        for input in 0..INPUTS {
            trace::reset(input.into());
            // A parameter is freed after the last line.
            let given = Noisy::weightless(GIVEN);
            let outcome = caught(|| {
                let _change = expected.outermost();
                body(DEPTH, input, given)
            });
            report(name, input, &outcome);
            expected.add_trace();
        }
        self.measured += usize::from(expected.compare(name));
    }

    /// Polls a future of every input to its end, and drops others after so many polls.
    pub fn future<F>(&mut self, name: &str, body: impl Fn(u32, u32, Noisy) -> F)
    where
        F: Future<Output: Debug>,
    {
        let mut expected = Expected::default();
        for input in 0..INPUTS {
            for polls in (0..MOST_POLLS).chain([u32::MAX]) {
                trace::reset(input.into());
                let given = Noisy::new(GIVEN);
                let outcome = caught(|| {
                    let future = body(DEPTH, input, given);
                    // A future that is never polled has run no line.
                    let _change = (polls > 0).then(|| expected.outermost());
                    poll(polls, future)
                });
                report(name, input, &outcome);
                expected.add_trace();
                if !matches!(outcome, Ok(None)) {
                    break;
                }
            }
        }
        self.measured += usize::from(expected.compare(name));
    }

    /// How many tables were compared.
    pub fn end(self) {
        println!("measured {}", self.measured);
    }
}

fn caught<R>(call: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(call)).map_err(message)
}

fn message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().unwrap_or(&"no text").to_string(),
    }
}

/// Polls at most the given number of times and drops the future.
fn poll<F: Future>(polls: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    trace::push(Event::Cancelled);
    None
}

fn report(name: &str, input: u32, outcome: &impl Debug) {
    let trace = trace::read(|events| {
        let events: Vec<_> = events.iter().map(Event::to_string).collect();
        events.join(" ")
    });
    println!("{name} {input} {outcome:?} {trace}");
}
