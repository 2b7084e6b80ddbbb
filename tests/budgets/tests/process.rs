//! `process` budgets count all threads and tasks. One test, so that no other one allocates meanwhile.

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use mem_profile::{assert_budget, mem_profile};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

const MIB: usize = 1 << 20;
/// The accuracy of another thread's figures.
const WINDOW: i64 = 64 << 10;

/// The message of the panic, without its first line.
fn panic_message<R>(call: impl FnOnce() -> R) -> Option<String> {
    let text = budgets::panic_message(call)?;
    let (_, rest) = text.split_once(" exceeds its budget\n").expect(&text);
    Some(rest.to_owned())
}

/// The bytes that the message states.
fn found(message: &str, limit: &str) -> i64 {
    let (_, rest) = message.split_once(&format!("  {limit}: at most ")).expect(message);
    let (_, found) = rest.split_once(", but ").expect(message);
    found.split([' ', '\n']).next().unwrap().parse().unwrap()
}

#[test]
fn all_threads_and_tasks_are_counted() {
    // The harness still allocates when it has started the test.
    thread::sleep(Duration::from_millis(300));
    a_thread_alone_is_counted_to_the_byte();
    memory_that_other_threads_hold_counts();
    memory_that_other_threads_hold_for_a_while_counts_in_the_peak();
    tasks_on_other_threads_count();
    a_budget_waits_for_threads_that_are_about_to_end();
    budgets_at_the_same_time_do_not_disturb_each_other();
}

fn a_thread_alone_is_counted_to_the_byte() {
    let rise = |size: usize| {
        assert_budget!(process, max_peak = "1000 B", max_increment = "0 B", max_allocations = 1, {
            black_box(vec![1_u8; size]).len()
        })
    };
    assert_eq!(rise(1000), 1000);
    let expected = "  max_peak: at most 1000 B, but 1001 B\n  which line took it is not known: none \
                    with `#[mem_profile]` took part\n  all threads are counted; no other one \
                    allocated meanwhile";
    assert_eq!(panic_message(|| rise(1001)).unwrap(), expected);
}

#[mem_profile]
fn hold(size: usize) -> Vec<u8> {
    black_box(vec![1; size])
}

#[mem_profile(process, max_increment = "3 MiB")]
fn spawn(threads: usize) -> Vec<Vec<u8>> {
    let spawned = (0..threads).map(|_| thread::spawn(|| hold(MIB)));
    let spawned = spawned.collect::<Vec<_>>();
    spawned.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn memory_that_other_threads_hold_counts() {
    // The list of blocks, and the memory that the standard library keeps for each thread.
    assert_eq!(spawn(2).len(), 2);
    let message = panic_message(|| spawn(4)).unwrap();
    let held = found(&message, "max_increment");
    assert!((4 * MIB as i64..4 * MIB as i64 + 4096).contains(&held), "{message}");
    let end = "\n  all threads are counted; 4 others allocated meanwhile, and what a thread holds is \
               known within 64 KiB while it runs";
    assert!(message.ends_with(end), "{message}");
    let line = "    4194304 B (4.000 MiB)  tests/budgets/tests/process.rs:";
    assert!(
        message.contains(line) && message.contains(": black_box(vec![1; size])\n"),
        "{message}"
    );
    // The message of a block lists the lines of other threads too.
    let message = panic_message(|| {
        assert_budget!(process, max_increment = "1 MiB", { thread::spawn(|| hold(2 * MIB)).join() })
    });
    let expected = "    2097152 B (2.000 MiB)  tests/budgets/tests/process.rs:";
    assert!(message.as_ref().unwrap().contains(expected), "{message:?}");
}

fn memory_that_other_threads_hold_for_a_while_counts_in_the_peak() {
    let work = |threads: usize, size: usize| {
        let barrier = &Barrier::new(threads);
        thread::scope(|scope| {
            let work = || {
                let parts = (0..size / 1000).map(|_| black_box(vec![1_u8; 1000]));
                let held = parts.collect::<Vec<_>>();
                barrier.wait();
                drop(held);
            };
            let threads = (0..threads).map(|_| scope.spawn(work)).collect::<Vec<_>>();
            // Without this, they may end later.
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    };
    for threads in [1, 4] {
        let message = panic_message(|| {
            assert_budget!(process, max_peak = "100 KiB", { work(threads, 4_000_000) })
        });
        let message = message.unwrap();
        let peak = found(&message, "max_peak");
        let least = threads as i64 * (4_000_000 - WINDOW) - WINDOW;
        // With the vectors of parts, and the starts of threads.
        let most = threads as i64 * (4_000_000 + 4000 * 24 * 2 + WINDOW + 8192) + WINDOW;
        assert!((least..most).contains(&peak), "{threads}: {least} {most} {message}");
        let others = if threads == 1 { "; 1 other allocated" } else { "; 4 others allocated" };
        assert!(message.contains(others), "{message}");
    }
    assert_budget!(process, max_peak = "32 MiB", { work(4, 4_000_000) });
}

/// Pending until another thread has taken memory.
struct Elsewhere(Option<thread::JoinHandle<Vec<u8>>>);

impl Future for Elsewhere {
    type Output = Vec<u8>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<u8>> {
        match self.0.take() {
            Some(thread) => Poll::Ready(thread.join().unwrap()),
            None => {
                self.0 = Some(thread::spawn(|| black_box(vec![1; 2 * MIB])));
                Poll::Pending
            }
        }
    }
}

#[mem_profile(process, max_peak = "1 MiB")]
async fn task() {
    drop(Elsewhere(None).await);
}

fn tasks_on_other_threads_count() {
    let message = panic_message(|| {
        let mut task = pin!(task());
        let mut context = Context::from_waker(Waker::noop());
        while task.as_mut().poll(&mut context).is_pending() {}
    });
    let message = message.unwrap();
    let peak = found(&message, "max_peak");
    assert!((peak - 2 * MIB as i64).abs() <= 2 * WINDOW, "{message}");
}

fn a_budget_waits_for_threads_that_are_about_to_end() {
    for _ in 0..50 {
        assert_budget!(process, max_increment = "0 B", {
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| black_box(vec![1_u8; 100]).len());
                }
            });
        });
    }
}

fn budgets_at_the_same_time_do_not_disturb_each_other() {
    let (begun, has_begun) = channel();
    let (end, may_end) = channel::<()>();
    let outer = thread::spawn(move || {
        panic_message(|| {
            assert_budget!(process, max_peak = "1 MiB", {
                drop(black_box(vec![1_u8; 8 * MIB]));
                begun.send(()).unwrap();
                may_end.recv().unwrap();
            })
        })
    });
    has_begun.recv().unwrap();
    let inner = panic_message(|| {
        assert_budget!(process, max_peak = "1 MiB", { drop(black_box(vec![1_u8; 2 * MIB])) })
    });
    end.send(()).unwrap();
    let outer = outer.join().unwrap().unwrap();
    let peak = found(&outer, "max_peak");
    assert!((peak - 8 * MIB as i64).abs() <= 2 * WINDOW, "{outer}");
    let inner = inner.unwrap();
    assert!((found(&inner, "max_peak") - 2 * MIB as i64).abs() <= 2 * WINDOW, "{inner}");
}
