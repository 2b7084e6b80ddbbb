//! How high memory rose: in calls that have not ended, and in the process.

use std::collections::BTreeMap;

use super::blocks::{self, Block, Blocks, unsigned};
use crate::layout::ledger::CENTER;
use crate::layout::{self, NEVER};
use crate::snapshot::{Backend, ProcessPeak, Snapshot};

pub(super) struct Peaks {
    /// The highest rise of the open calls of each function on each thread, by the offset of the chunk.
    open: BTreeMap<i64, u64>,
    /// The highest marks of the threads, in absolute bytes.
    highest: i64,
}

impl Peaks {
    pub(super) fn find(blocks: &Blocks<'_>) -> Self {
        let mut peaks = Self { open: BTreeMap::new(), highest: 0 };
        // No two threads have a stack in common.
        let mut room = blocks.frames();
        for thread in blocks.threads.values() {
            let highest = peaks.add_thread(blocks, thread, &mut room);
            peaks.highest = peaks.highest.max(highest);
        }
        peaks
    }

    /// Fills in the peaks of the process.
    pub(super) fn fill_in(&self, blocks: &Blocks<'_>, snapshot: &mut Snapshot) {
        let resident = Some(blocks.process().word(layout::process::RESIDENT_PEAK));
        let resident = resident.filter(|&bytes| bytes != NEVER).map(unsigned);
        let exact = |bytes| ProcessPeak { bytes, after: None, uncertainty: 0 };
        snapshot.resident_peak = resident;
        snapshot.resident = blocks.process().resident_set(layout::process::RESIDENT);
        snapshot.peak = match snapshot.backend {
            // Where live blocks are recorded.
            _ if snapshot.peak.is_some() => snapshot.peak,
            Backend::Heap => Some(self.of_only_thread(blocks).map_or_else(
                || published(blocks, snapshot.process_bytes),
                |bytes| exact(unsigned(bytes)),
            )),
            Backend::Rss => resident.map(exact),
            Backend::Off => None,
        };
    }

    /// The most that the process had in use since the last reset, if one thread has done all of it.
    fn of_only_thread(&self, blocks: &Blocks<'_>) -> Option<i64> {
        let process = blocks.process();
        let mut threads = blocks.threads.values();
        let thread = threads.next().filter(|_| threads.next().is_none())?;
        let base = thread.word(layout::thread::HEAP + layout::ledger::BASE);
        let at_reset = process.word(layout::process::PEAK_AT_RESET);
        // Up to the height at the reset, the marks may be older.
        let is_known = base == process.word(layout::process::PUBLISHED)
            && (at_reset == 0 || self.highest > at_reset);
        is_known.then(|| self.highest.wrapping_sub(CENTER))
    }

    /// The most that a call held above its entry.
    pub(super) fn of_calls(&self, chunk: &Block<'_>) -> u64 {
        let ended = unsigned(chunk.word(layout::chunk::PEAK));
        self.open.get(&(chunk.at as i64)).copied().unwrap_or(0).max(ended)
    }

    /// From the innermost frame outwards, since a peak is also one of the callers. Returns the highest mark.
    fn add_thread(&mut self, blocks: &Blocks<'_>, thread: &Block<'_>, room: &mut usize) -> i64 {
        let word = |offset| thread.word(layout::thread::HEAP + offset);
        let absolute = |offset| word(offset).wrapping_add(word(layout::ledger::BASE));
        let (begin, recorded) = (word(layout::ledger::BEGIN), absolute(layout::ledger::RECORDED));
        let complete = word(layout::ledger::COMPLETE).wrapping_sub(begin) as usize;
        let mut peak = absolute(layout::ledger::LIVE).max(absolute(layout::ledger::PEAK));
        let frames = blocks.stack(begin, word(layout::ledger::TOP));
        let frames = frames.chunks_exact(layout::saved_frame::SIZE).enumerate();
        let frames = frames.rev().take(*room);
        *room -= frames.len();
        for (index, frame) in frames {
            let word = |offset: usize| blocks::word(frame, offset as u64).unwrap_or(0);
            let (mut entry, mut caller_peak) = (recorded, peak);
            if index * layout::saved_frame::SIZE < complete {
                peak = peak.max(absolute(layout::ledger::FRAME_PEAK));
                entry = word(layout::saved_frame::ENTRY);
                caller_peak = word(layout::saved_frame::FRAME_PEAK);
            }
            if let Some(chunk) = blocks.offset_of(word(layout::saved_frame::CHUNK)) {
                let known = self.open.entry(chunk as i64).or_default();
                *known = unsigned(peak.wrapping_sub(entry)).max(*known);
            }
            peak = peak.max(caller_peak);
        }
        let others = absolute(layout::ledger::FRAME_PEAK).max(thread.word(layout::thread::PEAK));
        peak.max(others)
    }
}

/// The most that the threads have published. At no time has one of them held 64 KiB more or less.
fn published(blocks: &Blocks<'_>, now: Option<u64>) -> ProcessPeak {
    let highest = unsigned(blocks.process().word(layout::process::HIGHEST));
    ProcessPeak {
        bytes: highest.max(now.unwrap_or(0)),
        after: None,
        uncertainty: blocks.threads.len() as u64 * CENTER.unsigned_abs(),
    }
}
