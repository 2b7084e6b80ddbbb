//! A program that is recorded, and ends in many ways.
#![allow(missing_docs)]

use std::ffi::CStr;
use std::ptr;
use std::sync::Barrier;
use std::thread;

use hard::{in_fork, look_at};
use mem_profile::{mem_profile, record_to};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn keep(kept: &mut Vec<Vec<u8>>, size: usize) {
    kept.push(vec![1_u8; size]);
}

/// Keeps 240 bytes and ten times 1,000, and has 700 more while `end` runs.
#[mem_profile]
fn work(end: fn(&[u8])) {
    let mut kept = Vec::with_capacity(10);
    for _ in 0..10 {
        keep(&mut kept, 1000);
    }
    end(&vec![2_u8; 700]);
    look_at(&kept);
}

fn complete(_scratch: &[u8]) {}

fn kill(_scratch: &[u8]) {
    // SAFETY: it is our own process.
    unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
}

fn abort(_scratch: &[u8]) {
    std::process::abort();
}

fn leave_at_once(_scratch: &[u8]) {
    // SAFETY: ends the process, which is the point.
    unsafe { libc::_exit(9) };
}

/// All have run before, and nothing has changed since the thread last recorded when they are called once
/// more: only the frame stack knows the lines that wait.
#[mem_profile]
fn outermost(end: fn(&[u8])) {
    between(2, end);
}

#[mem_profile]
fn between(again: usize, end: fn(&[u8])) {
    if again > 0 {
        return between(again - 1, end);
    }
    innermost(end);
}

#[mem_profile]
fn innermost(end: fn(&[u8])) {
    end(&vec![3_u8; 600]);
}

fn unchanged(_scratch: &[u8]) {
    fn nothing(_scratch: &[u8]) {}
    outermost(nothing);
    outermost(nothing);
    outermost(kill);
}

/// Replaces itself by another program. Not by the standard library, which would allocate on the line.
fn become_program(path: &CStr, argument: *const libc::c_char) {
    let arguments = [path.as_ptr(), argument, ptr::null()];
    // SAFETY: both arguments are C strings, and null ends the list.
    unsafe { libc::execvp(path.as_ptr(), arguments.as_ptr()) };
    panic!("{}", std::io::Error::last_os_error());
}

/// One that runs until standard input ends.
fn become_another(_scratch: &[u8]) {
    become_program(c"cat", ptr::null());
}

fn become_itself(_scratch: &[u8]) {
    become_program(c"/proc/self/exe", c"complete".as_ptr());
}

/// Prints that it has started, and runs until standard input ends.
fn wait(_scratch: &[u8]) {
    let mut byte = 0_u8;
    // SAFETY: both buffers are as long as that.
    unsafe {
        libc::write(libc::STDOUT_FILENO, c"here\n".as_ptr().cast(), 5);
        libc::read(libc::STDIN_FILENO, (&raw mut byte).cast(), 1);
    }
}

/// The child continues where its parent was, and each records its own memory.
fn fork(_scratch: &[u8]) {
    let status = in_fork(|| {
        let mut kept = Vec::with_capacity(5);
        (0..5).for_each(|_| keep(&mut kept, 30));
        look_at(&kept);
        3
    });
    assert_eq!(status, 3);
    let status = in_fork(|| {
        let path = std::env::args().nth(2).expect("a path");
        record_to(path).expect("the child has one thread");
        let mut kept = Vec::with_capacity(7);
        (0..7).for_each(|_| keep(&mut kept, 50));
        look_at(&kept);
        4
    });
    assert_eq!(status, 4);
}

/// A thread that started before the recording. Its later frees are recorded.
fn early() {
    let barrier = Barrier::new(2);
    let bytes = || mem_profile::snapshot().process_bytes.unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let early = vec![1_u8; 10_000];
            barrier.wait();
            barrier.wait();
            work(complete);
            barrier.wait();
            barrier.wait();
            drop(early);
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        work(complete);
        barrier.wait();
        barrier.wait();
        let before = bytes();
        barrier.wait();
        barrier.wait();
        let after = bytes();
        barrier.wait();
        println!("{}", before - after);
    });
}

/// Starts the recording too late.
fn late() {
    let path = std::env::args().nth(2).expect("a path");
    work(complete);
    thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || receiver.recv());
        println!("{}", record_to(&path).unwrap_err());
        drop(sender);
    });
    // A joined thread may still be ending.
    while std::fs::read_dir("/proc/self/task").unwrap().count() > 1 {
        thread::yield_now();
    }
    println!("{}", record_to(&path).unwrap().display());
    println!("{}", record_to(&path).unwrap_err());
    work(kill);
}

fn main() {
    match hard::scene().as_str() {
        "complete" => work(complete),
        "kill" => work(kill),
        "unchanged" => work(unchanged),
        "abort" => work(abort),
        "leave_at_once" => work(leave_at_once),
        "become_another" => work(become_another),
        "become_itself" => work(become_itself),
        "wait" => work(wait),
        "fork" => work(fork),
        "early" => early(),
        "late" => late(),
        "twice" => {
            let path = hard::argument(2);
            work(complete);
            println!("{}", record_to(&path).unwrap().display());
            println!("{}", record_to(&path).unwrap_err());
        }
        "refused" => println!("{}", record_to(hard::argument(2)).unwrap_err()),
        "announced" => {
            println!("here");
            work(complete);
            println!("there");
        }
        other => panic!("{other}?"),
    }
}
