//! Makes a snapshot of the tables.
//!
//! Counters are summed by thread and stack; nothing is written, so running threads are not
//! disturbed. A block that one thread made and another freed is in the counters of both, and only
//! their sum is right: the frees are moved to the threads that made the blocks.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::capture::{control, own_frames};
use crate::data::{Address, Data, ModuleData, Reach, Trace, VERSION};
use crate::hook::thread_state;
use crate::hook::thread_state::State;
use crate::tables::counters::Sums;
use crate::tables::{peak, sample, tree};
use crate::unwind;
use mem_profile_runtime::internal;

/// The figures so far, of whose stacks this many frames are to be shown.
pub(crate) fn collect(frames: usize) -> Data {
    unwind::refresh_modules();
    let (live_bytes, peak_bytes) = control::traced_memory();
    let mut collector = Collector { epoch: epoch(), ..Collector::default() };
    collector.add_modules();
    collector.add_traces();
    Data {
        mem_profile_trace_version: VERSION,
        taken_at: nanoseconds(),
        process: internal::id(),
        command: command(),
        frames: frames as u64,
        mean_bytes: sample::mean_bytes(),
        live_bytes,
        peak_bytes,
        overhead_bytes: control::overhead(),
        ..collector.data
    }
}

/// The stacks of some sites, in their order, without figures.
pub(crate) fn stacks(sites: impl Iterator<Item = u32>, frames: usize) -> Data {
    unwind::refresh_modules();
    let mut collector = Collector::default();
    collector.data.frames = frames as u64;
    collector.add_modules();
    for site in sites {
        let (reach, frames) = collector.stack(site);
        collector.data.traces.push(Trace { reach, frames, ..Trace::default() });
    }
    collector.data
}

fn command() -> String {
    let parts = std::env::args_os().map(|part| part.to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join(" ")
}

fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The epoch that the highest mark ended; `None` while that is still being raised.
fn epoch() -> Option<i64> {
    let (highest, epoch) = peak::mark();
    (control::live_bytes() < highest).then_some(epoch)
}

#[derive(Default)]
struct Collector {
    epoch: Option<i64>,
    data: Data,
    /// As they are kept, of each generation.
    kept: HashMap<u64, u32>,
    addresses: HashMap<(u64, Option<u32>), u32>,
    threads: HashMap<String, u32>,
    /// Where each combination of thread, reach and frames is.
    known: HashMap<(u32, Reach, Vec<u32>), usize>,
}

impl Collector {
    fn add_modules(&mut self) {
        self.data.modules = unwind::modules().map(module).collect();
    }

    fn add_traces(&mut self) {
        let states: Vec<_> = thread_state::all().map(|state| (self.thread(state), state)).collect();
        // A label is no frame of a report: its site counts as the one without it.
        let mut labelled: HashMap<u32, Vec<u32>> = HashMap::new();
        for site in tree::sites() {
            if let Some((_, plain)) = tree::label_of(site) {
                labelled.entry(plain).or_default().push(site);
            }
        }
        for site in tree::sites().filter(|&site| tree::label_of(site).is_none()) {
            let (reach, frames) = self.stack(site);
            let mut of_threads = self.of_threads(site, &states);
            for &labelled in labelled.get(&site).into_iter().flatten() {
                let more = self.of_threads(labelled, &states);
                of_threads.iter_mut().zip(more).for_each(|((_, sums), (_, more))| sums.add(&more));
            }
            balance_frees(&mut of_threads);
            for (thread, sums) in of_threads {
                if !sums.is_empty() {
                    self.add(thread, reach, &frames, &sums);
                }
            }
        }
    }

    /// The figures of a site by threads.
    fn of_threads(&self, site: u32, states: &[(u32, &State)]) -> Vec<(u32, Sums)> {
        let own = states.iter().map(|&(thread, state)| (thread, state.counters(site)));
        let shared = thread_state::shared(site).map(|counters| (0, counters));
        own.chain(shared).map(|(thread, counters)| (thread, counters.read(self.epoch))).collect()
    }

    fn thread(&mut self, state: &State) -> u32 {
        let name = state.name();
        if let Some(&known) = self.threads.get(&name) {
            return known;
        }
        let index = self.data.threads.len() as u32;
        self.data.threads.push(name.clone());
        self.threads.insert(name, index);
        index
    }

    fn stack(&mut self, site: u32) -> (Reach, Vec<u32>) {
        let mut kept = Vec::new();
        let whole = tree::frames_of(site, |address| kept.push(address));
        let reach = match site {
            tree::TRUNCATED => Reach::Truncated,
            tree::NO_STACK => Reach::NoStack,
            _ if whole => Reach::Whole,
            _ => Reach::UnwindFailed,
        };
        let plain: Vec<_> = kept.iter().map(|address| address & unwind::ADDRESS).collect();
        let own = own_frames::count(&plain);
        let frames = kept.into_iter().enumerate();
        (reach, frames.map(|(index, address)| self.address(address, index < own)).collect())
    }

    /// One of the same module is the same in each generation, and so are the stacks of it.
    fn address(&mut self, kept: u64, is_own: bool) -> u32 {
        if let Some(&known) = self.kept.get(&kept) {
            return known;
        }
        let address = kept & unwind::ADDRESS;
        let found = unwind::module_at(kept);
        let is_found = |module: &&_| found.is_some_and(|found| std::ptr::eq(found, *module));
        let module = unwind::modules().position(|module| is_found(&module));
        let module = module.map(|index| index as u32);
        let next = self.data.addresses.len() as u32;
        let index = *self.addresses.entry((address, module)).or_insert(next);
        if index == next {
            self.data.addresses.push(Address { address, module, is_own });
        }
        self.kept.insert(kept, index);
        index
    }

    fn add(&mut self, thread: u32, reach: Reach, frames: &[u32], sums: &Sums) {
        let key = (thread, reach, frames.to_vec());
        let traces = &mut self.data.traces;
        let index = *self.known.entry(key).or_insert_with(|| {
            traces.push(Trace { thread, reach, frames: frames.to_vec(), ..Trace::default() });
            traces.len() - 1
        });
        let Some(trace) = traces.get_mut(index) else { return };
        trace.allocated_blocks += sums.allocated.blocks;
        trace.allocated_bytes += sums.allocated.bytes;
        trace.live_blocks += sums.live.blocks;
        trace.live_bytes += sums.live.bytes;
        trace.peak_blocks += sums.peak.blocks;
        trace.peak_bytes += sums.peak.bytes;
        trace.reallocations += sums.reallocations;
        trace.temporary += sums.temporary;
    }
}

/// Moves the frees of other threads' blocks to the threads that still count blocks as alive.
fn balance_frees(of_threads: &mut [(u32, Sums)]) {
    const PARTS: [fn(&mut Sums) -> &mut i64; 4] = [
        |sums| &mut sums.live.blocks,
        |sums| &mut sums.live.bytes,
        |sums| &mut sums.peak.blocks,
        |sums| &mut sums.peak.bytes,
    ];
    for part in PARTS {
        let mut owed = 0;
        for (_, sums) in &mut *of_threads {
            let held = part(sums);
            owed -= (*held).min(0);
            *held = (*held).max(0);
        }
        for (_, sums) in &mut *of_threads {
            let held = part(sums);
            let paid = owed.min(*held);
            owed -= paid;
            *held -= paid;
        }
    }
}

fn module(module: &unwind::Module) -> ModuleData {
    let path = String::from_utf8_lossy(module.path()).into_owned();
    let program = || std::env::current_exe().map(|path| path.to_string_lossy().into_owned());
    ModuleData {
        path: if path.is_empty() { program().unwrap_or_default() } else { path },
        build_id: module.build_id().iter().map(|byte| format!("{byte:02x}")).collect(),
        start: module.start as u64,
        end: module.end as u64,
        bias: module.bias as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::counters::Amount;

    #[test]
    fn a_stack_of_two_generations_is_one() {
        let mut collector = Collector::default();
        let mut add = |generation: u64, bytes| {
            let kept = [0x20, 0x30].map(|address| address | generation << 48);
            let frames = kept.map(|kept| collector.address(kept, false));
            let live = Amount { blocks: 1, bytes };
            collector.add(0, Reach::Whole, &frames, &Sums { live, ..Sums::default() });
        };
        add(0, 100);
        add(1, 40);
        let data = collector.data;
        assert_eq!(data.addresses.iter().map(|it| it.address).collect::<Vec<_>>(), [0x20, 0x30]);
        assert_eq!(data.traces.iter().map(|it| it.live_bytes).collect::<Vec<_>>(), [140]);
    }

    #[test]
    fn what_others_freed_is_moved_to_who_made_it() {
        let sums = |bytes| Sums { live: Amount { blocks: bytes, bytes }, ..Sums::default() };
        let mut threads = [(0, sums(100)), (1, sums(-130)), (2, sums(50)), (3, sums(0))];
        balance_frees(&mut threads);
        assert_eq!(threads.map(|(_, sums)| sums.live.bytes), [0, 0, 20, 0]);
    }
}
