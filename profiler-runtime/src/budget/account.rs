//! The limits of a budget, the state of the lines at its start, and the message where it is exceeded.

use std::cmp::Reverse;

use mem_profile_format::report::printable;

use super::leak::{self, Held, Leak};
use super::limits::Limits;
use super::notes::Notes;
use super::process::{Found, ProcessMeasure, ProcessSpent};
use super::standard;
use super::wording::{counted, shown};
use crate::control;
use crate::record::alloc::quiet::Quiet;
use crate::record::frame::measure::Spent;
use crate::record::function::registry;
use crate::record::function::table::Table;
use crate::record::ledger::row::{Chunk, Row};
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

/// How many lines are named.
const LINES: usize = 3;
/// How many lines are named that have left blocks behind.
const LEAKS: usize = 10;

/// Which lines are named when a budget is exceeded.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    /// The rows of the function.
    Function(&'static Table),
    /// The rows of all functions, for a block at this place.
    Block(&'static str),
}

#[derive(Debug)]
pub(super) struct Account {
    limits: Limits,
    subject: Subject,
    before: Vec<(Chunk, Vec<Cost>)>,
}

/// The cost of a line to a thread.
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
    pub(super) fn open(subject: Subject, limits: Limits) -> Option<Self> {
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
        let thread = threads::current()?;
        let _quiet = Quiet::enter();
        if limits.no_leak {
            standard::prepare();
        }
        let before = chunks(subject, &limits, Some(thread));
        let before = before.map(|chunk| (chunk, costs(chunk))).collect();
        Some(Self { limits, subject, before })
    }

    /// The memory that all threads have taken, of which the calling one has taken its `own`.
    pub(super) fn found(
        &self,
        process: Option<ProcessMeasure>,
        own: Option<Spent>,
    ) -> Option<Found> {
        Some(Found::Process(process?.finish(own, self.limits.max_increment)))
    }

    /// Panics where more was spent than agreed, unless a panic is under way.
    pub(super) fn close(self, found: &Found, notes: Notes) {
        let (thread, spent) = (threads::current(), found.spent());
        if spent.was_left {
            drop(notes);
            return self.refuse();
        }
        let complaint = {
            let _quiet = Quiet::enter();
            let leak = if self.limits.no_leak { leak::find(&notes) } else { Leak::default() };
            let excesses = excesses(&self.limits, spent);
            let complaint = (!excesses.is_empty() || leak.is_any()).then(|| {
                let lines = |first: &Excess| self.costliest(thread, first.cost, spent.peak);
                let threads = match found {
                    Found::Thread(_) => described_threads(notes.started()),
                    Found::Process(found) => described_process(found),
                };
                self.complaint(&excesses, &lines, &leak) + &threads
            });
            drop((self, excesses, leak));
            complaint
        };
        drop(notes);
        let of_program = complaint.clone();
        let quiet = Quiet::enter();
        drop(complaint);
        drop(quiet);
        if let Some(complaint) = of_program
            && !std::thread::panicking()
        {
            panic!("{complaint}");
        }
    }

    /// Panics because nothing is known, unless a panic is under way.
    fn refuse(self) {
        assert!(
            std::thread::panicking(),
            "mem-profile: the budget of {} cannot be checked, because it was left in the middle, on a \
             coroutine; put it around code that does not wait",
            self.subject.name()
        );
    }

    fn complaint(
        &self,
        excesses: &[Excess],
        lines: &dyn Fn(&Excess) -> Vec<Line>,
        leak: &Leak,
    ) -> String {
        let mut text = format!("mem-profile: {} exceeds its budget", self.subject.name());
        for Excess { name, limit, found, is_size, .. } in excesses {
            let (limit, found) = (shown(*limit, *is_size), shown(*found, *is_size));
            text += &format!("\n  {name}: at most {limit}, but {found}");
        }
        text += &described_leak(leak);
        let (title, lines) = match excesses.first() {
            Some(first) => {
                let described = |line| described_line(line, first);
                ("by line:", lines(first).iter().map(described).collect())
            }
            None => ("by line:", leaking_lines(leak)),
        };
        text += &section(title, &lines);
        if !excesses.is_empty() && leak.is_any() {
            text += &section("left behind, by line:", &leaking_lines(leak));
        }
        text + &leak.describe_excluded()
    }

    /// The lines that have cost most since the account was opened.
    fn costliest(
        &self,
        thread: Option<&'static Thread>,
        cost: fn(&Cost) -> i64,
        peak: i64,
    ) -> Vec<Line> {
        let mut lines = Vec::<Line>::new();
        for chunk in chunks(self.subject, &self.limits, thread) {
            let before = self.before.iter().find(|(known, _)| *known == chunk);
            let before = before.map_or(&[][..], |(_, costs)| costs);
            for (index, now) in costs(chunk).into_iter().enumerate() {
                let cost = now.since(before.get(index).copied().unwrap_or_default(), peak);
                let is_same = |line: &&mut Line| {
                    line.index == index && line.chunk.table.get() == chunk.table.get()
                };
                match lines.iter_mut().find(is_same) {
                    // On another thread.
                    Some(line) => line.cost.add(cost),
                    None => lines.push(Line { chunk, index, cost }),
                }
            }
        }
        lines.retain(|line| line.cost.runs > 0 && cost(&line.cost) > 0);
        lines.sort_by_key(|line| Reverse(cost(&line.cost)));
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
    /// The cost on top of `earlier` in a call that rose by `peak`. If the line has been as high
    /// before, its own peak is not known, only that it is no higher than either.
    fn since(self, earlier: Self, peak: i64) -> Self {
        Self {
            runs: self.runs - earlier.runs,
            increment: self.increment - earlier.increment,
            peak: if self.peak > earlier.peak { self.peak } else { self.peak.min(peak) },
            allocations: self.allocations - earlier.allocations,
        }
    }

    fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.increment += other.increment;
        self.peak = self.peak.max(other.peak);
        self.allocations += other.allocations;
    }
}

/// The rows to look at: the calling thread's rows that the subject covers, or where all
/// threads are counted, all.
fn chunks(
    subject: Subject,
    limits: &Limits,
    thread: Option<&'static Thread>,
) -> impl Iterator<Item = Chunk> {
    let own = thread.filter(|_| !limits.process).map(|thread| subject.chunks(thread));
    let all = limits.process.then(|| threads::all().flat_map(Thread::chunks));
    own.into_iter().flatten().chain(all.into_iter().flatten())
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

/// The lines under a title.
fn section(title: &str, lines: &[String]) -> String {
    match lines {
        [] => {
            "\n  which line took it is not known: none with `#[mem_profile]` took part".to_owned()
        }
        lines => lines.iter().fold(format!("\n  {title}"), |text, line| text + "\n    " + line),
    }
}

fn described_line(Line { chunk, index, cost }: &Line, excess: &Excess) -> String {
    format!("{}  {}", shown((excess.cost)(cost), excess.is_size), described(*chunk, *index))
}

fn described(chunk: Chunk, index: usize) -> String {
    let Some(function) = registry::function(chunk.table.get()) else { return String::new() };
    let row = function.line_of(index);
    let source = function.source.split('\n').nth(row).unwrap_or_default();
    let line = u64::from(function.first_line) + row as u64;
    printable(&format!("{}:{line}: {}", function.file, source.trim()))
}

fn described_leak(leak: &Leak) -> String {
    let mut text = String::new();
    if leak.blocks > 0 {
        text += &format!("\n  no_leak: at most 0 B, but {}", held(leak.bytes, leak.blocks));
    }
    if leak.lost > 0 {
        let blocks = counted(leak.lost, "block");
        text += &format!("\n  no_leak: cannot be checked, because memory was out to note {blocks}");
    }
    text
}

/// The lines whose blocks are left; nothing where none is annotated.
fn leaking_lines(leak: &Leak) -> Vec<String> {
    let (mut lines, mut elsewhere) = (Vec::new(), Vec::new());
    for Held { row, bytes, blocks } in &leak.lines {
        let size = held(*bytes, *blocks);
        match annotated(*row) {
            Some((chunk, index)) => lines.push(format!("{size}  {}", described(chunk, index))),
            None => elsewhere.push(format!("{size}  outside of annotated functions")),
        }
    }
    if let Some(more) = lines.len().checked_sub(LEAKS).filter(|more| *more > 0) {
        lines.truncate(LEAKS);
        lines.push(format!("and {}", counted(more, "more line")));
    }
    if !lines.is_empty() {
        lines.append(&mut elsewhere);
    }
    lines
}

fn held(bytes: i64, blocks: usize) -> String {
    let size = shown(bytes, true);
    if blocks == 1 { size } else { format!("{size} in {blocks} blocks") }
}

/// Which line of which function it is.
fn annotated(row: *const Row) -> Option<(Chunk, usize)> {
    let mut chunks = threads::all().flat_map(Thread::chunks);
    chunks.find_map(|chunk| Some((chunk, chunk.find_row(row)?)))
}

fn described_threads(started: usize) -> String {
    let (verb, they) = if started == 1 { ("was", "it") } else { ("were", "they") };
    let threads = counted(started, "thread");
    match started {
        0 => String::new(),
        _ => {
            format!("\n  {threads} {verb} started here; what {they} took is not counted: `process`")
        }
    }
}

fn described_process(found: &ProcessSpent) -> String {
    let others = match found.others {
        0 => return "\n  all threads are counted; no other one allocated meanwhile".to_owned(),
        1 => "1 other".to_owned(),
        others => format!("{others} others"),
    };
    format!(
        "\n  all threads are counted; {others} allocated meanwhile, and what a thread holds is known \
         within 64 KiB while it runs"
    )
}

impl Subject {
    fn name(self) -> String {
        match self {
            Self::Function(table) => printable(&format!("`{}`", table.function().display_name())),
            Self::Block(place) => printable(&format!("the block at {place}")),
        }
    }

    /// The rows of a thread that it covers.
    fn chunks(self, thread: &Thread) -> impl Iterator<Item = Chunk> {
        let (own, all) = match self {
            Self::Function(table) => (thread.chunk(table).filter(|own| !own.is_skipped()), None),
            Self::Block(_) => (None, Some(thread.chunks())),
        };
        own.into_iter().chain(all.into_iter().flatten())
    }
}

fn excesses(limits: &Limits, spent: &Spent) -> Vec<Excess> {
    let excess = |name, limit: Option<u64>, found, cost, is_size| {
        let limit = i64::try_from(limit?).unwrap_or(i64::MAX);
        (found > limit).then_some(Excess { name, limit, found, cost, is_size })
    };
    let (increment, allocations) = (spent.increment, spent.allocations);
    let all = [
        excess("max_increment", limits.max_increment, increment, |cost| cost.increment, true),
        excess("max_peak", limits.max_peak, spent.peak, |cost| cost.peak, true),
        excess("max_allocations", limits.max_allocations, allocations, |c| c.allocations, false),
    ];
    all.into_iter().flatten().collect()
}
