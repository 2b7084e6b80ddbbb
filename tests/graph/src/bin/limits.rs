//! Captures where the system sets a limit. `limits FILE LIMIT`, where that is one of those in `main`.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::ptr;

use captured::{copies, fails, forbid, limit, path, start, wait_for, works};
use mem_profile::graph::{self, CaptureError};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn is_superuser() -> bool {
    // SAFETY: a question without arguments.
    unsafe { libc::geteuid() == 0 }
}

/// A file system with room for less than a capture.
fn full_disk(path: &Path) {
    let folder = path.with_file_name("small");
    fs::create_dir(&folder).expect("a folder");
    let name = CString::new(folder.as_os_str().as_bytes()).expect("no zero");
    let (kind, size) = (c"tmpfs".as_ptr(), c"size=16k".as_ptr());
    // SAFETY: all names are C strings. Others do not see this process's mounts.
    let is_mounted = unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(kind, c"/".as_ptr(), kind, libc::MS_REC | libc::MS_PRIVATE, ptr::null())
                == 0
            && libc::mount(kind, name.as_ptr(), kind, 0, size.cast()) == 0
    };
    if !is_mounted {
        eprintln!("SKIPPED: no file system may be mounted: {}", std::io::Error::last_os_error());
        return;
    }
    let error = fails("a full disk", &folder.join("captured.mheap"), || {
        graph::capture(folder.join("captured.mheap"))
    });
    assert!(error.starts_with("Io(Os { code: 28"), "{error}");
}

/// Address space that is there for more and more of what a capture needs.
fn little_memory(path: &Path) {
    let pages = fs::read_to_string("/proc/self/statm").expect("how much there is");
    let pages = pages.split(' ').next().and_then(|pages| pages.parse::<u64>().ok());
    let in_use = pages.expect("a number") * 4096;
    let (mut refused, mut made) = (0, 0);
    fs::remove_file(path).expect("the first capture");
    // The allocator has got all that it needs, so the program goes on.
    for more in (18..30).map(|bits| 1 << bits) {
        limit(libc::RLIMIT_AS, in_use + more);
        match graph::capture(path) {
            Ok(_) => made += 1,
            Err(error) => {
                let error = format!("{error:?}");
                assert!(error.contains("Os { code: 12"), "{error}");
                assert!(!path.exists());
                refused += 1;
            }
        }
        let _ = fs::remove_file(path);
    }
    assert!(refused > 0 && made > 0, "{refused} refused, {made} made");
    limit(libc::RLIMIT_AS, libc::RLIM_INFINITY);
}

/// A user whose processes are as many as it may have.
fn no_more_processes(path: &Path) {
    const NOBODY: u32 = 65534;
    if is_superuser() {
        let folder = path.parent().expect("a folder");
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("they change");
        // The superuser may have any number. Who was it may look at itself no more, unless it says so.
        // SAFETY: neither call touches memory.
        let is_other = unsafe {
            libc::setresgid(NOBODY, NOBODY, NOBODY) == 0
                && libc::setresuid(NOBODY, NOBODY, NOBODY) == 0
                && libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) == 0
        };
        if !is_other {
            eprintln!("SKIPPED: the superuser may not become another user");
            return;
        }
        works(path);
    }
    limit(libc::RLIMIT_NPROC, 0);
    let error = fails("no more processes", path, || graph::capture(path));
    assert!(error.starts_with("NoCopy(Os { code: 11"), "{error}");
    limit(libc::RLIMIT_NPROC, libc::RLIM_INFINITY);
}

/// The second of two threads that capture at once.
fn turns(path: &Path) {
    let ballast: Vec<Vec<u64>> = (0..40).map(|_| vec![1; 1 << 20]).collect();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| graph::capture(path));
        wait_for("a copy", || !copies().is_empty());
        let second = graph::capture(path.with_file_name("second"));
        assert!(matches!(second, Err(CaptureError::Busy)), "{second:?}");
        first.join().expect("no panic").expect("a capture");
    });
    drop(ballast);
    assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("the folder").count(), 1);
}

/// Linux before 5.9 cannot close a range of descriptors, and before 5.4 it waits by number alone.
fn older_kernel(path: &Path) {
    forbid(&[
        (libc::SYS_close_range, None, libc::ENOSYS),
        (libc::SYS_waitid, Some(libc::P_PIDFD), libc::EINVAL),
    ]);
    for _ in 0..3 {
        works(path);
    }
    // SAFETY: without a status.
    let left = unsafe { libc::waitpid(-1, ptr::null_mut(), libc::__WALL) };
    assert_eq!(left, -1, "the copy was waited for");
}

fn main() {
    let path = path();
    start();
    works(&path);
    let limit = std::env::args().nth(2);
    match limit.as_deref() {
        Some("disk") => full_disk(&path),
        Some("memory") => little_memory(&path),
        Some("processes") => no_more_processes(&path),
        Some("turns") => turns(&path),
        Some("kernel") => {
            older_kernel(&path);
            println!("captured");
            return;
        }
        _ => panic!("no such limit"),
    }
    works(&path);
    println!("refused");
}
