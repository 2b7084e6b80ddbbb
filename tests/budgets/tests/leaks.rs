//! `no_leak` counts blocks that were allocated in the budget and still exist when it ends, on whichever
//! thread others are freed.

use std::future::Future;
use std::hint::black_box;
use std::mem::forget;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Waker};
use std::thread;

use budgets::Pause;
use mem_profile::{assert_budget, mem_profile};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// The message of the panic, without its first line.
fn panic_message<R>(call: impl FnOnce() -> R) -> Option<String> {
    let text = budgets::panic_message(call)?;
    let (_, rest) = text.split_once(" exceeds its budget\n").expect(&text);
    Some(rest.to_owned())
}

const NO_LINE: &str = "\n  which line took it is not known: none with `#[mem_profile]` took part";

#[mem_profile]
fn leak(count: usize, size: usize) {
    for _ in 0..count {
        forget(black_box(vec![1_u8; size]));
    }
}

#[test]
fn leaked_blocks_are_listed_by_line_with_their_size() {
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            leak(3, 100);
            leak(1, 2000);
            forget(black_box(Box::new(1_u64)));
            black_box(vec![1_u8; 5000]).len()
        })
    });
    let line = line!() - 14;
    let expected = format!(
        "  no_leak: at most 0 B, but 2308 B (2.254 KiB) in 5 blocks\n  by line:\n    \
         2300 B (2.246 KiB) in 4 blocks  tests/budgets/tests/leaks.rs:{line}: \
         forget(black_box(vec![1_u8; size]));\n    8 B  outside of annotated functions"
    );
    assert_eq!(message.unwrap(), expected);
}

#[test]
fn the_value_of_the_block_leaks_and_older_blocks_do_not_count() {
    let older = black_box(vec![1_u8; 10_000]);
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            drop(older);
            black_box(vec![1_u8; 100])
        })
    });
    assert_eq!(message.unwrap(), "  no_leak: at most 0 B, but 100 B".to_owned() + NO_LINE);
}

#[test]
fn a_block_that_another_thread_leaks_counts() {
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            let given = black_box(vec![1_u8; 300]);
            thread::spawn(|| forget(given)).join().unwrap();
        })
    });
    let expected = "  no_leak: at most 0 B, but 300 B".to_owned()
        + NO_LINE
        + "\n  1 thread was started here; what it took is not counted: `process`";
    assert_eq!(message.unwrap(), expected);
}

#[test]
fn blocks_that_other_threads_free_do_not_count() {
    static GIVEN: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    GIVEN.lock().unwrap().reserve(1000);
    let helper = thread::spawn(|| {
        let mut bytes = 0;
        while bytes < 999 * 1000 / 2 {
            let given = GIVEN.lock().unwrap().pop();
            bytes += given.map_or(0, |given| given.len());
        }
    });
    assert_budget!(no_leak, {
        for size in 1..1000 {
            GIVEN.lock().unwrap().push(black_box(vec![1; size]));
        }
    });
    helper.join().unwrap();
}

#[test]
fn a_reallocated_block_keeps_its_age() {
    let mut older = Vec::with_capacity(1);
    assert_budget!(no_leak, {
        (0..100_000).for_each(|number| older.push(black_box(number)));
        older.shrink_to_fit();
    });
    let message = panic_message(|| {
        let grown = assert_budget!(no_leak, {
            let mut grown = Vec::with_capacity(1);
            (0..1000_u64).for_each(|number| grown.push(black_box(number)));
            grown.shrink_to_fit();
            grown
        });
        drop(grown);
    });
    let expected = "  no_leak: at most 0 B, but 8000 B (7.812 KiB)".to_owned() + NO_LINE;
    assert_eq!(message.unwrap(), expected);
}

#[test]
fn a_block_that_another_thread_reallocates_is_tracked() {
    let grow = |mut given: Vec<u8>| {
        given.reserve_exact(black_box(1 << 20));
        given
    };
    assert_budget!(no_leak, {
        let given = black_box(vec![1_u8; 10]);
        drop(thread::spawn(move || grow(given)).join().unwrap());
        let given = black_box(vec![1_u8; 10]);
        thread::spawn(move || drop(grow(given))).join().unwrap();
    });
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            let given = black_box(vec![1_u8; 10]);
            forget(thread::spawn(move || grow(given)).join().unwrap());
        })
    });
    let message = message.unwrap();
    let size = (1 << 20) + 10;
    let expected = format!("  no_leak: at most 0 B, but {size} B (1.000 MiB)\n");
    assert!(message.starts_with(&expected), "{message}");
}

/// Memory that the block frees does not make up for a leak.
#[test]
fn captured_output_hides_no_leak() {
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            println!("hello {}", black_box(1));
            forget(black_box(String::from("hello\n")));
        })
    });
    let message = message.unwrap();
    assert!(message.starts_with("  no_leak: at most 0 B, but 6 B\n"), "{message}");
}

#[test]
fn budgets_within_budgets_count_their_own_blocks() {
    assert_budget!(no_leak, {
        let message = panic_message(|| {
            let kept = assert_budget!(no_leak, {
                assert_budget!(no_leak, {
                    drop(black_box(vec![1_u8; 10]));
                });
                black_box(vec![1_u8; 70])
            });
            drop(kept);
        });
        // The compiler does not drop the value if the budget panics.
        assert!(message.unwrap().starts_with("  no_leak: at most 0 B, but 70 B"));
        HELD.lock().unwrap().clear();
    });
}

static HELD: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

#[mem_profile(no_leak)]
fn recurse(depth: usize) -> usize {
    let held = black_box(vec![1_u8; depth + 1]);
    let rest = if depth == 0 { 0 } else { recurse(depth - 1) };
    held.len() + rest
}

#[test]
fn threads_do_not_count_the_blocks_of_each_other() {
    assert_eq!(recurse(100), 101 * 102 / 2);
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                for _ in 0..200 {
                    assert_eq!(recurse(5), 21);
                    // Memory that a thread allocates outside of budgets counts in none.
                    let outside = black_box(vec![1_u8; 100]);
                    let leaks = number == 0;
                    let message = panic_message(|| {
                        if leaks {
                            HELD.lock().unwrap().push(Vec::new());
                            assert_budget!(max_allocations = 0, { black_box(Box::new(1)) });
                        }
                    });
                    assert_eq!(message.is_some(), leaks);
                    drop(outside);
                }
            });
        }
    });
}

#[test]
fn a_million_blocks_are_counted() {
    let message = panic_message(|| {
        assert_budget!(no_leak, {
            let mut all = (0..1_000_000).map(|_| Box::new(1_u64)).collect::<Vec<_>>();
            forget(all.pop());
            drop(all);
        })
    });
    assert_eq!(message.unwrap(), "  no_leak: at most 0 B, but 8 B".to_owned() + NO_LINE);
}

#[mem_profile(no_leak)]
async fn task(kept: usize) {
    let first = black_box(vec![1_u8; 100]);
    forget(black_box(vec![1_u8; kept]));
    Pause::default().await;
    drop(first);
    let second = black_box(vec![1_u8; 100]);
    Pause::default().await;
    drop(second);
}

fn poll(task: &mut Pin<Box<impl Future<Output = ()>>>) -> bool {
    task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn a_task_that_moves_between_threads_counts_the_blocks_of_its_own_polls() {
    for kept in [0, 77] {
        let mut task = Box::pin(task(kept));
        assert!(!poll(&mut task));
        // Not in a poll.
        forget(black_box(vec![1_u8; 1000]));
        let mut task = thread::spawn(move || {
            assert!(!poll(&mut task));
            forget(black_box(vec![1_u8; 1000]));
            task
        })
        .join()
        .unwrap();
        let message = panic_message(|| assert!(poll(&mut task)));
        let expected = (kept > 0).then(|| {
            let line = line!() - 28;
            format!(
                "  no_leak: at most 0 B, but {kept} B\n  by line:\n    {kept} B  \
                 tests/budgets/tests/leaks.rs:{line}: forget(black_box(vec![1_u8; kept]));"
            )
        });
        assert_eq!(message, expected);
    }
    // Cancelled.
    let mut cancelled = Box::pin(task(0));
    assert!(!poll(&mut cancelled));
}

#[test]
fn threads_that_were_started_are_named_where_a_budget_is_exceeded() {
    let message = panic_message(|| {
        assert_budget!(max_peak = "10 B", {
            for _ in 0..3 {
                thread::spawn(|| black_box(vec![1_u8; 100_000]).len()).join().unwrap();
            }
        })
    });
    let message = message.unwrap();
    let line = "\n  3 threads were started here; what they took is not counted: `process`";
    assert!(
        message.starts_with("  max_peak: at most 10 B, but ") && message.ends_with(line),
        "{message}"
    );
    // Inside another budget, in which they do not count.
    assert_budget!(no_leak, {
        thread::spawn(|| ()).join().unwrap();
        let message =
            panic_message(|| assert_budget!(max_allocations = 0, { drop(black_box(Box::new(1))) }));
        assert!(!message.unwrap().contains("started"));
    });
}
