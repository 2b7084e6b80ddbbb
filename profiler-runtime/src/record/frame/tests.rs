//! Calls, lines, measures and allocations in any order: what a ledger promises holds after each of them.

use std::alloc::{GlobalAlloc, Layout};

use super::frame::Frame;
use super::measure::Measure;
use crate::record::alloc::allocator::Alloc;
use crate::record::function::registry::Alone;
use crate::record::function::table::Table;
use crate::record::ledger::kind::{self, Kind};
use crate::record::ledger::suspend::Rise;
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

static ALLOC: Alloc = Alloc::new();

const ROWS: usize = 10;

static TABLES: [Table; 3] = [const { Table(|| "unused", "1 10 0 0 a.rs\n", || {}) }; 3];

/// An open scope. Scopes end in the reverse order of their begin.
enum Open {
    Call(Frame),
    Measured(#[expect(dead_code, reason = "it ends by being dropped")] Measure),
}

/// One after another, no two of which depend on each other. Knuth's, from MMIX.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

struct Walk {
    random: Random,
    thread: &'static Thread,
    open: Vec<Open>,
    blocks: Vec<(*mut u8, Layout)>,
    /// How often each kind of step was taken.
    steps: [usize; 6],
}

impl Walk {
    fn step(&mut self) {
        let kind = self.random.below(self.steps.len());
        self.steps[kind] += 1;
        match kind {
            0 => self.call(),
            1 => drop(self.open.pop()),
            2 => self.event(),
            3 => self.allocate(),
            4 => self.free(),
            _ => self.open.extend(Measure::begin().map(Open::Measured)),
        }
        self.thread.heap().check_invariants();
    }

    fn call(&mut self) {
        let (table, row) = (&TABLES[self.random.below(TABLES.len())], self.random.below(ROWS));
        let frame = match self.random.below(4) {
            0 => table.enter(),
            1 => table.enter_closure(row),
            2 => table.enter_task(row, self.rise()),
            _ => table.enter_line(row),
        };
        assert!(frame.is_measured());
        self.open.push(Open::Call(frame));
    }

    fn rise(&mut self) -> Rise {
        let [line, call] = [100, 1000].map(|limit| self.random.below(limit) as i64);
        Rise { line, call }
    }

    fn event(&mut self) {
        let (row, outer) = (self.random.below(ROWS), self.random.below(ROWS));
        let Some(Open::Call(frame)) = self.open.last() else { return };
        match self.random.below(3) {
            0 => frame.resume(row),
            1 => frame.pass(outer, row),
            _ => frame.line(row),
        }
    }

    /// Some blocks are larger than a ledger's window.
    fn allocate(&mut self) {
        let limit = if self.random.below(8) == 0 { 200_000 } else { 5000 };
        let size = 1 + self.random.below(limit);
        let layout = Layout::from_size_align(size, 8).unwrap_or(Layout::new::<u64>());
        // SAFETY: the layout is not empty.
        let block = unsafe { ALLOC.alloc(layout) };
        assert!(!block.is_null());
        self.blocks.push((block, layout));
    }

    fn free(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let (block, layout) = self.blocks.swap_remove(self.random.below(self.blocks.len()));
        // SAFETY: `allocate` made it with this layout.
        unsafe { ALLOC.dealloc(block, layout) };
    }

    fn end(mut self) {
        while self.open.pop().is_some() {
            self.thread.heap().check_invariants();
        }
        while !self.blocks.is_empty() {
            self.free();
            self.thread.heap().check_invariants();
        }
    }
}

#[test]
fn the_words_of_a_ledger_keep_their_promises_after_each_event() {
    let _alone = Alone::wait();
    kind::choose(Some(Kind::Heap));
    for seed in 0..20 {
        // Half of them with the record of a thread that has ended.
        let walking = std::thread::spawn(move || {
            let Some(thread) = threads::current() else { return [0; 6] };
            let (open, blocks) = (Vec::new(), Vec::new());
            let mut walk = Walk { random: Random(seed), thread, open, blocks, steps: [0; 6] };
            (0..5000).for_each(|_| walk.step());
            let steps = walk.steps;
            walk.end();
            steps
        });
        let steps = walking.join().unwrap_or_default();
        assert!(steps.iter().all(|&steps| steps > 500), "{steps:?}");
    }
}
