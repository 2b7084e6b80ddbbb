//! Many threads at the same tables, under the counting allocator. Meant for the sanitizers:
//!
//! ```text
//! RUSTFLAGS=-Zsanitizer=thread cargo +nightly test -Zbuild-std \
//!     --target x86_64-unknown-linux-gnu -p mem-profile-runtime --test races
//! ```
#![allow(missing_docs)]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Barrier, Once, mpsc};
use std::thread;

use mem_profile_runtime::__private::{self, Table};
use mem_profile_runtime::{Alloc, FunctionSnapshot, snapshot};

#[global_allocator]
static ALLOC: Alloc = Alloc::new();

/// A table as the macro would make it, with rows for the function and three lines.
fn table(name: &str) -> &'static Table {
    static SILENCE: Once = Once::new();
    SILENCE.call_once(|| {
        // SAFETY: no other code of this test touches the environment.
        unsafe { std::env::set_var("MEM_PROFILE_FORMAT", "none") };
    });
    let source = "#[mem_profile]\nallocate\nfree\n}";
    let text = format!("1 4 0 {} {}\n{name}{source}", name.len(), file!());
    let table = Table(|| "unused", Box::leak(text.into_boxed_str()), __private::START);
    Box::leak(Box::new(table))
}

/// Keeps 100 bytes on row 1 and frees them on row 2.
fn call(table: &'static Table) {
    let frame = table.enter();
    let _end = frame.end(3);
    frame.line(1);
    let kept = black_box(vec![1_u8; 100]);
    frame.line(2);
    drop(kept);
}

fn functions() -> HashMap<String, FunctionSnapshot> {
    let functions = snapshot().functions.into_iter();
    functions.map(|function| (function.name.clone(), function)).collect()
}

/// The function was called so often, and nothing of that was lost.
fn assert_called(function: &FunctionSnapshot, calls: u64) {
    let bytes = 100 * i64::try_from(calls).unwrap();
    assert_eq!(function.calls, calls, "{}", function.name);
    let increments: Vec<_> = function.lines[1..].iter().map(|line| line.increment).collect();
    assert_eq!(increments, [Some(bytes), Some(-bytes), Some(0)], "{}", function.name);
    for line in &function.lines[1..] {
        assert_eq!(line.occurrences, Some(calls), "{}", function.name);
    }
    assert_eq!(function.lines[1].allocations, Some(calls));
}

#[test]
fn first_calls_at_the_same_time_register_once() {
    const THREADS: usize = 8;
    const TABLES: usize = 100;
    let tables: Vec<_> = (0..TABLES).map(|index| table(&format!("first {index}"))).collect();
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for table in &tables {
                    barrier.wait();
                    call(table);
                }
            });
        }
    });
    let functions = functions();
    for index in 0..TABLES {
        assert_called(&functions[&format!("first {index}")], THREADS as u64);
    }
}

#[test]
fn threads_come_and_go_while_somebody_reads() {
    const ROUNDS: usize = 50;
    const THREADS: usize = 8;
    let table = table("churn");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Relaxed) {
                let now = functions().get("churn").map_or(0, |function| function.calls);
                assert!(now <= (ROUNDS * THREADS * 3) as u64);
            }
        });
        for _ in 0..ROUNDS {
            thread::scope(|round| {
                for _ in 0..THREADS {
                    round.spawn(|| (0..3).for_each(|_| call(table)));
                }
            });
        }
        done.store(true, Relaxed);
    });
    assert_called(&functions()["churn"], (ROUNDS * THREADS * 3) as u64);
}

#[test]
fn ten_thousand_functions_register_from_four_threads() {
    const TABLES: usize = 10_000;
    let tables: Vec<_> = (0..TABLES).map(|index| table(&format!("many {index}"))).collect();
    thread::scope(|scope| {
        for offset in [0, TABLES / 3, TABLES / 2, TABLES - 1] {
            let (after, before) = (&tables[offset..], &tables[..offset]);
            scope.spawn(move || after.iter().chain(before).for_each(|table| call(table)));
        }
    });
    let functions = functions();
    for index in 0..TABLES {
        assert_called(&functions[&format!("many {index}")], 4);
    }
}

#[test]
fn blocks_may_be_freed_by_other_threads_and_by_threads_that_do_nothing_else() {
    let table = table("handed over");
    thread::scope(|scope| {
        for _ in 0..4 {
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || {
                for _ in 0..200 {
                    let frame = table.enter();
                    frame.line(1);
                    let block = black_box(vec![1_u8; 100]);
                    frame.line(2);
                    drop(frame);
                    sender.send(block).unwrap();
                }
            });
            scope.spawn(move || receiver.into_iter().for_each(drop));
        }
    });
    let function = &functions()["handed over"];
    assert_eq!(function.lines[1].increment, Some(4 * 200 * 100));
    assert_eq!(function.lines[2].increment, Some(0));
}

/// As of coroutines, of which each has a stack of its own.
#[test]
fn a_frame_that_ends_after_its_caller_waits_for_nothing_any_more() {
    let [outer, waiting, leaf] = ["outer", "waiting", "leaf"].map(table);
    let frames = || {
        let first = outer.enter();
        let second = waiting.enter();
        second.line(1);
        let third = leaf.enter();
        third.line(1);
        let kept = black_box(vec![1_u8; 100]);
        third.line(2);
        drop(first);
        drop(third);
        let caller = outer.enter();
        caller.line(2);
        let callee = leaf.enter();
        callee.line(3);
        let one = black_box(vec![1_u8; 1000]);
        drop(second);
        let other = black_box(vec![1_u8; 2000]);
        drop((callee, caller));
        let nobodys = black_box(vec![1_u8; 1000]);
        let again = waiting.enter();
        again.line(2);
        let own = black_box(vec![1_u8; 10]);
        drop(again);
        drop((kept, one, other, nobodys, own));
    };
    thread::scope(|scope| scope.spawn(frames).join().unwrap());
    let functions = functions();
    let increment = |name: &str, line: usize| functions[name].lines[line].increment;
    assert_eq!([1, 2].map(|line| increment("waiting", line)), [Some(100), Some(10)]);
    assert_eq!((increment("outer", 2), increment("leaf", 3)), (Some(3000), Some(3000)));
}
