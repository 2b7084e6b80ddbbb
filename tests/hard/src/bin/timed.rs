//! A program whose calls and blocks are on a timeline.
#![allow(missing_docs)]

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use hard::{in_fork, look_at};
use mem_profile::{Timestamp, mem_profile, record_timeline, record_to, timestamp};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Keeps 1,000 bytes, and has 200 more while `inner` runs.
#[mem_profile]
fn outer() -> Vec<u8> {
    let kept = vec![1_u8; 1000];
    inner(200);
    let closure = |size| {
        inner(size);
        size
    };
    closure(300);
    kept
}

/// Its timeline begins when the program has run for a while. Half of the block called `peak` lies before the peak.
fn late_peak() {
    thread::sleep(Duration::from_millis(150));
    record_timeline(Duration::from_millis(10)).expect("a timeline");
    let _block = timestamp("peak");
    let kept = vec![1_u8; 1 << 20];
    look_at(&kept);
    thread::sleep(Duration::from_millis(40));
    drop(kept);
    thread::sleep(Duration::from_millis(40));
}

#[mem_profile]
fn inner(size: usize) {
    look_at(&vec![2_u8; size]);
}

#[mem_profile]
fn fails() {
    inner(1);
    fails_too();
}

#[mem_profile]
fn fails_too() {
    resume_unwind(Box::new(()));
}

#[mem_profile]
fn recursive(depth: usize) {
    if depth > 0 {
        recursive(depth - 1);
    }
}

#[mem_profile]
async fn task(size: usize) {
    let kept = vec![3_u8; size];
    pause().await;
    inner(1);
    nested().await;
    look_at(&kept);
}

#[mem_profile]
async fn nested() {
    pause().await;
    inner(2);
}

async fn pause() {
    let mut paused = false;
    let wait = move |_: &mut Context<'_>| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    };
    poll_fn(wait).await;
}

/// Polls it the given number of times.
fn poll(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// Two tasks in turn, and one that is dropped after its first wait.
fn tasks() {
    let (mut a, mut b) = (pin!(task(10)), pin!(task(20)));
    let mut polls = 0;
    let mut context = Context::from_waker(Waker::noop());
    while a.as_mut().poll(&mut context).is_pending() {
        let _ = b.as_mut().poll(&mut context);
        polls += 1;
    }
    assert_eq!(polls, 2);
    poll(1, b);
    poll(2, task(30));
}

/// Calls when it is dropped.
struct Calls;

impl Drop for Calls {
    fn drop(&mut self) {
        inner(9);
    }
}

/// Has a named block over both of its waits, and another one over the second.
#[mem_profile]
async fn held(name: &'static str) {
    let _calls = Calls;
    let _block = timestamp(name);
    pause().await;
    inner(1);
    {
        let _step = timestamp("step");
        nested().await;
    }
    inner(3);
}

/// Two of them in turn, and calls outside of both in between.
fn held_in_turn() {
    let (mut a, mut b) = (pin!(held("a")), pin!(held("b")));
    for _ in 0..3 {
        poll(1, a.as_mut());
        inner(0);
        poll(1, b.as_mut());
    }
    inner(0);
}

/// Each poll on a thread of its own, on which another span is open.
fn held_on_threads() {
    let mut task = Box::pin(held("a"));
    for _ in 0..3 {
        task = thread::spawn(move || {
            let _there = timestamp("there");
            poll(1, task.as_mut());
            inner(0);
            task
        })
        .join()
        .unwrap();
    }
}

fn held_and_dropped() {
    poll(1, held("a"));
    inner(0);
    // In the inner block too.
    poll(2, held("b"));
    inner(0);
}

#[mem_profile]
async fn held_and_fails() {
    let _block = timestamp("block");
    pause().await;
    let _step = timestamp("step");
    fails();
}

fn held_and_panics() {
    let mut task = Box::pin(held_and_fails());
    poll(1, task.as_mut());
    inner(0);
    let _ = catch_unwind(AssertUnwindSafe(|| poll(1, task.as_mut())));
    inner(0);
    drop(task);
    inner(0);
}

/// A named block inside an async block, which is not a call.
#[mem_profile]
async fn held_inside() {
    let part = async {
        let _part = timestamp("part");
        pause().await;
        inner(1);
    };
    part.await;
    inner(2);
}

#[mem_profile]
fn begins() -> Timestamp {
    timestamp("begun")
}

#[mem_profile]
async fn begins_later() -> Timestamp {
    pause().await;
    timestamp("begun")
}

#[mem_profile]
async fn goes_on() {
    let begun = begins_later().await;
    pause().await;
    inner(1);
    drop(begun);
    inner(2);
}

/// Named blocks that outlive their functions.
fn held_by_callers() {
    let begun = begins();
    inner(1);
    drop(begun);
    inner(2);
    poll(3, goes_on());
    inner(3);
}

/// Most of the blocks are left out, and so are most calls of a function that each calls twice.
fn held_often() {
    often();
    for _ in 0..20_000 {
        let _block = timestamp("block");
        often();
        often();
    }
}

/// A thread that ends in a block, and one that takes over its record.
fn held_for_ever() {
    thread::spawn(|| std::mem::forget(timestamp("block"))).join().unwrap();
    thread::spawn(|| inner(1)).join().unwrap();
}

#[mem_profile]
fn often() {}

fn blocks() {
    let whole = timestamp("whole");
    inner(1);
    {
        let _part = timestamp("part");
        outer();
    }
    let _part = timestamp(String::from("part").leak());
    // It ends on another thread, before a span that began after it.
    thread::scope(|scope| {
        scope.spawn(move || drop(whole)).join().unwrap();
    });
    inner(3);
}

fn threads() {
    thread::scope(|scope| {
        scope.spawn(outer);
        outer();
    });
}

#[mem_profile]
fn stays(end: fn()) {
    let kept = vec![1_u8; 5_000_000];
    end();
    look_at(&kept);
}

fn kill() {
    // SAFETY: it is our own process.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
}

/// Until standard input ends.
fn wait() {
    let mut byte = 0_u8;
    // SAFETY: the buffer is as long as that.
    unsafe { libc::read(libc::STDIN_FILENO, (&raw mut byte).cast(), 1) };
}

fn fork() {
    outer();
    let status = in_fork(|| {
        inner(5);
        0
    });
    assert_eq!(status, 0);
    let status = in_fork(|| {
        let path = std::env::args().nth(2).expect("a path");
        record_to(path).expect("the child has one thread");
        inner(5);
        0
    });
    assert_eq!(status, 0);
}

fn late() {
    inner(1);
    thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || receiver.recv());
        if let Err(refusal) = record_timeline(Duration::ZERO) {
            println!("{refusal}");
        }
        drop(sender);
    });
    // A joined thread may still be ending.
    while std::fs::read_dir("/proc/self/task").unwrap().count() > 1 {
        thread::yield_now();
    }
    record_timeline(Duration::from_millis(7)).unwrap();
    record_timeline(Duration::from_millis(9)).unwrap();
    // It has allocated nothing since it was called first.
    inner(0);
    record_to(std::env::args().nth(2).expect("a path")).unwrap();
    inner(1);
}

/// Starts both recordings before any function has run.
fn begins_both(order: &[&str]) {
    for begin in order {
        match *begin {
            "record_to" => _ = record_to(hard::argument(2)).unwrap(),
            _ => record_timeline(Duration::from_millis(5)).unwrap(),
        }
    }
    drop(outer());
}

/// The same, with another thread that started before, and calls as well.
fn beside_a_thread(order: &[&str]) {
    let (sender, receiver) = mpsc::channel::<()>();
    let other = thread::spawn(move || {
        receiver.recv().unwrap();
        drop(outer());
    });
    begins_both(order);
    sender.send(()).unwrap();
    other.join().unwrap();
}

fn main() {
    match hard::scene().as_str() {
        "calls" => drop(outer()),
        "fails" => {
            let _ = catch_unwind(AssertUnwindSafe(fails));
            inner(1);
        }
        "deep" => {
            recursive(300);
            inner(1);
        }
        "tasks" => tasks(),
        "often" => (0..100_000).for_each(|_| often()),
        "blocks" => blocks(),
        "held in turn" => held_in_turn(),
        "held on threads" => held_on_threads(),
        "held and dropped" => held_and_dropped(),
        "held and panics" => held_and_panics(),
        "held inside" => poll(2, held_inside()),
        "held by callers" => held_by_callers(),
        "held often" => held_often(),
        "held for ever" => held_for_ever(),
        "threads" => threads(),
        "kill" => stays(kill),
        "exit" => stays(|| std::process::exit(0)),
        "wait" => stays(wait),
        "fork" => fork(),
        "late" => late(),
        "nothing" => {
            let kept = vec![1_u8; 1 << 20];
            look_at(&kept);
            thread::sleep(Duration::from_millis(150));
        }
        "peak" => late_peak(),
        "first" => begins_both(&["record_to", "record_timeline"]),
        "last" => begins_both(&["record_timeline", "record_to"]),
        "first beside a thread" => beside_a_thread(&["record_to", "record_timeline"]),
        other => panic!("{other}?"),
    }
}
