//! How high memory rose in calls that have not ended.

use std::collections::BTreeMap;

use super::blocks::{self, Block, Blocks, unsigned};
use crate::layout;

/// The highest rise of the open calls of each function on each thread, by the offset of the chunk.
pub(super) struct OpenPeaks(BTreeMap<i64, u64>);

impl OpenPeaks {
    pub(super) fn find(blocks: &Blocks<'_>) -> Self {
        let mut peaks = Self(BTreeMap::new());
        // No two threads have a stack in common.
        let mut room = blocks.frames();
        blocks.threads.values().for_each(|thread| peaks.add_thread(blocks, thread, &mut room));
        peaks
    }

    /// The most that a call held above its entry.
    pub(super) fn of_calls(&self, chunk: &Block<'_>) -> u64 {
        let ended = unsigned(chunk.word(layout::chunk::PEAK));
        self.0.get(&(chunk.at as i64)).copied().unwrap_or(0).max(ended)
    }

    /// From the innermost frame outwards, since a peak is also one of the callers.
    fn add_thread(&mut self, blocks: &Blocks<'_>, thread: &Block<'_>, room: &mut usize) {
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
                let known = self.0.entry(chunk as i64).or_default();
                *known = unsigned(peak.wrapping_sub(entry)).max(*known);
            }
            peak = peak.max(caller_peak);
        }
    }
}
