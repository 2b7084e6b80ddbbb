//! The side effects of a body, in order.

use std::cell::{Cell, RefCell};
use std::fmt;

/// One side effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A body began.
    Entered,
    /// A statement ran.
    Step(u32),
    /// A [`Noisy`](crate::Noisy) was made.
    Made(u32),
    /// It was dropped.
    Dropped(u32),
    /// A borrow of one was dropped.
    Returned(u32),
    /// A panic, with its line and column.
    Panicked(u32, u32),
    /// A future is about to be dropped.
    Cancelled,
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entered => write!(formatter, "in"),
            Self::Step(number) => write!(formatter, "{number}"),
            Self::Made(number) => write!(formatter, "+{number}"),
            Self::Dropped(number) => write!(formatter, "-{number}"),
            Self::Returned(number) => write!(formatter, "~{number}"),
            Self::Panicked(line, column) => write!(formatter, "panic@{line}:{column}"),
            Self::Cancelled => write!(formatter, "cancel"),
        }
    }
}

/// Far more than the fuel of a call allows.
const CAPACITY: usize = 1 << 17;
const FUEL: u32 = 150;

thread_local! {
    static TRACE: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    static FUEL_LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Adds an event, without allocating: the bytes that a body allocates are compared.
pub(crate) fn push(event: Event) {
    TRACE.with_borrow_mut(|trace| {
        assert!(trace.len() < trace.capacity(), "the trace is full");
        trace.push(event);
    });
}

/// Starts a new trace, with the decisions that belong to `seed`.
pub(crate) fn reset(seed: u64) {
    fastrand::seed(seed);
    FUEL_LEFT.set(FUEL);
    TRACE.with_borrow_mut(|trace| {
        trace.clear();
        trace.reserve(CAPACITY);
    });
}

/// Looks at the events so far.
pub(crate) fn read<R>(look: impl FnOnce(&[Event]) -> R) -> R {
    TRACE.with_borrow(|trace| look(trace))
}

fn spend() -> bool {
    let left = FUEL_LEFT.get();
    FUEL_LEFT.set(left.saturating_sub(1));
    left > 0
}

/// A statement that writes to the trace.
pub fn step(number: u32) {
    push(Event::Step(number));
}

/// The first statement of each body.
pub fn entered() {
    push(Event::Entered);
}

/// Either; always `false` once the fuel is used up. Loops and recursion depend on it.
pub fn flip() -> bool {
    spend() && fastrand::bool()
}

/// A number below `limit`.
pub fn pick(limit: u32) -> u32 {
    fastrand::u32(..limit)
}

/// The number, or nothing.
pub fn maybe(number: u32) -> Option<u32> {
    flip().then_some(number)
}

/// The number, or an error.
pub fn tried(number: u32) -> Result<u32, u32> {
    if flip() { Ok(number) } else { Err(number) }
}

/// Up to `limit` iterations of a loop.
pub fn turns(limit: u32) -> impl Iterator<Item = u32> {
    (0..limit).take_while(|_| spend())
}

/// Both numbers in one; arguments, unlike operands, may be expressions that never end.
pub fn join(left: u32, right: u32) -> u32 {
    left.rotate_left(5) ^ right
}

/// The number, after a wait.
pub async fn later(number: u32) -> u32 {
    exact::pause().await;
    number
}
