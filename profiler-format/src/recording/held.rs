//! From blocks to the memory that each line and each path holds.
//!
//! Counters of all threads are added up by path. One that has changed since the highest mark was left has
//! kept what was live then; all others have it still.

use std::collections::BTreeMap;

use super::RecordingError;
use super::blocks::{Block, Blocks, unsigned};
use crate::layout::paths::{
    ALIAS_BITS, CALLER_BITS, COUNT, END, FIRST_NUMBER, IS_RECURSIVE, OUTSIDE,
};
use crate::layout::{self, UNIT, counter, mark, paths};
use crate::snapshot::{CallPath, CallPaths, Held, ProcessPeak};

/// A function of the snapshot.
pub(super) struct Place {
    pub(super) function: usize,
    /// Its first line.
    pub(super) line: u32,
    /// Rows that are lines; one more is the first line's.
    pub(super) lines: usize,
}

/// All that is recorded of live blocks.
pub(super) struct LiveBlocks {
    mark: Mark,
    /// By their numbers.
    paths: BTreeMap<u32, Node>,
    held: BTreeMap<u32, Sum>,
    /// By the numbers of their functions and rows.
    rows: BTreeMap<(i64, usize), Held>,
}

/// The highest mark.
struct Mark {
    bytes: u64,
    /// The epoch in which counters have kept what was live then; `None` where all still have it.
    epoch: Option<i64>,
    /// Nanoseconds since the recording began, where known.
    after: Option<u64>,
    /// The most that have run at one time since marks began.
    threads: u64,
}

/// A path, which leads to a line.
struct Node {
    caller: u32,
    is_recursive: bool,
    function: i64,
    row: usize,
}

/// Live blocks over all threads, of which one may free what another one has allocated.
#[derive(Clone, Copy, Default)]
struct Sum {
    at_peak: i64,
    at_peak_blocks: i64,
    live: i64,
    live_blocks: i64,
    allocated: i64,
    allocations: i64,
}

impl LiveBlocks {
    /// `None` where they are not recorded. So many bytes are live in the process.
    pub(super) fn find(
        blocks: &Blocks<'_>,
        live: Option<u64>,
    ) -> Result<Option<Self>, RecordingError> {
        let Some(block) = blocks.of_kind(layout::MARK).next() else { return Ok(None) };
        let mark = Mark::of(&block, live.unwrap_or(0));
        let mut paths = BTreeMap::new();
        for block in blocks.of_kind(layout::PATHS) {
            add_paths(&mut paths, &block)?;
        }
        let mut held = BTreeMap::new();
        for block in blocks.of_kind(layout::COUNTERS) {
            add_counters(&mut held, &block, &mark)?;
        }
        let mut rows = BTreeMap::new();
        for (site, sum) in &held {
            if let Some(Node { function, row, .. }) = paths.get(site) {
                let held: &mut Held = rows.entry((*function, *row)).or_default();
                held.add(&sum.held());
            }
        }
        Ok(Some(Self { mark, paths, held, rows }))
    }

    /// The blocks of one line, on all paths.
    pub(super) fn of_row(&self, function: i64, row: usize) -> Held {
        self.rows.get(&(function, row)).copied().unwrap_or_default()
    }

    /// The blocks of all lines.
    pub(super) fn all(&self) -> Held {
        let mut all = Sum::default();
        self.held.values().for_each(|sum| all.add(sum));
        all.held()
    }

    /// The paths that lead to lines: their numbers, the numbers of the functions, and the rows.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u32, i64, u64)> {
        self.paths.iter().map(|(site, node)| (*site, node.function, node.row as u64))
    }

    /// The process at its peak. A thread that leaves a mark does not know what those have not published that run
    /// beside it, nor of a peak that is not a step above the last mark.
    pub(super) fn peak(&self) -> ProcessPeak {
        let threads = Some(self.mark.threads).filter(|&threads| threads > 1).unwrap_or(0);
        ProcessPeak {
            bytes: self.mark.bytes,
            after: self.mark.after,
            uncertainty: threads.saturating_mul(layout::ledger::CENTER as u64),
        }
    }

    /// The paths that lead to blocks. `places` has the functions by their numbers.
    pub(super) fn paths(&self, places: &BTreeMap<i64, Place>) -> CallPaths {
        let mut result = CallPaths::default();
        let leads_to_blocks = self.leads_to_blocks();
        // The indices of the paths and, of those that have no place, of their callers.
        let mut indices: BTreeMap<u32, Option<usize>> = BTreeMap::new();
        for (site, node) in &self.paths {
            if leads_to_blocks.binary_search(site).is_err() {
                continue;
            }
            let caller = indices.get(&node.caller).copied().flatten();
            let Some(place) = places.get(&node.function) else {
                indices.insert(*site, caller);
                continue;
            };
            let line = if node.row < place.lines { node.row } else { 0 };
            indices.insert(*site, Some(result.all.len()));
            result.all.push(CallPath {
                caller,
                function: place.function,
                line: place.line.saturating_add(line as u32),
                is_recursive: node.is_recursive,
                own: Held::default(),
            });
        }
        for (site, sum) in &self.held {
            let is_placed =
                self.paths.get(site).is_some_and(|it| places.contains_key(&it.function));
            let index = indices.get(site).copied().flatten().filter(|_| is_placed);
            let holder = match index.and_then(|index| result.all.get_mut(index)) {
                Some(path) => &mut path.own,
                None if *site == OUTSIDE => &mut result.outside,
                None => &mut result.unattributed,
            };
            holder.add(&sum.held());
        }
        result
    }

    /// The numbers of the paths that have blocks or lead to one that has, sorted. Of folded recursion, others have
    /// counters too.
    fn leads_to_blocks(&self) -> Vec<u32> {
        let has_blocks = self.held.iter().filter(|(_, sum)| sum.held() != Held::default());
        let mut needed: Vec<u32> = has_blocks.map(|(site, _)| *site).collect();
        let mut seen: std::collections::BTreeSet<u32> = needed.iter().copied().collect();
        while let Some(site) = needed.pop() {
            if let Some(node) = self.paths.get(&site)
                && seen.insert(node.caller)
            {
                needed.push(node.caller);
            }
        }
        seen.into_iter().collect()
    }
}

impl Mark {
    fn of(block: &Block<'_>, live: u64) -> Self {
        let highest = unsigned(block.word(mark::HIGHEST));
        // Nothing was freed since more was live than ever.
        let is_left = live <= highest;
        let [left, now] = [mark::LEFT, mark::NOW].map(|at| unsigned(block.word(at)));
        // It is not known if the process was killed, or runs, and more is live than at the mark.
        let after = if is_left { Some(left) } else { Some(now).filter(|&now| now >= left) };
        Self {
            bytes: highest.max(live),
            epoch: is_left.then(|| block.word(mark::EPOCH)),
            after: after.filter(|&after| after > 0),
            threads: unsigned(block.word(mark::THREADS)),
        }
    }
}

fn add_paths(all: &mut BTreeMap<u32, Node>, block: &Block<'_>) -> Result<(), RecordingError> {
    let first = u32::try_from(block.word(paths::NUMBER)).ok();
    let first = first.filter(|first| *first < END);
    let first = first.ok_or_else(|| block.damaged("paths have impossible numbers"))?;
    for (index, site) in (0..COUNT).zip(first..) {
        let word = |offset| block.word(paths::FIRST + index * paths::EACH + offset);
        let (caller, line) = (word(paths::CALLER), word(paths::LINE));
        let part = |shift: u32, bits: u32| (caller >> shift & ((1 << bits) - 1)) as u32;
        let is_alias = part(CALLER_BITS, ALIAS_BITS) != 0;
        let number = part(0, CALLER_BITS);
        // Not filled, or not in use.
        if site < FIRST_NUMBER || number == 0 || is_alias {
            continue;
        }
        if number >= site {
            return Err(block.damaged("a path leads to one that leads to it"));
        }
        let node = Node {
            caller: number,
            is_recursive: caller & IS_RECURSIVE != 0,
            function: line >> 32,
            row: (line & 0xffff_ffff) as usize,
        };
        all.entry(site).or_insert(node);
    }
    Ok(())
}

fn add_counters(
    held: &mut BTreeMap<u32, Sum>,
    block: &Block<'_>,
    mark: &Mark,
) -> Result<(), RecordingError> {
    for at in (UNIT..block.len()).step_by(counter::SIZE) {
        let word = |offset| block.word(at + offset);
        let site = word(counter::SITE);
        if site == 0 {
            continue;
        }
        let site = u32::try_from(site).ok().filter(|site| *site < END);
        let site = site.ok_or_else(|| block.damaged("a counter is of an impossible path"))?;
        let is_kept = mark.epoch == Some(word(counter::EPOCH));
        let at_peak = |kept, live| word(if is_kept { kept } else { live });
        held.entry(site).or_default().add(&Sum {
            at_peak: at_peak(counter::AT_PEAK, counter::LIVE),
            at_peak_blocks: at_peak(counter::AT_PEAK_BLOCKS, counter::LIVE_BLOCKS),
            live: word(counter::LIVE),
            live_blocks: word(counter::LIVE_BLOCKS),
            allocated: word(counter::ALLOCATED),
            allocations: word(counter::ALLOCATIONS),
        });
    }
    Ok(())
}

impl Sum {
    fn add(&mut self, other: &Self) {
        for (sum, part) in [
            (&mut self.at_peak, other.at_peak),
            (&mut self.at_peak_blocks, other.at_peak_blocks),
            (&mut self.live, other.live),
            (&mut self.live_blocks, other.live_blocks),
            (&mut self.allocated, other.allocated),
            (&mut self.allocations, other.allocations),
        ] {
            *sum = sum.wrapping_add(part);
        }
    }

    fn held(&self) -> Held {
        Held {
            at_peak: unsigned(self.at_peak),
            at_peak_blocks: unsigned(self.at_peak_blocks),
            live: unsigned(self.live),
            live_blocks: unsigned(self.live_blocks),
            allocated: unsigned(self.allocated),
            allocations: unsigned(self.allocations),
        }
    }
}

#[cfg(test)]
mod tests;
