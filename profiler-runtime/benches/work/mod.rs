//! The work that is measured, shared by the two benches. Each function does its work `n` times.

#![allow(missing_docs, unreachable_pub, dead_code, reason = "shared by two benches")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::any::type_name;
use std::hint::black_box;

use mem_profile_runtime::__private::{Frame, START, Table};
use mem_profile_runtime::Alloc;

static COUNTING: Alloc = Alloc::new();
static PLAIN: System = System;

const fn rows() -> Table {
    Table(type_name::<Table>, concat!("1 10 0 0 ", file!(), "\n"), START)
}

static EVENTS: Table = rows();
static CALLED: Table = rows();
static SHARED: Table = rows();
static COPIES: [Table; 2] = [rows(), rows()];

/// Line events per turn of [`events`].
pub const EVENTS_PER_TURN: u64 = 8;

/// Events on lines that change nothing.
#[inline(never)]
pub fn events(n: u64) {
    let frame = EVENTS.enter();
    for _ in 0..n {
        eight(&frame);
    }
}

#[inline(always)]
fn eight(frame: &Frame) {
    frame.line(1);
    frame.line(2);
    frame.line(3);
    frame.line(4);
    frame.line(5);
    frame.line(6);
    frame.line(7);
    frame.line(8);
}

/// Two events a turn, one after an allocation and one after a free.
#[inline(never)]
pub fn changed_events(n: u64) {
    let frame = EVENTS.enter();
    for _ in 0..n {
        let layout = black_box(LAYOUT);
        frame.line(1);
        let block = allocate(&COUNTING, layout);
        frame.line(2);
        free(&COUNTING, block, layout);
    }
}

/// Calls of an empty function, from an annotated one.
#[inline(never)]
pub fn calls(n: u64) {
    let frame = EVENTS.enter_line(1);
    for _ in 0..n {
        called();
    }
    drop(frame);
}

#[inline(never)]
fn called() {
    let _frame = CALLED.enter_line(1);
}

/// The same without the attribute.
#[inline(never)]
pub fn plain_calls(n: u64) {
    for _ in 0..n {
        plain_called();
    }
}

#[inline(never)]
fn plain_called() {
    black_box(());
}

/// Calls of a function with an allocation and a free on its two lines.
#[inline(never)]
pub fn changed_calls(n: u64) {
    let frame = EVENTS.enter_line(1);
    for _ in 0..n {
        changed_called();
    }
    drop(frame);
}

#[inline(never)]
fn changed_called() {
    let frame = CALLED.enter_line(1);
    let layout = black_box(LAYOUT);
    let block = allocate(&COUNTING, layout);
    frame.line(2);
    free(&COUNTING, block, layout);
}

/// Calls from a line that has allocated, as of a closure in `collect`.
#[inline(never)]
pub fn raised_calls(n: u64) {
    let frame = EVENTS.enter_line(1);
    let layout = black_box(LAYOUT);
    let block = allocate(&COUNTING, layout);
    for _ in 0..n {
        called();
    }
    free(&COUNTING, block, layout);
    drop(frame);
}

/// The same without events.
#[inline(never)]
pub fn counted_pairs(n: u64) {
    pairs(&COUNTING, n);
}

/// The same with two reallocations in between.
#[inline(never)]
pub fn resized_pairs(n: u64) {
    for _ in 0..n {
        let (small, large) = (black_box(LAYOUT), black_box(LARGER));
        let block = allocate(&COUNTING, small);
        // SAFETY: made by the same allocator with this layout.
        let block = black_box(unsafe { COUNTING.realloc(block, small, large.size()) });
        // SAFETY: as above.
        let block = black_box(unsafe { COUNTING.realloc(block, large, small.size()) });
        free(&COUNTING, block, small);
    }
}

/// Pairs without our allocator.
#[inline(never)]
pub fn plain_pairs(n: u64) {
    pairs(&PLAIN, n);
}

/// Inlined where the allocator is known, as it is to programs.
#[inline(always)]
fn pairs<A: GlobalAlloc>(allocator: &'static A, n: u64) {
    for _ in 0..n {
        let layout = black_box(LAYOUT);
        let block = allocate(allocator, layout);
        free(allocator, block, layout);
    }
}

const LAYOUT: Layout = Layout::new::<[u64; 4]>();
const LARGER: Layout = Layout::new::<[u64; 16]>();

#[inline(always)]
fn allocate<A: GlobalAlloc>(allocator: &A, layout: Layout) -> *mut u8 {
    // SAFETY: the layout is not empty.
    black_box(unsafe { allocator.alloc(layout) })
}

#[inline(always)]
fn free<A: GlobalAlloc>(allocator: &A, block: *mut u8, layout: Layout) {
    // SAFETY: made by `allocate` with the same allocator and layout.
    unsafe { allocator.dealloc(block, layout) };
}

/// Two threads, each with `n` turns of eight events, in one function or in a copy for each.
pub fn two_threads(n: u64, same: bool) {
    std::thread::scope(|scope| {
        for copy in &COPIES {
            let table = if same { &SHARED } else { copy };
            scope.spawn(move || {
                let frame = table.enter();
                for _ in 0..n {
                    eight(&frame);
                }
            });
        }
    });
}

/// The least that a reading with `rss` needs: one `pread` of an open `/proc/self/statm`.
#[cfg(target_os = "linux")]
pub fn statm_reads(n: u64) {
    use std::os::unix::fs::FileExt;
    let statm = std::fs::File::open("/proc/self/statm").expect("Linux has it");
    let mut buffer = [0; 128];
    for _ in 0..n {
        black_box(statm.read_at(&mut buffer, 0).expect("it can be read"));
    }
}
