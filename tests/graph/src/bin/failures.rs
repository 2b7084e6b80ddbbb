//! Captures that cannot be made: each is an error, leaves no file, and the program goes on. `failures FILE`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use captured::{copies, fails, forbid, limit, path, start, wait_for, works};
use mem_profile::graph::{self, CaptureError, Config};
use mem_profile::trace;
use mem_profile_graph::{Image, Missing};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// A copy is killed as soon as there is one.
fn killed(path: &Path) -> String {
    let ballast: Vec<Vec<u64>> = (0..40).map(|_| vec![1; 1 << 20]).collect();
    let is_over = AtomicBool::new(false);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for("a copy", || {
                // SAFETY: the child is ours.
                let kill = |&number: &i32| unsafe { libc::kill(number, libc::SIGKILL) == 0 };
                copies().first().is_some_and(kill) || is_over.load(SeqCst)
            });
        });
        let error = fails("a copy that is killed", path, || graph::capture(path));
        is_over.store(true, SeqCst);
        error
    });
    drop(ballast);
    error
}

/// A thread that takes no signal.
fn masked(path: &Path) {
    let (is_ready, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let named = std::thread::Builder::new().name("deaf".into());
        let deaf = || {
            let mut all = std::mem::MaybeUninit::uninit();
            // SAFETY: the set is filled before it is used.
            unsafe {
                libc::sigfillset(all.as_mut_ptr());
                libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut());
            }
            is_ready.store(true, SeqCst);
            wait_for("the end", || is_over.load(SeqCst));
            // A signal that comes late is ignored.
            // SAFETY: as above.
            unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, all.as_ptr(), std::ptr::null_mut()) };
        };
        named.spawn_scoped(scope, deaf).expect("a thread");
        wait_for("the thread", || is_ready.load(SeqCst));
        let config = Config::new().stop_within(Duration::from_millis(100));
        let error = fails("a deaf thread", path, || graph::capture_with(&config, path));
        assert!(error.starts_with("ThreadsMissing([\"deaf ("), "{error}");
        let captured = graph::capture_with(&config.incomplete(true), path).expect("a capture");
        assert_eq!(captured.threads, 1);
        let image = Image::open(path).expect("a capture");
        let is_named = matches!(image.missing(), [Missing::Thread { name, .. }] if name == "deaf");
        assert!(is_named, "{:?}", image.missing());
        assert_eq!(image.threads().iter().filter(|thread| !thread.was_stopped).count(), 1);
        is_over.store(true, SeqCst);
    });
    let captured = graph::capture_with(&Config::new().without_stop(true), path).expect("a capture");
    assert_eq!(captured.threads, 1);
    assert!(!Image::open(path).expect("a capture").process().was_stopped);
}

fn main() {
    let path = path();
    let path = &*path;
    assert_eq!(fails("no tracer", path, || graph::capture(path)), "NotTracing");
    trace::start(trace::Config::sampled(1024)).expect("it can be traced");
    assert_eq!(fails("a sample", path, || graph::capture(path)), "Sampled");
    trace::stop();
    start();
    works(path);
    let taken = Config::new().signal(libc::SIGUSR2);
    extern "C" fn nothing(_: i32) {}
    // SAFETY: the handler does nothing.
    unsafe { libc::signal(libc::SIGUSR2, nothing as *const () as libc::sighandler_t) };
    let error = fails("a signal that is taken", path, || graph::capture_with(&taken, path));
    assert_eq!(error, "SignalTaken(12)");
    masked(path);
    limit(libc::RLIMIT_FSIZE, 20_000);
    let error = fails("a full disk", path, || graph::capture(path));
    assert!(error.starts_with("Io(Os { code: 27"), "{error}");
    limit(libc::RLIMIT_FSIZE, libc::RLIM_INFINITY);
    works(path);
    assert_eq!(killed(path), "ChildEnded(9)");
    let late = Config::new().deadline(Duration::ZERO);
    assert_eq!(fails("no time", path, || graph::capture_with(&late, path)), "Late");
    works(path);
    let missing = path.with_file_name("missing").join("file");
    assert!(matches!(graph::capture(&missing), Err(CaptureError::Io(_))));
    forbid(&[(libc::SYS_clone, None, libc::EAGAIN)]);
    let error = fails("no clone", path, || graph::capture(path));
    assert!(error.starts_with("NoCopy(Os { code: 11"), "{error}");
    println!("all refused");
}
