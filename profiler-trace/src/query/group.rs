//! Traces → statistics.

use std::collections::HashMap;

use crate::data::{Reach, Trace};
use crate::names::symbols::Symbols;
use crate::query::snapshot::Snapshot;
use crate::query::statistic::{By, Statistic};
use mem_profile_names::{Frame, Origin};

/// Names in the place of stacks that are not known.
const TRUNCATED: &str = "[truncated: the tables were full]";
const NO_STACK: &str = "[no stack]";

/// A note at the outer end of a trace's frames.
pub(crate) fn outer_end(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Whole => None,
        Reach::UnwindFailed => Some("[callers not found]"),
        Reach::Truncated => Some(TRUNCATED),
        Reach::NoStack => Some(NO_STACK),
    }
}

/// The frame that a trace is shown under: the innermost one of the program's own; where there is
/// none, of a library; else of the standard library.
pub(crate) fn display_frame<'a>(symbols: &'a Symbols, trace: &Trace) -> Option<&'a Frame> {
    let frames = || trace.frames.iter().flat_map(|&address| symbols.of(address));
    let first = |origin| frames().find(|frame| frame.origin == origin);
    first(Origin::User)
        .or_else(|| first(Origin::Library))
        .or_else(|| first(Origin::Standard))
        .or_else(|| frames().find(|frame| frame.origin != Origin::Profiler))
}

/// The function in which the standard library calls `main`, after its own start.
const CALLS_MAIN: &str = "std::rt::lang_start";

/// Whether it is the standard library's own, from before `main` or after it: none of the program's code
/// is on the stack, nor a library's.
pub(crate) fn is_around_main(symbols: &Symbols, trace: &Trace) -> bool {
    let mut frames = trace.frames.iter().flat_map(|&address| symbols.of(address));
    let mut calls_main = false;
    let is_standard = frames.all(|frame| {
        calls_main |= frame.function.starts_with(CALLS_MAIN);
        !matches!(frame.origin, Origin::User | Origin::Library)
    });
    is_standard && calls_main && trace.reach == Reach::Whole
}

pub(crate) fn statistics(snapshot: &Snapshot, by: By, cumulative: bool) -> Vec<Statistic> {
    statistics_of(snapshot, &snapshot.data().traces, by, cumulative)
}

/// The same of some of its traces.
pub(crate) fn statistics_of<'a>(
    snapshot: &Snapshot,
    traces: impl IntoIterator<Item = &'a Trace>,
    by: By,
    cumulative: bool,
) -> Vec<Statistic> {
    let symbols = snapshot.symbols();
    let mut groups = Groups::default();
    for trace in traces {
        match by {
            By::Traceback => groups.add_stack(snapshot, trace),
            _ if cumulative && trace.reach != Reach::Truncated => {
                let mut names: Vec<_> =
                    users(symbols, trace).map(|frame| name(frame, by)).collect();
                names.sort();
                // A recursive function is on the stack several times, and holds it once.
                names.dedup();
                if names.is_empty() {
                    names.push(own_name(symbols, trace, by));
                }
                names.into_iter().for_each(|name| groups.add(name, trace));
            }
            _ => groups.add(own_name(symbols, trace, by), trace),
        }
    }
    groups.finish()
}

/// The lines that hold the live memory, each with its function and its bytes; the largest first. Where functions share
/// a line, the one that holds most of it is named.
pub(crate) fn lines(snapshot: &Snapshot) -> Vec<(Frame, u64)> {
    let symbols = snapshot.symbols();
    let mut frames: HashMap<Frame, i64> = HashMap::new();
    for trace in &snapshot.data().traces {
        *frames.entry(line(symbols, trace)).or_default() += trace.live_bytes;
    }
    let mut frames: Vec<_> = frames.into_iter().collect();
    let largest_first =
        |a: &(Frame, i64), b: &(Frame, i64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0));
    frames.sort_by(largest_first);
    let mut lines: Vec<(Frame, i64)> = Vec::new();
    let mut known = HashMap::new();
    for (frame, bytes) in frames {
        let index = *known.entry(frame.place()).or_insert(lines.len());
        match lines.get_mut(index) {
            Some(line) => line.1 += bytes,
            None => lines.push((frame, bytes)),
        }
    }
    lines.sort_by(largest_first);
    lines.into_iter().map(|(frame, bytes)| (frame, bytes.max(0).unsigned_abs())).collect()
}

/// The line that a trace is shown under, or why there is none.
pub(crate) fn line(symbols: &Symbols, trace: &Trace) -> Frame {
    match (trace.reach, display_frame(symbols, trace)) {
        (Reach::Truncated, _) => Frame::without_line(TRUNCATED.to_owned(), ""),
        (Reach::NoStack, _) => Frame::without_line(NO_STACK.to_owned(), ""),
        (_, Some(frame)) => frame.clone(),
        (_, None) => Frame::without_line("[unknown]".to_owned(), ""),
    }
}

fn users<'a>(symbols: &'a Symbols, trace: &'a Trace) -> impl Iterator<Item = &'a Frame> {
    let frames = trace.frames.iter().flat_map(|&address| symbols.of(address));
    frames.filter(|frame| frame.origin == Origin::User)
}

fn own_name(symbols: &Symbols, trace: &Trace, by: By) -> String {
    match (trace.reach, display_frame(symbols, trace)) {
        (Reach::Truncated, _) => TRUNCATED.to_owned(),
        (Reach::NoStack, _) => NO_STACK.to_owned(),
        (_, Some(frame)) => name(frame, by),
        (_, None) => "[unknown]".to_owned(),
    }
}

fn name(frame: &Frame, by: By) -> String {
    match by {
        By::Line | By::Traceback => frame.place(),
        By::Function => frame.function.clone(),
        By::File if frame.file.is_empty() => format!("<{}>", frame.krate),
        By::File => frame.file.clone(),
        By::Crate => frame.krate.clone(),
    }
}

#[derive(Default)]
struct Groups {
    known: HashMap<(String, Vec<Frame>), usize>,
    /// With blocks in 1024ths.
    statistics: Vec<Statistic>,
}

impl Groups {
    fn add(&mut self, name: String, trace: &Trace) {
        self.add_to(name, Vec::new(), trace);
    }

    fn add_stack(&mut self, snapshot: &Snapshot, trace: &Trace) {
        let frames = snapshot.shown(trace).cloned().collect();
        self.add_to(own_name(snapshot.symbols(), trace, By::Traceback), frames, trace);
    }

    fn add_to(&mut self, name: String, traceback: Vec<Frame>, trace: &Trace) {
        let next = self.statistics.len();
        let index = match self.known.get(&(name.clone(), traceback.clone())) {
            Some(&index) => index,
            None => {
                self.known.insert((name.clone(), traceback.clone()), next);
                self.statistics.push(Statistic { name, traceback, ..Statistic::default() });
                next
            }
        };
        let Some(sum) = self.statistics.get_mut(index) else { return };
        sum.add(trace);
    }

    fn finish(mut self) -> Vec<Statistic> {
        self.statistics.iter_mut().for_each(Statistic::round_blocks);
        sort(&mut self.statistics, |statistic| (statistic.size, statistic.count));
        self.statistics
    }
}

/// The largest first, whatever its sign; equal ones by name.
fn sort(statistics: &mut [Statistic], figures: impl Fn(&Statistic) -> (i64, i64)) {
    let rank = |statistic: &Statistic| {
        let (size, count) = figures(statistic);
        (
            std::cmp::Reverse((size.unsigned_abs(), size, count.unsigned_abs())),
            statistic.allocated_size,
        )
    };
    statistics.sort_by(|a, b| {
        let by_name = || (&a.name, &a.traceback).cmp(&(&b.name, &b.traceback));
        rank(a).0.cmp(&rank(b).0).then(rank(b).1.cmp(&rank(a).1)).then_with(by_name)
    });
}

/// The figures of `new` beside their change since `old`.
pub(crate) fn compare(new: Vec<Statistic>, old: Vec<Statistic>) -> Vec<Statistic> {
    let key = |statistic: &Statistic| (statistic.name.clone(), statistic.traceback.clone());
    let mut before: HashMap<_, _> = old.into_iter().map(|old| (key(&old), old)).collect();
    let mut all: Vec<_> = new
        .into_iter()
        .map(|new| {
            let old = before.remove(&key(&new)).unwrap_or_default();
            let (size_diff, count_diff) = (Some(new.size - old.size), Some(new.count - old.count));
            Statistic { size_diff, count_diff, ..new }
        })
        .collect();
    all.extend(before.into_values().map(|gone| Statistic {
        size_diff: Some(-gone.size),
        count_diff: Some(-gone.count),
        name: gone.name,
        traceback: gone.traceback,
        ..Statistic::default()
    }));
    sort(&mut all, |one| (one.size_diff.unwrap_or(0), one.count_diff.unwrap_or(0)));
    all
}
