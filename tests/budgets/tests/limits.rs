//! Budgets pass at each limit and fail above it, while other tests run at the same time.

use std::future::Future;
use std::hint::black_box;
use std::panic::catch_unwind;
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use budgets::{Pause, panic_message};
use mem_profile::{assert_budget, mem_profile};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// The message of the panic, without the lines.
fn limits(call: impl FnOnce()) -> Option<String> {
    let text = panic_message(call)?;
    Some(text.split_once("\n  by line:").expect("there are lines").0.to_owned())
}

#[mem_profile(max_increment = "1000 B")]
fn hold(size: usize) -> Vec<u8> {
    let held = vec![1; size];
    black_box(held)
}

#[test]
fn an_increment_passes_at_the_limit_and_fails_above() {
    assert_eq!(hold(1000).len(), 1000);
    let message = limits(|| drop(hold(1001))).unwrap();
    let expected = "mem-profile: `limits::hold` exceeds its budget\n  \
                    max_increment: at most 1000 B, but 1001 B";
    assert_eq!(message, expected);
    // The memory of the message is freed with it. (The value of the call is not: the compiler does not
    // drop it if a destructor panics.)
    assert_budget!(max_increment = "1001 B", {
        limits(|| drop(hold(1001)));
    });
}

#[mem_profile(max_peak = "64 KiB")]
fn rise(size: usize) -> usize {
    let one = black_box(vec![1_u8; size / 2]);
    let two = black_box(vec![1_u8; size - size / 2]);
    drop(one);
    two.len()
}

#[test]
fn a_peak_passes_at_the_limit_and_fails_above() {
    assert_eq!(rise(65_536), 32_768);
    let message = limits(|| _ = rise(65_537)).unwrap();
    assert!(message.ends_with("max_peak: at most 65536 B (64.000 KiB), but 65537 B (64.001 KiB)"));
    // Blocks from before do not count, whether they are freed or not.
    let _around = black_box(vec![1_u8; 100_000]);
    drop(black_box(vec![1_u8; 200_000]));
    assert_eq!(rise(65_536), 32_768);
}

#[mem_profile(max_allocations = 3)]
fn allocate(count: usize) {
    for size in 0..count {
        black_box(vec![1_u8; size + 1]);
    }
}

#[test]
fn allocations_pass_at_the_limit_and_fail_above() {
    allocate(3);
    let message = limits(|| allocate(4)).unwrap();
    assert!(message.ends_with("\n  max_allocations: at most 3, but 4"), "{message}");
}

#[mem_profile(no_leak)]
fn put(place: &mut Vec<Vec<u8>>, size: usize) {
    let scratch = black_box(vec![1_u8; 5000]);
    if size > 0 {
        place.push(vec![1; size]);
    }
    drop(scratch);
}

#[test]
fn no_leak_allows_no_block() {
    let mut place = Vec::with_capacity(2);
    put(&mut place, 0);
    let message = limits(|| put(&mut place, 1)).unwrap();
    assert!(message.ends_with("\n  no_leak: at most 0 B, but 1 B"), "{message}");
}

#[rustfmt::skip]
#[mem_profile(max_increment = "10 B")] fn on_one_line() -> Vec<u8> { black_box(vec![1; 100]) }

#[test]
fn the_line_of_a_function_on_one_line_is_named() {
    let message = panic_message(on_one_line).unwrap();
    let (_, lines) = message.split_once("\n  by line:\n").unwrap();
    let line = line!() - 6;
    let source = "#[mem_profile(max_increment = \"10 B\")] fn on_one_line()";
    assert!(
        lines.contains(&format!("100 B  tests/budgets/tests/limits.rs:{line}: {source}")),
        "{lines}"
    );
    assert_eq!(lines.lines().count(), 1, "{lines}");
}

#[mem_profile(max_increment = "1 KiB", max_peak = "2 KiB", max_allocations = 2, no_leak)]
fn everything() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(4);
    all.push(vec![1; 3000]);
    all.push(vec![1; 1000]);
    all.push(vec![1; 4000]);
    all.push(vec![1; 2000]);
    all
}

#[test]
fn each_limit_is_named_and_the_three_lines_that_cost_most() {
    // The lines are those of the call, not of the calls before.
    for _ in 0..2 {
        let message = panic_message(everything).unwrap();
        let line = line!();
        let (message, left) = message.split_once("\n  left behind, by line:\n").unwrap();
        let (head, lines) = message.split_once("\n  by line:\n").unwrap();
        assert_eq!(
            head.lines().skip(1).collect::<Vec<_>>(),
            [
                "  max_increment: at most 1024 B (1.000 KiB), but 10096 B (9.859 KiB)",
                "  max_peak: at most 2048 B (2.000 KiB), but 10096 B (9.859 KiB)",
                "  max_allocations: at most 2, but 5",
                "  no_leak: at most 0 B, but 10096 B (9.859 KiB) in 5 blocks",
            ]
        );
        let at = |back: u32, size: &str, source: &str| {
            format!("    {size}  tests/budgets/tests/limits.rs:{}: {source}", line - back)
        };
        let expected = [
            at(10, "4000 B (3.906 KiB)", "all.push(vec![1; 4000]);"),
            at(12, "3000 B (2.930 KiB)", "all.push(vec![1; 3000]);"),
            at(9, "2000 B (1.953 KiB)", "all.push(vec![1; 2000]);"),
        ];
        let rest = [
            at(11, "1000 B", "all.push(vec![1; 1000]);"),
            at(13, "96 B", "let mut all = Vec::with_capacity(4);"),
        ];
        assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
        assert_eq!(left.lines().collect::<Vec<_>>(), [&expected[..], &rest[..]].concat());
    }
}

#[test]
fn threads_have_budgets_of_their_own() {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert_eq!(hold(1000).len(), 1000);
                    assert_eq!(rise(65_536), 32_768);
                    allocate(3);
                }
            });
        }
    });
}

#[mem_profile(max_increment = "100 B", max_peak = "300 B", max_allocations = 3)]
async fn task(kept: usize, temporary: usize) -> Vec<u8> {
    let kept = black_box(vec![1; kept]);
    let first = black_box(vec![1_u8; temporary / 2]);
    Pause::default().await;
    let second = black_box(vec![1_u8; temporary - temporary / 2]);
    drop((first, second));
    kept
}

/// Polls both in turn, so that each allocates between two polls of the other.
fn in_turn(one: impl Future, two: impl Future) {
    let (mut one, mut two) = (pin!(one), pin!(two));
    let mut context = Context::from_waker(Waker::noop());
    while one.as_mut().poll(&mut context).is_pending()
        | two.as_mut().poll(&mut context).is_pending()
    {}
}

async fn other() {
    let held = black_box(vec![1_u8; 50_000]);
    Pause::default().await;
    drop(held);
}

#[test]
fn an_async_function_is_measured_by_its_own_polls() {
    in_turn(async { assert_eq!(task(100, 200).await.len(), 100) }, other());
    // One byte above each limit.
    let message = limits(|| in_turn(task(101, 200), Pause::default())).unwrap();
    assert!(message.ends_with(
        "`limits::task` exceeds its budget\n  max_increment: at most 100 B, but 101 B\n  \
         max_peak: at most 300 B, but 301 B"
    ));
    let message = limits(|| in_turn(task(100, 201), Pause::default())).unwrap();
    assert!(message.ends_with("budget\n  max_peak: at most 300 B, but 301 B"), "{message}");
    // Cancelled within its budget.
    let mut cancelled = Box::pin(task(100, 200));
    assert!(cancelled.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn a_block_has_a_budget_and_a_value() {
    let block = |size: usize| {
        assert_budget!(max_peak = "1 MiB", no_leak, max_allocations = 1, {
            let held = black_box(vec![1_u8; size]);
            held.len()
        })
    };
    assert_eq!(block(1 << 20), 1 << 20);
    let message = panic_message(|| block((1 << 20) + 1)).unwrap();
    let (place, rest) = message.split_once(" exceeds its budget\n").unwrap();
    assert!(
        place.starts_with("mem-profile: the block at tests/budgets/tests/limits.rs:"),
        "{place}"
    );
    let expected = "  max_peak: at most 1048576 B (1.000 MiB), but 1048577 B (1.000 MiB)\n  \
                    which line took it is not known: none with `#[mem_profile]` took part";
    assert_eq!(rest, expected);
    // It is checked also if it is left early.
    let early = || -> Option<()> {
        assert_budget!(max_allocations = 0, {
            black_box(Some(Box::new(1)))?;
            None::<()>?;
        });
        Some(())
    };
    assert!(panic_message(early).unwrap().contains("max_allocations: at most 0, but 1"));
}

#[test]
fn the_lines_of_a_block_are_those_of_the_functions_that_it_calls() {
    let message = panic_message(|| {
        assert_budget!(max_peak = "10 B", {
            drop(hold(900));
        });
    });
    let message = message.unwrap();
    let (_, line) = message
        .split_once("\n  by line:\n    900 B  tests/budgets/tests/limits.rs:")
        .expect(&message);
    assert!(line.ends_with(": let held = vec![1; size];"), "{line}");
}

#[test]
fn budgets_are_nested() {
    let message = panic_message(|| {
        assert_budget!(max_peak = "1599 B", {
            assert_budget!(max_peak = "1000 B", {
                drop(black_box(vec![1_u8; 1000]));
            });
            let held = black_box(vec![1_u8; 600]);
            assert_budget!(max_peak = "1000 B", {
                drop(black_box(vec![1_u8; 1000]));
            });
            drop(held);
        });
    });
    assert!(message.unwrap().contains("1599 B (1.562 KiB), but 1600 B (1.562 KiB)"));
}

#[mem_profile(max_allocations = 0)]
fn fail() {
    black_box(vec![1_u8; 10]);
    panic!("on purpose");
}

struct Failing;

impl Drop for Failing {
    fn drop(&mut self) {
        // Exceeds its budget while the thread is panicking.
        allocate(5);
    }
}

#[test]
fn a_budget_does_not_panic_during_a_panic() {
    let panic = catch_unwind(fail).unwrap_err();
    assert_eq!(*panic.downcast::<&str>().unwrap(), "on purpose");
    let panic = catch_unwind(|| {
        let _failing = Failing;
        panic!("first");
    });
    assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "first");
}

#[test]
fn figures_are_not_changed_by_a_budget() {
    #[mem_profile]
    fn outer() {
        let one = black_box(vec![1_u8; 3000]);
        drop(one);
        let two = hold(700);
        drop(two);
    }
    thread::spawn(outer).join().unwrap();
    let snapshot = mem_profile::snapshot();
    let function = snapshot.functions.iter().find(|f| f.name.ends_with("::outer")).unwrap();
    let figures = |text: &str| {
        let line = function.lines.iter().find(|line| line.source.contains(text)).unwrap();
        (line.increment, line.peak, line.allocations)
    };
    assert_eq!(figures("vec!"), (Some(3000), Some(3000), Some(1)));
    assert_eq!(figures("drop(one)"), (Some(-3000), Some(0), Some(0)));
    assert_eq!(figures("hold("), (Some(700), Some(700), Some(1)));
    assert_eq!(figures("drop(two)"), (Some(-700), Some(0), Some(0)));
}

/// A snapshot records open lines. The next line once began with the peak of the one before.
#[test]
fn a_snapshot_within_a_line_does_not_raise_the_peak_of_the_next() {
    #[mem_profile]
    fn outer() {
        let held = (black_box(vec![1_u8; 3000]), mem_profile::report());
        let next = black_box(1);
        black_box((held, next));
    }
    thread::spawn(outer).join().unwrap();
    let snapshot = mem_profile::snapshot();
    let function =
        snapshot.functions.iter().rfind(|f| f.lines.iter().any(|l| l.source.contains("report()")));
    let line = &function.unwrap().lines[3];
    assert_eq!((line.source.trim(), line.peak), ("let next = black_box(1);", Some(0)));
}
