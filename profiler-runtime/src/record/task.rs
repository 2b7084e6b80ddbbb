//! One execution of an async body, poll by poll.
//!
//! A task is a frame that is entered by each poll and left at its end, so that what other tasks
//! do in between is never booked on its lines, whatever thread polls it.

use core::fmt;
use core::future::Future;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::frame::{End, Frame, Lines, Scope, resume_line, start_line};
use super::ledger::Ledger;
use super::row::Chunk;
use super::table::Table;
use super::thread;

/// A future whose polls run in a frame of `table`.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Task<F> {
    table: &'static Table,
    /// The row that goes on at the next poll.
    row: usize,
    /// How far that row has risen in the polls so far.
    rise: i64,
    state: State,
    future: ManuallyDrop<F>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first poll counts a call of the function.
    Call,
    Pending,
    /// Nothing is left to drop that could matter to a line.
    Finished,
}

/// The body of an async function.
#[inline]
pub fn task_call<F: Future<Output = R>, R>(table: &'static Table, future: F) -> Task<F> {
    Task { table, row: 0, rise: 0, state: State::Call, future: ManuallyDrop::new(future) }
}

/// An async block that starts on `row`.
#[inline]
pub fn task<F: Future>(table: &'static Table, row: usize, future: F) -> Task<F> {
    Task { table, row, rise: 0, state: State::Pending, future: ManuallyDrop::new(future) }
}

/// Leaves the frame of one poll, also by a panic, and keeps where the task stood.
struct Visit<'a> {
    frame: Frame,
    row: &'a mut usize,
    rise: &'a mut i64,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if let Some((row, rise)) = self.frame.position() {
            (*self.row, *self.rise) = (row, rise);
        }
    }
}

impl<F> Task<F> {
    fn visit(&mut self) -> (Visit<'_>, &mut ManuallyDrop<F>) {
        let frame = match self.table.open() {
            None => Frame::OFF,
            Some((ledger, chunk)) if self.state == State::Call => {
                Frame::call(self.table, ledger, chunk)
            }
            Some((ledger, chunk)) => Frame::open(ledger, chunk, self.row, self.rise),
        };
        if self.state == State::Call {
            self.state = State::Pending;
        }
        (Visit { frame, row: &mut self.row, rise: &mut self.rise }, &mut self.future)
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
        }
        result
    }
}

impl<F> Drop for Task<F> {
    fn drop(&mut self) {
        // A future that was never polled has run no line; one that has finished has dropped
        // its locals. Only what is cancelled half-way frees memory of its lines here.
        let cancelled = self.state == State::Pending;
        let (_visit, future) = if cancelled {
            let (visit, future) = self.visit();
            (Some(visit), future)
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

/// The frame of an async body. It has no size: the frame that runs is found through the thread,
/// which is right whatever thread polls, and keeps the future `Send`.
#[derive(Clone, Copy, Debug)]
pub struct TaskFrame {
    table: &'static Table,
}

impl TaskFrame {
    pub(crate) fn new(table: &'static Table) -> Self {
        Self { table }
    }

    #[inline]
    fn current(&self) -> Option<(&'static Ledger, Chunk)> {
        let ledger = thread::current_ledger().active()?;
        let chunk = ledger.chunk()?;
        self.table.owns(chunk).then_some((ledger, chunk))
    }

    /// The line of `row` starts now.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn line(&self, row: usize) {
        if let Some((ledger, chunk)) = self.current() {
            start_line(ledger, chunk, row);
        }
    }

    /// One more occurrence of the header of a loop, which is current.
    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    pub fn iteration(&self, row: usize) {
        if let Some((_, chunk)) = self.current() {
            chunk.row_clamped(row).runs.add(1);
        }
    }

    /// A guard for a nested block inside the line of `row`.
    #[inline]
    pub fn scope(&self, row: usize) -> Scope<'_, Self> {
        Scope::new(self, row)
    }

    /// A guard that starts the line of `row`, a closing brace, before the locals declared
    /// ahead of it are dropped.
    #[inline]
    pub fn end(&self, row: usize) -> End<'_, Self> {
        End::new(self, row)
    }
}

impl Lines for TaskFrame {
    #[inline]
    fn line(&self, row: usize) {
        Self::line(self, row);
    }

    #[cfg_attr(debug_assertions, inline(never))]
    #[cfg_attr(not(debug_assertions), inline)]
    fn resume(&self, row: usize) {
        if let Some((ledger, chunk)) = self.current() {
            resume_line(ledger, chunk, row);
        }
    }
}
