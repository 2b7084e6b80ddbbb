//! Captures that cannot be made: each is an error, leaves no file, and the program goes on. `failures FILE`.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use captured::{path, start, wait_for};
use mem_profile::graph::{self, CaptureError, Captured, Config};
use mem_profile::trace;
use mem_profile_graph::{Image, Missing};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Without a file; and the next one works.
fn fails(what: &str, path: &Path, work: impl FnOnce() -> Result<Captured, CaptureError>) -> String {
    let _ = fs::remove_file(path);
    let error = work().expect_err(what);
    let folder = path.parent().expect("a folder");
    assert_eq!(fs::read_dir(folder).expect("the folder").count(), 0, "{what}");
    eprintln!("{what}: {error}");
    format!("{error:?}")
}

fn works(path: &Path) {
    let captured = graph::capture(path).expect("a capture");
    let image = Image::open(path).expect("a capture");
    assert_eq!(image.block_count() as u64, captured.blocks);
}

fn limit_files(bytes: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit is there.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
}

/// A copy is killed as soon as there is one.
fn killed(path: &Path) -> String {
    let ballast: Vec<Vec<u64>> = (0..40).map(|_| vec![1; 1 << 20]).collect();
    let is_over = AtomicBool::new(false);
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            wait_for("a copy", || {
                let own = std::process::id().to_string();
                let found = fs::read_dir("/proc").expect("processes").flatten().find(|entry| {
                    let status = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
                    let rest = status.rsplit_once(')').map_or("", |(_, rest)| rest);
                    rest.split_whitespace().nth(1) == Some(&*own)
                });
                let number = found.and_then(|found| found.file_name().to_str()?.parse().ok());
                // SAFETY: the child is ours.
                number.is_some_and(|number| unsafe { libc::kill(number, libc::SIGKILL) == 0 })
                    || is_over.load(SeqCst)
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

/// From now on, no process can be copied.
fn forbid_clone() {
    let one = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let mut program = [
        one(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        one(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, libc::SYS_clone as u32),
        one(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EAGAIN as u32),
        one(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: 4, filter: program.as_mut_ptr() };
    // SAFETY: the program is there while it is read.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_MODE_FILTER;
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program), 0);
    }
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
    limit_files(20_000);
    let error = fails("a full disk", path, || graph::capture(path));
    assert!(error.starts_with("Io(Os { code: 27"), "{error}");
    limit_files(libc::RLIM_INFINITY);
    works(path);
    assert_eq!(killed(path), "ChildEnded(9)");
    let late = Config::new().deadline(Duration::ZERO);
    assert_eq!(fails("no time", path, || graph::capture_with(&late, path)), "Late");
    works(path);
    let missing = path.with_file_name("missing").join("file");
    assert!(matches!(graph::capture(&missing), Err(CaptureError::Io(_))));
    forbid_clone();
    let error = fails("no clone", path, || graph::capture(path));
    assert!(error.starts_with("NoCopy(Os { code: 11"), "{error}");
    println!("all refused");
}
