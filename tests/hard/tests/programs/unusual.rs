//! Built with `panic = "abort"` and the feature `signals`; its source is deleted before it runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use mem_profile::mem_profile;

/// The truth about live bytes.
struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        unsafe { System.dealloc(block, layout) };
    }
}

#[global_allocator]
static ALLOC: mem_profile::Alloc<Counting> = mem_profile::Alloc::wrap(Counting);

#[mem_profile]
fn fail() {
    let kept = vec![1_u8; 1 << 20];
    assert!(kept.is_empty(), "on purpose");
}

#[mem_profile]
fn wait() {
    let kept = vec![1_u8; 5000];
    for turn in 0.. {
        say("ready", turn);
        let scratch = vec![2_u8; 300];
        sleep_long(&scratch);
    }
    drop(kept);
}

/// Tells the test that the next line is the one that sleeps.
fn say(word: &str, turn: usize) {
    if turn == 0 {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(word.as_bytes()).and_then(|()| stdout.flush()).unwrap();
    }
}

fn sleep_long(_scratch: &[u8]) {
    thread::sleep(Duration::from_secs(600));
}

static TERMINATED: AtomicBool = AtomicBool::new(false);

extern "C" fn on_terminate(_signal: libc::c_int) {
    TERMINATED.store(true, Relaxed);
}

fn handle_terminate() {
    unsafe { libc::signal(libc::SIGTERM, on_terminate as *const () as libc::sighandler_t) };
}

#[mem_profile]
fn wait_for_own_handler() {
    say("ready", 0);
    while !TERMINATED.load(Relaxed) {
        thread::sleep(Duration::from_millis(1));
    }
}

#[mem_profile]
fn nothing() {}

/// How far the process's bytes are from the truth, at the first call and a while later.
fn balance() {
    let truth = LIVE.load(Relaxed);
    nothing();
    // A listening thread of the profiler may be starting up.
    thread::sleep(Duration::from_millis(200));
    let snapshot = mem_profile::snapshot();
    let entry = snapshot.functions[0].lines[0].usage.unwrap() as i64;
    let later = snapshot.process_bytes.unwrap() as i64;
    println!("{} {}", entry - truth, later - truth);
}

fn main() {
    match std::env::args().nth(1).unwrap().as_str() {
        "fail" => fail(),
        "wait" => wait(),
        "handler_before" => {
            handle_terminate();
            wait_for_own_handler();
            std::process::exit(9);
        }
        "handler_after" => {
            nothing();
            handle_terminate();
            wait_for_own_handler();
            std::process::exit(9);
        }
        "balance" => balance(),
        other => panic!("{other}?"),
    }
}
