//! A program with the counting allocator: its ends, and its requests in between.
#![allow(missing_docs)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hard::look_at;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn grow() -> Vec<u8> {
    let kept = vec![1_u8; 1 << 20];
    kept
}

#[mem_profile]
fn shrink(kept: Vec<u8>) -> usize {
    let scratch = vec![2_u8; 3000];
    drop(kept);
    scratch.len()
}

fn exit(kept: &[u8]) -> ! {
    look_at(&kept);
    std::process::exit(7)
}

#[mem_profile]
fn leave() {
    let kept = vec![1_u8; 5000];
    look_at(&kept);
    exit(&vec![2_u8; 700]);
}

static SLEEPS: AtomicBool = AtomicBool::new(false);

fn sleep(_scratch: &[u8]) {
    SLEEPS.store(true, Relaxed);
    thread::sleep(Duration::from_secs(600));
}

fn exit_when_main_sleeps() {
    while !SLEEPS.load(Relaxed) {
        thread::yield_now();
    }
    std::process::exit(8);
}

#[mem_profile]
fn wait_for_the_end() {
    let kept = vec![1_u8; 6000];
    thread::spawn(exit_when_main_sleeps);
    sleep(&vec![3_u8; 900]);
    look_at(&kept);
}

#[mem_profile]
fn fail() {
    let kept = vec![1_u8; 1 << 20];
    look_at(&kept);
    assert!(kept.is_empty(), "on purpose");
}

fn work() {
    assert_eq!(shrink(grow()), 3000);
}

/// Two reports by request and one at the end.
fn report_twice() {
    work();
    mem_profile::report();
    work();
    mem_profile::report();
}

/// The increment, peak, occurrences and number of functions before and after a reset.
fn reset() {
    for round in 0..3 {
        work();
        if round == 1 {
            mem_profile::reset();
            println!("{} functions", mem_profile::snapshot().functions.len());
        }
        let snapshot = mem_profile::snapshot();
        for function in &snapshot.functions {
            let line = &function.lines[2];
            println!("{} {} {:?}", function.name, function.calls, line.increment);
        }
    }
}

/// The process's bytes change between two snapshots by exactly the bytes that are kept.
fn snapshot() {
    let before = mem_profile::snapshot();
    let kept = grow();
    let grown = mem_profile::snapshot();
    let own = size_of_snapshot(&before);
    drop(kept);
    let shrunk = mem_profile::snapshot();
    let bytes = |snapshot: &mem_profile::Snapshot| snapshot.process_bytes.unwrap();
    println!("{} {}", before.functions.len(), bytes(&grown) - bytes(&before) - own);
    println!("{}", bytes(&grown) + size_of_snapshot(&grown) - bytes(&shrunk));
}

/// Bytes that a snapshot owns.
fn size_of_snapshot(snapshot: &mem_profile::Snapshot) -> u64 {
    let mut size = snapshot.functions.capacity() * size_of::<mem_profile::FunctionSnapshot>();
    for function in &snapshot.functions {
        size += function.name.capacity() + function.file.capacity();
        size += function.lines.capacity() * size_of::<mem_profile::LineSnapshot>();
        size += function.lines.iter().map(|line| line.source.capacity()).sum::<usize>();
    }
    size as u64
}

/// The highest resident set after one GiB of zeroes that is never accessed.
fn zeroed() {
    let zeroes = vec![0_u8; 1 << 30];
    look_at(&zeroes);
    println!("{}", hard::status_kib("VmHWM"));
}

#[mem_profile]
fn hold_little() {
    let kept = vec![1_u8; 544];
    look_at(&kept);
}

/// A thread frees blocks that others have allocated and not published, so the published total is negative.
fn lagging() {
    let (sender, receiver) = mpsc::channel();
    let (stay, stays) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let stays = Arc::new(Mutex::new(stays));
        for _ in 0..2 {
            let (sender, stays) = (sender.clone(), Arc::clone(&stays));
            scope.spawn(move || {
                sender.send(vec![1_u8; 60_000]).unwrap();
                drop(sender);
                _ = stays.lock().unwrap().recv();
            });
        }
        drop(sender);
        scope.spawn(move || receiver.into_iter().for_each(drop)).join().unwrap();
        hold_little();
        drop(stay);
    });
}

/// Standard error is closed by the program itself, and its number taken by a file of the user.
fn close_stderr() {
    work();
    // SAFETY: nobody else uses the descriptor.
    unsafe { libc::close(libc::STDERR_FILENO) };
    let theirs = std::fs::File::create(std::env::args().nth(2).expect("a path")).unwrap();
    std::mem::forget(theirs);
}

fn main() -> ExitCode {
    match hard::scene().as_str() {
        "work" => work(),
        "nothing" => {}
        "exit" => leave(),
        "exit_in_thread" => wait_for_the_end(),
        "panic" => fail(),
        "report_twice" => report_twice(),
        "reset" => reset(),
        "snapshot" => snapshot(),
        "zeroed" => zeroed(),
        "lagging" => lagging(),
        "close_stderr" => close_stderr(),
        other => panic!("{other}?"),
    }
    ExitCode::from(3)
}
