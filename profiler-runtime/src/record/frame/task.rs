//! One execution of an async body, poll by poll.
//!
//! Each poll enters a frame and leaves it at its end, so the work of other tasks in between is never
//! recorded on the task's lines, whatever thread polls it.

use core::cell::Cell;
use core::fmt;
use core::future::Future;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::frame::Frame;
use crate::record::function::table::Table;
use crate::record::ledger::suspend::Rise;
use crate::record::timeline::open_spans::{self, OpenSpan};
use crate::record::timeline::span::Span;
use crate::record::timeline::timeline;

/// A future whose polls run in a frame of `table`.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Task<F> {
    table: &'static Table,
    /// The row that goes on at the next poll.
    row: u32,
    state: State,
    /// Whether it is a call of the function, and not a block.
    is_call: bool,
    /// How far it has raised memory in the polls so far.
    rise: Rise,
    /// In a timeline, a call from its first poll on. Dropped after the future.
    span: OpenSpan,
    /// In a timeline, between two polls: the innermost named block that it is in.
    block: Option<&'static Span>,
    future: ManuallyDrop<F>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Never polled; the first poll counts a call of the function.
    Call,
    /// Never polled, and no call: an async block.
    Start,
    Pending,
    /// Nothing is left to drop that has an effect on a line.
    Finished,
}

/// The body of an async function.
#[inline]
pub fn task_call<F: Future<Output = R>, R>(table: &'static Table, future: F) -> Task<F> {
    Task::new(table, 0, State::Call, future)
}

/// An async block that starts on `row`. Opaque, so messages of the compiler speak of a future and not of
/// a type that the user has never named.
#[inline]
pub fn task<F: Future>(
    table: &'static Table,
    row: usize,
    future: F,
) -> impl Future<Output = F::Output> {
    Task::new(table, row as u32, State::Start, future)
}

/// Leaves the frame of one poll, also by a panic, and keeps where the task stood.
struct Visit<'a> {
    frame: Frame,
    row: &'a mut u32,
    rise: &'a mut Rise,
    block: &'a mut Option<&'static Span>,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if let Some((row, rise)) = self.frame.position() {
            (*self.row, *self.rise) = (row as u32, rise);
            if timeline::is_on() {
                *self.block = open_spans::take_block();
            }
        }
    }
}

thread_local! {
    static CANCELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a task is being dropped half-way.
pub(in crate::record) fn is_cancelling() -> bool {
    CANCELLING.get()
}

/// A task is being dropped half-way while this lives. It holds whether another one is, further out.
struct Cancelling(bool);

impl Cancelling {
    fn begin() -> Self {
        Self(CANCELLING.replace(true))
    }
}

impl Drop for Cancelling {
    fn drop(&mut self) {
        CANCELLING.set(self.0);
    }
}

impl<F> Task<F> {
    const fn new(table: &'static Table, row: u32, state: State, future: F) -> Self {
        let future = ManuallyDrop::new(future);
        let is_call = matches!(state, State::Call);
        let rise = Rise { line: 0, call: 0 };
        let span = OpenSpan::none();
        Self { table, row, state, is_call, rise, span, block: None, future }
    }

    fn visit(&mut self) -> (Visit<'_>, &mut ManuallyDrop<F>) {
        let frame = match self.state {
            State::Call => self.table.enter(),
            _ => self.table.enter_task(self.row as usize, self.rise),
        };
        if timeline::is_on() && frame.is_measured() {
            match self.state {
                State::Call => self.span = OpenSpan::of_call(),
                _ if self.is_call => self.span.resume(),
                _ => {}
            }
            open_spans::put_block(self.block.take());
        }
        if self.state != State::Finished {
            self.state = State::Pending;
        }
        let (row, rise, block) = (&mut self.row, &mut self.rise, &mut self.block);
        (Visit { frame, row, rise, block }, &mut self.future)
    }
}

impl<F: Future> Future for Task<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `future` is pinned structurally: it is never moved out of, `Drop` drops it in
        // place, and `Task` is `Unpin` only where `F` is. The other fields are not pinned.
        let task = unsafe { self.get_unchecked_mut() };
        let (visit, future) = task.visit();
        // SAFETY: as above; `ManuallyDrop` adds nothing to the place of the future.
        let result = unsafe { Pin::new_unchecked(&mut **future) }.poll(context);
        drop(visit);
        if result.is_ready() {
            task.state = State::Finished;
            task.span = OpenSpan::none();
            open_spans::put_block(task.block.take());
        }
        result
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        // A future that was never polled has run no line, and a finished one has dropped its locals.
        // Only a future that is cancelled half-way frees memory of its lines here.
        let cancelled = self.state == State::Pending;
        let (_visit, future) = if cancelled {
            let (visit, future) = self.visit();
            (Some((visit, Cancelling::begin())), future)
        } else {
            (None, &mut self.future)
        };
        // SAFETY: dropped once, in place, by the destructor of its owner.
        unsafe { ManuallyDrop::drop(future) };
    }
}

impl<F> fmt::Debug for Task<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Task").field("state", &self.state).finish_non_exhaustive()
    }
}
