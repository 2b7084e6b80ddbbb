//! Built with `panic = "abort"` and the feature `signals`; its source is deleted before it runs.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use mem_profile::mem_profile;

/// Counts live bytes independently.
struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: forwards everything.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller's promises are the system's requirements.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: as in `alloc`.
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
        announce("ready", turn);
        let scratch = vec![2_u8; 300];
        sleep_long(&scratch);
    }
    drop(kept);
}

/// Prints to the test that the next line sleeps.
fn announce(word: &str, turn: usize) {
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

/// The handler that was installed first.
static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);

extern "C" fn on_terminate_then_previous(signal: libc::c_int) {
    on_terminate(signal);
    let previous = PREVIOUS.load(Relaxed);
    assert_ne!(previous, libc::SIG_DFL);
    // SAFETY: a disposition that is not the default one is a function of this type.
    unsafe { std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(previous)(signal) };
}

fn handle_terminate(handler: extern "C" fn(libc::c_int)) {
    let handler = handler as *const () as libc::sighandler_t;
    // SAFETY: the handlers store to atomics and call one that may be called as well.
    PREVIOUS.store(unsafe { libc::signal(libc::SIGTERM, handler) }, Relaxed);
}

#[mem_profile]
fn wait_for_own_handler() {
    announce("ready", 0);
    while !TERMINATED.load(Relaxed) {
        thread::sleep(Duration::from_millis(1));
    }
}

fn exit_when_terminated() {
    wait_for_own_handler();
    // Time for a listening thread to report, which it must not.
    thread::sleep(Duration::from_millis(100));
    std::process::exit(9);
}

#[mem_profile]
fn nothing() {}

#[mem_profile]
fn grow(size: usize) -> Vec<u8> {
    let grown = vec![1_u8; size];
    grown
}

/// Closes every descriptor in one of the ways that daemons have, and fills their numbers with files
/// of its own, which must stay as they are.
fn closes_descriptors(how: &str) {
    const CONTENT: &[u8] = b"123456789 987654321 5 6 7 8 9\n";
    let small = grow(100);
    // SAFETY: nothing of this program uses them any more.
    match how {
        "range" => unsafe { assert_eq!(libc::syscall(libc::SYS_close_range, 3, u32::MAX, 0), 0) },
        "loop" => (3..1024).for_each(|descriptor| unsafe { _ = libc::close(descriptor) }),
        "over" => {}
        _ => panic!("{how}?"),
    }
    let open = |index| {
        let mut options = File::options();
        let options = options.read(true).write(true).create(true);
        let mut file = options.open(format!("{how}-{index}.txt")).unwrap();
        file.write_all(CONTENT).unwrap();
        if how == "over" {
            // SAFETY: as above.
            unsafe { libc::dup2(file.as_raw_fd(), 3 + index) };
        }
        file
    };
    let files: Vec<_> = (0..6).map(open).collect();
    // SAFETY: no memory is involved.
    unsafe { libc::raise(libc::SIGUSR1) };
    thread::sleep(Duration::from_millis(300));
    let large = grow(4 << 20);
    assert_eq!(large.len() + small.len(), (4 << 20) + 100);
    for mut file in files {
        assert_eq!(file.stream_position().unwrap(), CONTENT.len() as u64);
        file.rewind().unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        assert_eq!(content, CONTENT);
    }
    announce("ready", 0);
    sleep_long(&large);
}

/// The difference between the process's bytes and an independent count, at the first call and later.
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
            handle_terminate(on_terminate);
            exit_when_terminated();
        }
        "handler_after" => {
            nothing();
            handle_terminate(on_terminate);
            exit_when_terminated();
        }
        "handler_chained" => {
            nothing();
            handle_terminate(on_terminate_then_previous);
            exit_when_terminated();
        }
        "balance" => balance(),
        "recorded" => {
            let path = std::env::args().nth(2).unwrap();
            mem_profile::record_to(&path).unwrap();
            mem_profile::record_timeline(Duration::from_millis(5)).unwrap();
            nothing();
        }
        "timed" => {
            mem_profile::record_timeline(Duration::from_millis(5)).unwrap();
            mem_profile::record_to(std::env::args().nth(2).unwrap()).unwrap();
            nothing();
        }
        "late" => {
            nothing();
            mem_profile::record_to(std::env::args().nth(2).unwrap()).unwrap();
            mem_profile::record_timeline(Duration::from_millis(5)).unwrap();
            nothing();
        }
        "closes_descriptors" => closes_descriptors(&std::env::args().nth(2).unwrap()),
        other => panic!("{other}?"),
    }
}
