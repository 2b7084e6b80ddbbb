//! Which blocks of a budget are left when it ends.

use std::cmp::Reverse;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::limits::PATIENCE;
use super::notes::Notes;
use super::standard;
use super::wording::shown;
use crate::record::ledger::row::Row;
use crate::record::memory::live_blocks::{LiveBlock, LiveBlocks};

const PAUSE: Duration = Duration::from_millis(1);

/// The blocks that are left, by line, the largest first.
#[derive(Debug, Default)]
pub(super) struct Leak {
    pub(super) bytes: i64,
    pub(super) blocks: usize,
    pub(super) lines: Vec<Held>,
    /// Blocks of which nothing is known.
    pub(super) lost: usize,
    excluded: Excluded,
}

/// The blocks that a line has left behind.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) row: *const Row,
    pub(super) bytes: i64,
    pub(super) blocks: usize,
}

/// Blocks that are left and are not the code's.
#[derive(Debug, Default)]
struct Excluded {
    /// Output that the test harness keeps.
    captured: i64,
    /// Debug information that the standard library keeps after a backtrace.
    backtrace: i64,
    /// Whether there may be captured output that looks like a leak.
    is_unsure: bool,
}

/// Looks for blocks that are left, until there are none or other threads have had their time.
pub(super) fn find(notes: &Notes) -> Leak {
    let Some(blocks) = notes.blocks() else { return Leak { lost: 1, ..Leak::default() } };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let count = blocks.count();
        let leak = Leak::of(blocks);
        if leak.blocks == 0 || !has_changed(blocks, count, deadline) {
            return leak;
        }
    }
}

/// Waits until their number is not `count` any more; false when the time is over.
fn has_changed(blocks: &LiveBlocks, count: usize, deadline: Instant) -> bool {
    while blocks.count() == count {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(PAUSE);
    }
    true
}

impl Leak {
    fn of(blocks: &LiveBlocks) -> Self {
        let mut leak = Self { lost: blocks.lost(), ..Self::default() };
        if blocks.count() == 0 {
            return leak;
        }
        let mut left = blocks.iter().collect::<Vec<_>>();
        leak.excluded = Excluded::take(&mut left);
        for block in left {
            leak.add(&block);
        }
        leak.lines.sort_by_key(|line| Reverse(line.bytes));
        leak
    }

    fn add(&mut self, block: &LiveBlock) {
        let size = i64::try_from(block.size).unwrap_or(i64::MAX);
        self.bytes += size;
        self.blocks += 1;
        match self.lines.iter_mut().find(|held| held.row == block.row.cast()) {
            Some(held) => (held.bytes, held.blocks) = (held.bytes + size, held.blocks + 1),
            None => self.lines.push(Held { row: block.row.cast(), bytes: size, blocks: 1 }),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        self.blocks > 0 || self.lost > 0
    }

    /// Says which blocks are not counted, and whether one may be counted wrongly.
    pub(super) fn describe_excluded(&self) -> String {
        let Excluded { captured, backtrace, is_unsure } = self.excluded;
        let mut text = String::new();
        let mut add = |bytes, what| {
            if bytes > 0 {
                text += &format!("\n  not counted: {}, {what}", shown(bytes, true));
            }
        };
        add(captured, "output that the test harness keeps");
        add(backtrace, "allocated while a panic was under way; a backtrace stays in memory");
        if is_unsure && self.blocks > 0 {
            text += "\n  one block may be output that the test harness keeps, which cannot be told \
                     apart here: try `-- --nocapture`";
        }
        text
    }
}

impl Excluded {
    /// Takes out of `left` what is not the code's.
    fn take(left: &mut Vec<LiveBlock>) -> Self {
        let mut excluded = Self::default();
        let bytes = |block: &LiveBlock| i64::try_from(block.size).unwrap_or(i64::MAX);
        if left.iter().any(|block| block.in_panic) && standard::keeps_backtraces() {
            excluded.backtrace = left.iter().filter(|block| block.in_panic).map(bytes).sum();
            left.retain(|block| !block.in_panic);
        }
        match standard::captured_output(left) {
            Some(captured) => {
                let is_captured = |block: &LiveBlock| Some(block.address) == captured;
                excluded.captured = left.iter().filter(|block| is_captured(block)).map(bytes).sum();
                left.retain(|block| !is_captured(block));
            }
            None => excluded.is_unsure = true,
        }
        excluded
    }
}
