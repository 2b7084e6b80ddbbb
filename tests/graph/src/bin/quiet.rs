//! What a program sees of a capture: nothing. `quiet FILE`.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use captured::{copies, number, path, start, wait_for};
use mem_profile::graph::{self, CaptureError};
use mem_profile::trace;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

static CHILDREN: AtomicU32 = AtomicU32::new(0);
static IS_OVER: AtomicBool = AtomicBool::new(false);

extern "C" fn on_child(_: i32) {
    CHILDREN.fetch_add(1, SeqCst);
}

fn error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// Neither a signal nor a status of the copy comes to the program, and `errno` of a system call stays.
fn children_are_the_program_s() {
    // SAFETY: the handler adds to an atomic.
    unsafe { libc::signal(libc::SIGCHLD, on_child as *const () as libc::sighandler_t) };
    let waits = std::thread::spawn(|| {
        while !IS_OVER.load(SeqCst) {
            // SAFETY: no status is asked for.
            let found = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
            assert_eq!((found, error()), (-1, libc::ECHILD));
        }
    });
    for _ in 0..20 {
        graph::capture(path()).expect("a capture");
    }
    IS_OVER.store(true, SeqCst);
    waits.join().expect("no child was found");
    assert_eq!(CHILDREN.load(SeqCst), 0);
    // SAFETY: without a status.
    let all = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::__WALL) };
    assert_eq!((all, error()), (-1, libc::ECHILD), "the copy was waited for");
}

/// The copy does not keep the other end open.
fn a_pipe_ends_at_once() {
    let ballast: Vec<Vec<u64>> = (0..40).map(|_| vec![1; 1 << 20]).collect();
    let mut ends = [0; 2];
    // SAFETY: both are written.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: just opened.
    let [reader, writer] = ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) });
    let (path, is_done) = (path(), AtomicBool::new(false));
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            graph::capture(&path).expect("a capture");
            is_done.store(true, SeqCst);
        });
        wait_for("a copy", || !copies().is_empty());
        drop(writer);
        let mut byte = 0_u8;
        // SAFETY: the byte is writable.
        let read = unsafe { libc::read(reader.as_raw_fd(), (&raw mut byte).cast(), 1) };
        assert_eq!(read, 0);
        !is_done.load(SeqCst)
    });
    drop(ballast);
    assert!(ended, "the reader was done before the copy");
}

fn many_threads_stop(count: usize) {
    let barrier = std::sync::Barrier::new(count + 1);
    let captured = std::thread::scope(|scope| {
        for _ in 0..count {
            let small = std::thread::Builder::new().stack_size(64 << 10);
            small.spawn_scoped(scope, || barrier.wait()).expect("a thread");
        }
        let captured = graph::capture(path());
        barrier.wait();
        captured.expect("a capture")
    });
    assert_eq!(captured.threads as usize, count + 1);
    eprintln!("{count} threads: {captured:?}");
}

/// Time passes for threads that sleep, and system calls go on.
fn calls_go_on() {
    let sleeper = std::thread::spawn(|| {
        let begin = Instant::now();
        std::thread::sleep(Duration::from_millis(300));
        begin.elapsed()
    });
    for _ in 0..5 {
        graph::capture(path()).expect("a capture");
    }
    assert!(sleeper.join().expect("no panic") >= Duration::from_millis(300));
}

fn a_child_captures_when_it_traces_again() {
    // SAFETY: the child does nothing but capture, and exits.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let refused = matches!(graph::capture(path()), Err(CaptureError::NotTracing));
        trace::start(trace::Config::exact()).expect("it can be traced");
        let captured = graph::capture(path()).is_ok_and(|captured| captured.threads == 1);
        // SAFETY: it ends the child.
        unsafe { libc::_exit(if refused && captured { 7 } else { 1 }) };
    }
    let mut status = 0;
    // SAFETY: the status is writable.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 7));
}

fn main() {
    start();
    many_threads_stop(number(0));
    calls_go_on();
    a_pipe_ends_at_once();
    children_are_the_program_s();
    a_child_captures_when_it_traces_again();
    println!("nothing seen");
}
