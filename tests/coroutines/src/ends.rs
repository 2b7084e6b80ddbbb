//! The ends of a waiting coroutine, and events while it waits.

use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use corosensei::{Coroutine, CoroutineResult, Yielder};
use mem_profile::mem_profile;

use crate::figures::figures;
use crate::left::{Waits, assert_plain, outer, plain, waits_inside};

/// Can be resumed on another thread, as by a scheduler.
struct Sent(Waits);

// SAFETY: nothing in the coroutine is of a thread, and one thread at a time has it.
unsafe impl Send for Sent {}

impl Sent {
    fn step(&mut self) -> Option<Vec<u8>> {
        match self.0.resume(()) {
            CoroutineResult::Yield(()) => None,
            CoroutineResult::Return(value) => Some(value),
        }
    }
}

/// Runs up to where it waits in `outer`, and in `leaf`, this many times.
fn begun(steps: usize) -> Sent {
    let mut waits = Sent(waits_inside(7));
    (0..steps).for_each(|_| assert!(waits.step().is_none()));
    waits
}

#[mem_profile]
fn begins_and_drops() -> Vec<u8> {
    let waits = begun(3);
    let kept = plain(10);
    drop(waits);
    kept
}

/// Dropping a coroutine unwinds it, which frees its memory on the line of the drop.
pub(crate) fn dropped_while_it_waits() {
    for _ in 0..3 {
        drop(begun(2));
        black_box(begins_and_drops());
    }
    let all = figures("begins_and_drops");
    assert!(!all.is_in_part() && figures("outer").is_in_part());
    // 107 in `outer`, 17 twice in `leaf`, of which one is freed, and what the coroutine is made with.
    let (begins, drops) = (all.line("let waits").0, all.line("drop(").0);
    assert!(begins >= 3 * (107 + 17));
    assert_eq!(begins, -drops);
    assert_eq!(all.increment(), 30);
    assert_plain(3, 30);
}

/// No allocation happens meanwhile, so all of it is measured.
pub(crate) fn unwound_in_order() {
    drop(begun(3));
    let [outer, leaf] = ["outer", "leaf"].map(figures);
    assert!(!outer.is_in_part() && !leaf.is_in_part());
    assert_eq!(outer.line("let mut kept"), (107, 1, 1));
    // Both are freed on the lines that unwinding leaves. The panic's own block is freed further out.
    assert_eq!(outer.increment(), leaf.increment());
    assert!((0..100).contains(&outer.increment()));
}

/// Moved to another thread, and resumed or dropped there; ordinary functions run on both.
pub(crate) fn ends_on_another_thread() {
    for round in 0..20 {
        let mut waits = begun(1 + round % 4);
        black_box(plain(10));
        let ended = thread::spawn(move || {
            black_box(plain(10));
            let mut value = None;
            if round % 2 == 0 {
                value = (0..10).find_map(|_| waits.step());
            }
            drop(waits);
            black_box(plain(10));
            value
        });
        assert_eq!(ended.join().unwrap().is_some(), round % 2 == 0);
    }
    assert!(figures("outer").is_in_part());
    assert_eq!(figures("outer").calls(), 20);
    assert_plain(60, 600);
}

/// Threads end with coroutines that are never resumed; other threads take their records over.
pub(crate) fn left_by_threads_that_end() {
    for steps in 0..10 {
        thread::spawn(move || mem::forget(begun(1 + steps % 4))).join().unwrap();
        let kept = thread::spawn(|| plain(10)).join().unwrap();
        black_box(kept);
    }
    assert!(figures("outer").is_in_part());
    assert!(figures("outer").increment() <= 10 * 107);
    assert_plain(10, 100);
}

/// Killed by an unhandled signal after the profiler has detected a coroutine. The recording is read.
pub(crate) fn killed_after_it_waited() {
    let mut waits = begun(1);
    black_box(plain(10));
    assert!(waits.step().is_none());
    // SAFETY: ends the process.
    unsafe { libc::raise(libc::SIGKILL) };
}

pub(crate) fn reset_while_it_waits() {
    let mut waits = begun(1);
    black_box(plain(10));
    mem_profile::reset();
    black_box(plain(20));
    let value = (0..10).find_map(|_| waits.step());
    assert_eq!(value.map(|value| value.len()), Some(124));
    black_box(plain(30));
    assert_plain(2, 50);
}

pub(crate) fn forked_while_it_waits() {
    let mut waits = begun(2);
    let finish = move || {
        black_box(plain(10));
        assert!((0..10).find_map(|_| waits.step()).is_some());
        assert!(figures("outer").is_in_part());
        assert_plain(1, 10);
    };
    // SAFETY: there is one thread.
    match unsafe { libc::fork() } {
        0 => {
            let mut finish = finish;
            let ended = catch_unwind(AssertUnwindSafe(&mut finish));
            // SAFETY: ends the process.
            unsafe { libc::_exit(if ended.is_ok() { 7 } else { 1 }) };
        }
        child => {
            let mut status = 0;
            // SAFETY: the status is writable.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 7));
            let mut finish = finish;
            finish();
        }
    }
}

/// Waits inside of a poll: the coroutine continues elsewhere, not the task.
#[mem_profile]
async fn polled(wait: &dyn Fn()) -> Vec<u8> {
    let kept = vec![0_u8; 40];
    for _ in 0..2 {
        wait();
        std::future::ready(()).await;
    }
    let more = inner(wait).await;
    [kept, more].concat()
}

#[mem_profile]
async fn inner(wait: &dyn Fn()) -> Vec<u8> {
    let kept = vec![0_u8; 5];
    wait();
    kept
}

/// Never on a coroutine.
#[mem_profile]
async fn polled_plainly() -> Vec<u8> {
    let kept = vec![0_u8; 60];
    std::future::ready(()).await;
    kept
}

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for nothing"),
    }
}

fn polls_inside() -> Sent {
    Sent(Coroutine::new(|wait: &Yielder<(), ()>, ()| ready(polled(&|| wait.suspend(())))))
}

pub(crate) fn polls_of_tasks() {
    let mut kept = Vec::with_capacity(100);
    for round in 0..10 {
        let mut all = [polls_inside(), polls_inside()];
        for waits in &mut all {
            assert!(waits.step().is_none());
            kept.push(ready(polled_plainly()));
        }
        let [mut one, mut other] = all;
        let mut value = None;
        if round % 2 == 0 {
            value = thread::spawn(move || (0..5).find_map(|_| one.step())).join().unwrap();
        }
        kept.extend(value);
        kept.extend((0..5).find_map(|_| other.step()));
        kept.push(ready(polled(&|| ())));
    }
    assert!(figures("polled").is_in_part());
    let all = figures("polled_plainly");
    assert!(!all.is_in_part());
    assert_eq!(all.calls(), 20);
    assert_eq!(all.line("let kept"), (1200, 20, 20));
}

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Blocks, early returns, closures and a panic, each with a point that waits.
#[mem_profile]
fn twisted(bytes: usize, wait: &dyn Fn()) -> Option<Vec<u8>> {
    let mut all = vec![vec![0_u8; bytes]];
    let grow = |vec: &mut Vec<Vec<u8>>| {
        let more = vec![0_u8; 3];
        wait();
        vec.push(more);
    };
    for turn in 0..4 {
        let local = vec![0_u8; turn];
        match turn {
            0 => grow(&mut all),
            1 => {
                wait();
                continue;
            }
            2 if bytes.is_multiple_of(2) => {
                wait();
                all.get(100)?;
            }
            _ => {
                let _boxed = Box::new(turn);
                wait();
                assert!(!bytes.is_multiple_of(5), "as it should");
            }
        }
        drop(local);
    }
    DEPTH.set(DEPTH.get() + 1);
    Some(all.concat())
}

#[mem_profile]
fn drive_twisted(count: usize) -> usize {
    let mut all: Vec<_> = (0..count).map(twists_inside).collect();
    let mut ended = 0;
    while !all.is_empty() {
        all.retain_mut(|coroutine| {
            let result = catch_unwind(AssertUnwindSafe(|| coroutine.resume(())));
            matches!(result, Ok(CoroutineResult::Yield(())))
        });
        ended += 1;
    }
    ended
}

fn twists_inside(bytes: usize) -> Coroutine<(), (), Option<Vec<u8>>> {
    Coroutine::new(move |wait: &Yielder<(), ()>, ()| twisted(bytes, &|| wait.suspend(())))
}

pub(crate) fn blocks_and_panics() {
    std::panic::set_hook(Box::new(|_| ()));
    for _ in 0..5 {
        drive_twisted(30);
    }
    assert_eq!(DEPTH.get(), 5 * 12);
    assert!(figures("twisted").is_in_part() && !figures("drive_twisted").is_in_part());
    assert_eq!(figures("twisted").calls(), 150);
    assert_eq!(figures("drive_twisted").increment(), 0);
    assert!(outer(1, &|| ()).len() == 112);
}
