//! Whatever a thread did in between, its next stack is the one that a walk to the end finds.

use std::hint::black_box;

use super::unwinder::Unwinder;
use crate::tables::tree::{self, IS_FULL, RECURSION, TRUNCATED};
use crate::unwind::recursion;
use crate::{system, unwind};

/// A program that calls its functions in an order that nobody planned.
struct Program {
    last: Unwinder,
    fresh: Unwinder,
    stack: std::ops::Range<usize>,
    random: u64,
    captures: usize,
    by_frame_pointer: usize,
    folded: usize,
}

/// Its frame is aligned, so that its caller is found by the frame pointer.
#[repr(align(64))]
struct Aligned([u8; 64]);

impl Program {
    fn new() -> Self {
        assert!(tree::reserve() && unwind::prepare());
        let [last, fresh] = [(); 2].map(|()| Unwinder::reserve().unwrap());
        let stack = system::stack_of_this_thread();
        last.begin(stack.clone());
        Self { last, fresh, stack, random: 1 << 40, captures: 0, by_frame_pointer: 0, folded: 0 }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % end
    }

    #[inline(never)]
    fn capture(&mut self) {
        self.fresh.begin(self.stack.clone());
        let fresh = self.fresh.site();
        let last = self.last.site();
        if fresh != last {
            let frames = |site| {
                let mut frames = Vec::new();
                tree::frames_of(site, |frame| frames.push(format!("{frame:x}")));
                frames
            };
            panic!("capture {}: {:?} {:?}", self.captures, frames(fresh), frames(last));
        }
        self.captures += 1;
        self.by_frame_pointer += usize::from(self.last.needs_frame_pointers());
        tree::frames_of(last, |frame| self.folded += usize::from(frame == RECURSION));
    }

    fn run(&mut self, captures: usize) {
        while self.captures < captures {
            let depth = self.below(12);
            self.go_on(depth);
        }
    }

    fn go_on(&mut self, depth: u64) {
        if depth == 0 {
            return self.capture();
        }
        match self.below(5) {
            0 => self.capture(),
            1 => self.plain(depth - 1),
            2 => self.aligned(depth - 1),
            3 => self.twice(depth - 1),
            _ => self.large(depth - 1),
        }
    }

    #[inline(never)]
    fn plain(&mut self, depth: u64) {
        self.go_on(depth);
        black_box(depth);
    }

    #[inline(never)]
    fn aligned(&mut self, depth: u64) {
        let kept = black_box(Aligned([depth as u8; 64]));
        self.go_on(depth);
        if self.below(2) == 0 {
            self.go_on(depth);
        }
        black_box(&kept.0);
    }

    #[inline(never)]
    fn twice(&mut self, depth: u64) {
        // Kept in registers over the calls, so that these are saved inside.
        let numbers = black_box([1_u64, 2, 3, 4, 5, 6]).map(|number| number * depth);
        self.go_on(depth);
        self.go_on(depth);
        black_box(numbers.iter().sum::<u64>());
    }

    #[inline(never)]
    fn large(&mut self, depth: u64) {
        // Not written to: what lies there is what was there.
        let left = std::mem::MaybeUninit::<[usize; 90]>::uninit();
        black_box(&left);
        self.go_on(depth);
        black_box(&left);
    }
}

#[test]
fn a_stack_is_the_one_that_a_walk_finds() {
    let mut program = Program::new();
    program.run(300_000);
    assert!(program.by_frame_pointer > 1000, "{} stacks", program.by_frame_pointer);
}

#[test]
fn a_folded_stack_is_the_one_that_a_walk_finds() {
    recursion::fold_above(0);
    let mut program = Program::new();
    program.run(100_000);
    assert!(program.folded > 10_000, "{} stacks", program.folded);
}

/// Threads whose stacks lie in the same place have nothing of each other.
#[test]
fn a_thread_begins_without_the_words_of_another() {
    fn program() {
        let mut program = Program::new();
        (0..1000).for_each(|_| program.go_on(5));
    }
    for _ in 0..10 {
        std::thread::spawn(program).join().unwrap();
    }
}

/// Only so many frames of a stack are kept; what is called further in is found all the same.
#[test]
fn a_stack_may_have_more_frames_than_are_kept() {
    #[inline(never)]
    fn descend(trace: &Unwinder, depth: usize, sites: &mut Vec<[u32; 2]>) {
        sites.push([trace.site(), trace.site()]);
        if depth > 0 {
            descend(trace, depth - 1, sites);
        }
        black_box(depth);
    }
    fn program() {
        let mut program = Program::new();
        let mut sites = Vec::new();
        descend(&program.last, 17_000, &mut sites);
        program.capture();
        let lengths = sites.iter().map(|&[first, second]| {
            assert_eq!(first, second);
            let mut frames = 0;
            assert!(tree::frames_of(first, |_| frames += 1));
            frames
        });
        let first = lengths.clone().next().unwrap();
        assert!(lengths.eq(first..first + sites.len()));
    }
    let big = std::thread::Builder::new().stack_size(64 << 20);
    big.spawn(program).unwrap().join().unwrap();
}

/// A stack without room in the tables is kept from stack to stack like any other.
#[test]
fn a_full_table_does_not_make_each_walk_begin_at_the_end() {
    #[inline(never)]
    fn below(program: &mut Program, depth: usize, look: fn(&mut Program)) {
        if depth > 0 {
            below(program, depth - 1, look);
        } else {
            look(program);
        }
        black_box(depth);
    }
    let mut program = Program::new();
    below(&mut program, 100, |program| {
        let known = program.last.site();
        IS_FULL.set(true);
        below(program, 100, |program| {
            for _ in 0..2 {
                assert_eq!(program.last.site(), TRUNCATED);
                assert!(program.last.kept() > 200, "{} words", program.last.kept());
            }
        });
        IS_FULL.set(false);
        assert_ne!([known, program.last.site()], [TRUNCATED; 2]);
        program.capture();
    });
}
