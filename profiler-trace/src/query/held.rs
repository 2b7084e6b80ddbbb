//! Which lines hold the memory of the process, from call stacks: as a run says that records live blocks.
//!
//! A stack's innermost line of a measured function has the blocks, and the lines of measured functions further
//! out have called it.

mod code;
mod paths;
mod statement;

use std::collections::HashMap;

use mem_profile_format::{Backend, CallPaths, Held, ProcessPeak, Snapshot as LinesSnapshot};

use self::code::Code;
use self::paths::{Step, Tree};
use crate::capture::control;
use crate::data::{Data, Reach, Trace};
use crate::names::symbols::Symbols;
use crate::query::snapshot::Snapshot;
use crate::tables::counters::whole;
use mem_profile_runtime::internal;

/// The runtime calls it for each of its snapshots.
pub(crate) static FILL_HELD: fn(&mut LinesSnapshot) = fill_held;

/// Counts the tables as the profiler's memory, and fills in the paths and the bytes of each line, while every block is traced. Where live blocks are recorded, lines
/// have their own already; a sample has estimates only.
fn fill_held(lines: &mut LinesSnapshot) {
    if control::is_tracing()
        && let Some(set) = &mut lines.resident
    {
        set.profiler += control::overhead();
    }
    let is_missing = lines.paths.is_none() && lines.backend == Backend::Heap;
    if !is_missing || !control::is_tracing_all() {
        return;
    }
    let (stacks, peak) = {
        let _control = control::lock();
        (Snapshot::now(), control::peak())
    };
    let data = stacks.data();
    // The tracer does not know what is older. Of that, this much was never freed.
    let older = lines.process_bytes.unwrap_or(0).saturating_sub(data.live_bytes);
    // Unless no line of the program is known.
    if !stacks.symbols().lines_are_missing {
        let functions: Vec<_> = internal::functions().collect();
        let code = Code::of(&lines.functions, &functions);
        let mut paths = paths(data, stacks.symbols(), &code);
        paths.outside.add(&Held { at_peak: older, live: older, ..Held::default() });
        fill_lines(lines, &paths);
        lines.paths = Some(paths);
        let forgotten = peak.older.saturating_sub(older);
        lines.peak = Some(ProcessPeak {
            bytes: peak.bytes.saturating_add(older),
            after: Some(peak.after),
            uncertainty: peak.uncertainty.saturating_add(forgotten),
        });
    }
    if peak.older > 0 {
        let note =
            "At peak and Live know the lines of what was allocated since the tracer was started";
        lines.notes.push(note.to_owned());
    }
    lines.notes.extend(stacks.notes().into_iter().map(|note| format!("At peak and Live: {note}")));
}

fn fill_lines(lines: &mut LinesSnapshot, paths: &CallPaths) {
    let own = paths.by_line().into_iter().map(|it| ((it.function, it.line), it.own));
    let own: HashMap<_, _> = own.collect();
    for (number, function) in lines.functions.iter_mut().enumerate() {
        for line in &mut function.lines {
            let held = own.get(&(number, line.line)).copied();
            let held = held.or(line.ran().then(Held::default));
            (line.at_peak, line.live) = (held.map(|it| it.at_peak), held.map(|it| it.live));
        }
    }
}

/// The blocks of all stacks by the lines that have called.
///
/// PERF: each address is looked up once, and each stack walked once, and not once for each function: 2,000
/// functions and 100,000 stacks of 30 frames are 3 million steps instead of 6,000 million.
fn paths(data: &Data, symbols: &Symbols, code: &Code<'_>) -> CallPaths {
    let steps: Vec<Vec<Step>> = (0..data.addresses.len() as u32)
        .zip(&data.addresses)
        .map(|(number, address)| match address.is_recursion() {
            true => vec![Step::LeftOut],
            false => symbols.of(number).iter().rev().filter_map(|it| code.step(it)).collect(),
        })
        .collect();
    let mut tree = Tree::default();
    for trace in &data.traces {
        let addresses = trace.frames.iter().rev();
        let steps = addresses.filter_map(|&address| steps.get(address as usize)).flatten();
        tree.add(steps.copied(), trace.reach == Reach::Whole, &held(trace));
    }
    tree.into_paths()
}

fn held(trace: &Trace) -> Held {
    let figure = |figure: i64| figure.max(0).unsigned_abs();
    let blocks = |parts| figure(whole(parts));
    Held {
        at_peak: figure(trace.peak_bytes),
        at_peak_blocks: blocks(trace.peak_blocks),
        live: figure(trace.live_bytes),
        live_blocks: blocks(trace.live_blocks),
        allocated: figure(trace.allocated_bytes),
        // A reallocation requests no new block.
        allocations: blocks(trace.allocated_blocks).saturating_sub(trace.reallocations),
    }
}

#[cfg(test)]
mod tests;
