//! Budgets: what a call may take, and the panic where it takes more.
//!
//! Figures are those of the thread that calls, so tests that run at the same time do not disturb each
//! other. They come from the allocator, whatever `MEM_PROFILE` says; of lines, only what is measured
//! can be shown.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::control;
use crate::record::measure::{Measure, Spent};
use crate::record::quiet::Quiet;
use crate::record::row::{Chunk, Row};
use crate::record::table::{self, Table};
use crate::record::task::{Task, task_call};
use crate::record::thread::{self, Thread};
use crate::report::{Unit, printable};
use crate::sort::sort;

/// How many lines are named.
const LINES: usize = 3;

/// What a call may take at most; `None` for no limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes held more after it than before.
    pub max_increment: Option<u64>,
    /// Bytes above those held before, at any moment.
    pub max_peak: Option<u64>,
    /// Blocks requested.
    pub max_allocations: Option<u64>,
    /// Nothing may be held more.
    pub no_leak: bool,
}

/// Which lines are named when a budget is exceeded.
#[derive(Clone, Copy, Debug)]
enum Subject {
    /// Those of the function.
    Function(&'static Table),
    /// Those of all functions, for a block at this place.
    Block(&'static str),
}

/// A call with a budget. It is dropped after the frame, whose books are closed then.
#[derive(Debug)]
pub struct Budget(Option<Running>);

#[derive(Debug)]
struct Running {
    measure: Measure,
    account: Account,
}

/// What was agreed, and how the lines stood.
#[derive(Debug)]
struct Account {
    limits: Limits,
    subject: Subject,
    before: Vec<(Chunk, Vec<Cost>)>,
}

/// The budget of a call of the function of `table`.
///
/// # Panics
/// Where the global allocator is not ours: no figure could be known.
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
        Self(Measure::begin().map(|measure| Running { measure, account }))
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        if let Some(Running { measure, account }) = self.0.take() {
            let spent = measure.finish();
            account.settle(spent);
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
    account: Option<Account>,
    spent: Spent,
}

/// The body of an async function with a budget.
pub fn task_within<F: Future<Output = R>, R>(
    table: &'static Table,
    limits: Limits,
    future: F,
) -> TaskWithin<F> {
    let task = task_call(table, future);
    TaskWithin { task, table, limits, account: None, spent: Spent::default() }
}

impl<F: Future> Future for TaskWithin<F> {
    type Output = F::Output;

    /// # Panics
    /// When the body is done and has taken more than it may, and as for [`function_budget`].
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: `task` is pinned structurally: it is never moved out of, and has a destructor of
        // its own. The other fields are not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        if this.account.is_none() {
            this.account = Account::open(Subject::Function(this.table), this.limits);
        }
        let measure = Measure::begin();
        // SAFETY: as above.
        let result = unsafe { Pin::new_unchecked(&mut this.task) }.poll(context);
        if let Some(measure) = measure {
            let Spent { increment, peak, allocations } = measure.finish();
            let spent = &mut this.spent;
            spent.peak = spent.peak.max(spent.increment + peak);
            spent.increment += increment;
            spent.allocations += allocations;
        }
        if result.is_ready()
            && let Some(account) = this.account.take()
        {
            account.settle(this.spent);
        }
        result
    }
}

/// What a line has cost a thread.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    runs: i64,
    increment: i64,
    peak: i64,
    allocations: i64,
}

/// A limit that was exceeded.
struct Excess {
    name: &'static str,
    limit: i64,
    found: i64,
    cost: fn(&Cost) -> i64,
    is_size: bool,
}

impl Account {
    /// `None` where a panic is under way already, and in our own work.
    fn open(subject: Subject, limits: Limits) -> Option<Self> {
        if std::thread::panicking() {
            return None;
        }
        // This starts the session, so that it does not start in the call that is measured.
        assert!(
            control::is_counted()?,
            "mem-profile: the budget of {} cannot be checked, because the allocator of this program \
             counts nothing; add `#[global_allocator] static ALLOC: mem_profile::Alloc = \
             mem_profile::Alloc::new();`",
            subject.name()
        );
        let thread = thread::current()?;
        let _quiet = Quiet::enter();
        let before = subject.chunks(thread).map(|chunk| (chunk, costs(chunk))).collect();
        Some(Self { limits, subject, before })
    }

    /// Panics where more was spent than agreed, unless a panic is under way.
    fn settle(self, spent: Spent) {
        let thread = thread::current();
        let complaint = {
            let _quiet = Quiet::enter();
            let excesses = excesses(&self.limits, &spent);
            let complaint = excesses.first().map(|first| {
                let lines = thread.map(|thread| self.costliest(thread, first.cost, spent.peak));
                self.complaint(&excesses, first, &lines.unwrap_or_default())
            });
            drop((self, excesses));
            complaint
        };
        let theirs = complaint.clone();
        let quiet = Quiet::enter();
        drop(complaint);
        drop(quiet);
        if let Some(complaint) = theirs
            && !std::thread::panicking()
        {
            panic!("{complaint}");
        }
    }

    fn complaint(&self, excesses: &[Excess], first: &Excess, lines: &[Line]) -> String {
        let mut text = format!("mem-profile: {} exceeds its budget", self.subject.name());
        for Excess { name, limit, found, is_size, .. } in excesses {
            let (limit, found) = (shown(*limit, *is_size), shown(*found, *is_size));
            text += &format!("\n  {name}: at most {limit}, but {found}");
        }
        text += match lines.is_empty() {
            true => "\n  which line took it is not known: none with `#[mem_profile]` took part",
            false => "\n  by line:",
        };
        for Line { chunk, index, cost } in lines {
            let cost = shown((first.cost)(cost), first.is_size);
            text += &format!("\n    {cost}  {}", described(*chunk, *index));
        }
        text
    }

    /// The lines that have cost this thread most since the account was opened.
    fn costliest(&self, thread: &'static Thread, cost: fn(&Cost) -> i64, peak: i64) -> Vec<Line> {
        let mut lines = Vec::new();
        for chunk in self.subject.chunks(thread) {
            let before = self.before.iter().find(|(known, _)| *known == chunk);
            let before = before.map_or(&[][..], |(_, costs)| costs);
            for (index, now) in costs(chunk).into_iter().enumerate() {
                let cost = now.since(before.get(index).copied().unwrap_or_default(), peak);
                lines.push(Line { chunk, index, cost });
            }
        }
        lines.retain(|line| line.cost.runs > 0 && cost(&line.cost) > 0);
        sort(&mut lines, |one, other| cost(&other.cost).cmp(&cost(&one.cost)));
        lines.truncate(LINES);
        lines
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        self.before = Vec::new();
    }
}

struct Line {
    chunk: Chunk,
    index: usize,
    cost: Cost,
}

impl Cost {
    /// What came on top of `earlier` in a call that rose by `peak`. Where the line has been as high
    /// before, its own peak is not known, only that it is no higher than either.
    fn since(self, earlier: Self, peak: i64) -> Self {
        Self {
            runs: self.runs - earlier.runs,
            increment: self.increment - earlier.increment,
            peak: if self.peak > earlier.peak { self.peak } else { self.peak.min(peak) },
            allocations: self.allocations - earlier.allocations,
        }
    }
}

fn costs(chunk: Chunk) -> Vec<Cost> {
    let cost = |row: &Row| Cost {
        runs: row.runs.get(),
        increment: row.increment.get(),
        peak: row.peak.get(),
        allocations: row.allocations.get(),
    };
    chunk.iter().map(cost).collect()
}

fn described(chunk: Chunk, index: usize) -> String {
    let Some(function) = table::function(chunk.table.get()) else { return String::new() };
    let source = function.source.split('\n').nth(index).unwrap_or_default();
    let line = u64::from(function.first_line) + index as u64;
    printable(&format!("{}:{line}: {}", function.file, source.trim()))
}

impl Subject {
    fn name(self) -> String {
        match self {
            Self::Function(table) => printable(&format!("`{}`", table.function().display_name())),
            Self::Block(place) => printable(&format!("the block at {place}")),
        }
    }

    /// What it covers of the rows of a thread.
    fn chunks(self, thread: &Thread) -> impl Iterator<Item = Chunk> {
        let (own, all) = match self {
            Self::Function(table) => (thread.chunk(table).filter(|own| !own.is_skipped()), None),
            Self::Block(_) => (None, Some(thread.chunks())),
        };
        own.into_iter().chain(all.into_iter().flatten())
    }
}

fn excesses(limits: &Limits, spent: &Spent) -> Vec<Excess> {
    let increment: fn(&Cost) -> i64 = |cost| cost.increment;
    let no_leak = limits.no_leak.then_some(0);
    let excess = |name, limit: Option<u64>, found, cost, is_size| {
        let limit = i64::try_from(limit?).unwrap_or(i64::MAX);
        (found > limit).then_some(Excess { name, limit, found, cost, is_size })
    };
    let all = [
        excess("max_increment", limits.max_increment, spent.increment, increment, true),
        excess("max_peak", limits.max_peak, spent.peak, |cost| cost.peak, true),
        excess(
            "max_allocations",
            limits.max_allocations,
            spent.allocations,
            |cost| cost.allocations,
            false,
        ),
        excess("no_leak", no_leak, spent.increment, increment, true),
    ];
    all.into_iter().flatten().collect()
}

/// A size in bytes, and in a larger unit where there is one.
fn shown(value: i64, is_size: bool) -> String {
    let size = Unit::Auto.format(value.into(), 3);
    match (is_size, size.ends_with(" B")) {
        (false, _) => value.to_string(),
        (true, true) => size,
        (true, false) => format!("{value} B ({size})"),
    }
}
