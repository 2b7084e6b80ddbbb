//! Blocks that are older than the tracer, in accounts.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use accounted::check_sums;
use mem_profile::account::{Account, ClassKind, account};
use mem_profile::trace;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn blocks(number: usize) -> Vec<Vec<u8>> {
    (0..number).map(|_| vec![1; 1000]).collect()
}

fn read() -> Account {
    let account = account().expect("an account");
    check_sums(&account);
    account
}

fn main() {
    took();
    let older = blocks(2000);
    trace::start(trace::Config::exact()).expect("the tracer starts");
    let traced = blocks(8000);
    let account = read();
    assert_eq!(account.pins, None);
    let missing = "2.0 MiB of 9.8 MiB in live blocks are older than the tracer: with MEM_PROFILE_TRACE=1, \
                   live blocks and free memory have rows of their own.";
    assert_eq!(account.missing.as_deref(), Some(missing));
    // Of few, it is said that they count as free.
    let few = older.into_iter().take(20).collect::<Vec<_>>();
    let account = read();
    let words = " in live blocks are older than the tracer, and count as free.";
    assert!(
        account.missing.as_ref().is_some_and(|it| it.ends_with(words)),
        "{:?}",
        account.missing
    );
    let live = account.bytes(ClassKind::LiveBlocks);
    assert!((8_000_000..8_400_000).contains(&live), "{live}");
    // A sample knows most blocks not.
    trace::stop();
    drop(few);
    trace::start(trace::Config::sampled(1 << 16)).expect("the tracer starts");
    let account = read();
    assert_eq!(account.pins, None);
    assert!(account.missing.is_some_and(|it| it.starts_with("The tracer takes a sample: ")));
    // And nobody knows any when it has stopped.
    trace::stop();
    assert!(read().missing.is_some_and(|it| it.starts_with("With the counting allocator ")));
    drop(traced);
    forked();
    stopped_meanwhile();
    contended();
}

/// An account that reads while the tracer is stopped takes no block for free memory.
fn stopped_meanwhile() {
    for wait in [0, 1, 2, 4, 8] {
        trace::start(trace::Config::exact()).expect("the tracer starts");
        let kept = blocks(300_000);
        let stop = move || {
            thread::sleep(Duration::from_millis(wait));
            trace::stop();
        };
        let account = thread::scope(|scope| {
            scope.spawn(stop);
            read_moving()
        });
        match account.pins {
            // It was read before.
            Some(_) => assert!(account.counted.is_some_and(|it| it.bytes >= 300_000_000)),
            None => assert!(account.missing.is_some()),
        }
        drop(kept);
    }
}

fn read_moving() -> Account {
    let account = account().expect("an account");
    let sum: u64 = account.classes.iter().map(|class| class.bytes).sum();
    assert_eq!(sum, account.resident);
    account
}

/// The first account of a traced program looks up lines, and says how long that took.
fn took() {
    trace::start(trace::Config::exact()).expect("the tracer starts");
    let kept = blocks(8000);
    let begin = Instant::now();
    let account = account().expect("an account");
    let elapsed = begin.elapsed();
    assert!(account.pins.is_some(), "{:?}", account.missing);
    assert!(
        account.took <= elapsed && account.took * 2 > elapsed,
        "{:?} of {elapsed:?}",
        account.took
    );
    drop(kept);
    trace::stop();
}

/// A child of a traced program has no tracer until it starts one, and then all it has is older.
fn forked() {
    trace::start(trace::Config::exact()).expect("the tracer starts");
    let kept = blocks(8000);
    assert!(read().pins.is_some());
    // SAFETY: this process has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let is_right = std::panic::catch_unwind(|| {
            let account = account().expect("an account");
            assert!(account.pins.is_none(), "its parent's");
            assert!(account.missing.is_some_and(|it| it.starts_with("With the counting ")));
            trace::start(trace::Config::exact()).expect("the tracer starts");
            let account = self::account().expect("an account");
            assert!(account.pins.is_none(), "older");
            assert!(account.missing.is_some_and(|it| it.contains(" are older than the tracer: ")));
        });
        // SAFETY: it ends here.
        unsafe { libc::_exit(i32::from(is_right.is_err())) };
    }
    let mut status = -1;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    drop(kept);
    trace::stop();
}

/// Accounts of two threads, while others allocate and another one starts and stops the tracer: nobody waits for ever,
/// and each account adds up.
fn contended() {
    static ENDS: AtomicBool = AtomicBool::new(false);
    let churn = || {
        while !ENDS.load(Relaxed) {
            drop(blocks(100));
        }
    };
    let toggle = || {
        while !ENDS.load(Relaxed) {
            trace::start(trace::Config::exact()).expect("the tracer starts");
            thread::yield_now();
            trace::stop();
        }
    };
    let ask = || {
        for _ in 0..50 {
            read_moving();
        }
    };
    thread::scope(|scope| {
        (0..2).for_each(|_| _ = scope.spawn(churn));
        scope.spawn(toggle);
        let asked = [(); 2].map(|()| scope.spawn(ask));
        let asked = asked.map(thread::ScopedJoinHandle::join);
        ENDS.store(true, Relaxed);
        asked.into_iter().for_each(|it| it.expect("accounts add up"));
    });
}
