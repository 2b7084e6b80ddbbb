//! Budgets: what a call may take, and the panic where it takes more.
//!
//! Figures count the calling thread only, so tests that run at the same time do not disturb each
//! other. They come from the allocator, whatever `MEM_PROFILE` says; of lines, only what is measured
//! can be shown.
//!
//! | file | what it does |
//! |---|---|
//! | `account` | compares what was spent with the limits, and says by which line |
//! | `leak` | which blocks are still there |
//! | `limits` | what is allowed |
//! | `notes` | the blocks that are noted |
//! | `process` | what all threads take |
//! | `standard` | what the standard library and the test harness keep for themselves |
//! | `wording` | sizes and numbers in a message |

mod account;
mod leak;
mod limits;
mod notes;
mod process;
mod standard;
mod wording;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use self::account::{Account, Subject};
pub use self::limits::Limits;
use self::notes::Notes;
use self::process::{Found, ProcessMeasure};
use crate::record::alloc::noting::Section;
use crate::record::frame::measure::{Measure, Spent};
use crate::record::frame::task::{Task, task_call};
use crate::record::function::table::Table;

/// A call with a budget. It is dropped after the frame, which has recorded all by then.
#[derive(Debug)]
pub struct Budget(Option<Running>);

#[derive(Debug)]
struct Running {
    account: Account,
    notes: Notes,
    section: Option<Section>,
    process: Option<ProcessMeasure>,
    measure: Measure,
}

/// The budget of a call of the function of `table`.
///
/// # Panics
/// If the global allocator is not `Alloc`: no figure could be known.
#[must_use]
pub fn function_budget(table: &'static Table, limits: Limits) -> Budget {
    Budget::begin(Subject::Function(table), limits)
}

/// The budget of a block at `place`.
///
/// # Panics
/// As for [`function_budget`].
#[must_use]
pub fn block_budget(place: &'static str, limits: Limits) -> Budget {
    Budget::begin(Subject::Block(place), limits)
}

impl Budget {
    fn begin(subject: Subject, limits: Limits) -> Self {
        let Some(account) = Account::open(subject, limits) else { return Self(None) };
        let notes = Notes::begin(&limits);
        let section = notes.enter();
        let process = limits.process.then(ProcessMeasure::begin).flatten();
        let measure = Measure::begin();
        Self(measure.map(|measure| Running { account, notes, section, process, measure }))
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if let Some(Running { account, notes, section, process, measure }) = self.0.take() {
            let spent = measure.finish();
            drop(section);
            let found = account.found(process, Some(spent)).unwrap_or(Found::Thread(spent));
            account.close(&found, notes);
        }
    }
}

/// The body of an async function with a budget: what its own polls take, all together.
#[must_use = "futures do nothing unless you `.await` or poll them"]
#[derive(Debug)]
pub struct TaskWithin<F> {
    task: Task<F>,
    table: &'static Table,
    limits: Limits,
    running: Option<RunningTask>,
    spent: Spent,
}

#[derive(Debug)]
struct RunningTask {
    account: Account,
    notes: Notes,
    process: Option<ProcessMeasure>,
}

/// The body of an async function with a budget.
pub fn task_within<F: Future<Output = R>, R>(
    table: &'static Table,
    limits: Limits,
    future: F,
) -> TaskWithin<F> {
    let task = task_call(table, future);
    TaskWithin { task, table, limits, running: None, spent: Spent::default() }
}

impl<F: Future> Future for TaskWithin<F> {
    type Output = F::Output;

    /// # Panics
    /// When the body is done and has taken more than it may, and as for [`function_budget`].
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `task` is pinned structurally: it is never moved out of, and has a destructor of
        // its own. The other fields are not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        if this.running.is_none() {
            this.running = RunningTask::begin(this.table, this.limits);
        }
        let section = this.running.as_ref().and_then(|running| running.notes.enter());
        let measure = Measure::begin();
        // SAFETY: as above.
        let result = unsafe { Pin::new_unchecked(&mut this.task) }.poll(context);
        if let Some(measure) = measure {
            let Spent { increment, peak, allocations, was_left } = measure.finish();
            let spent = &mut this.spent;
            spent.peak = spent.peak.max(spent.increment + peak);
            spent.increment += increment;
            spent.allocations += allocations;
            spent.was_left |= was_left;
        }
        drop(section);
        if result.is_ready()
            && let Some(RunningTask { account, notes, process }) = this.running.take()
        {
            let found = account.found(process, None).unwrap_or(Found::Thread(this.spent));
            account.close(&found, notes);
        }
        result
    }
}

impl RunningTask {
    fn begin(table: &'static Table, limits: Limits) -> Option<Self> {
        let account = Account::open(Subject::Function(table), limits)?;
        let notes = Notes::begin_own(&limits);
        let process = limits.process.then(ProcessMeasure::begin).flatten();
        Some(Self { account, notes, process })
    }
}
