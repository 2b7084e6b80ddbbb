//! Code that the programs of this package share, and a library whose annotated functions a program calls
//! only through others.

pub mod ways;

use std::hint::black_box;

use mem_profile::mem_profile;

/// Sums up the squares below `count`; not annotated itself.
#[must_use]
pub fn sum_of_squares(count: u64) -> u64 {
    squares(count).iter().sum()
}

#[mem_profile]
fn squares(count: u64) -> Vec<u64> {
    let squares: Vec<u64> = (0..count).map(|number| number * number).collect();
    squares
}

/// Resident set of this process in pages, read without allocating.
///
/// # Panics
/// Where there is no `/proc`.
#[must_use]
pub fn resident_pages() -> u64 {
    use std::io::Read;
    let mut buffer = [0; 192];
    let mut file = std::fs::File::open("/proc/self/statm").expect("this is Linux");
    let length = file.read(&mut buffer).expect("statm can be read");
    let text = std::str::from_utf8(&buffer[..length]).expect("statm is ASCII");
    text.split(' ').nth(1).and_then(|field| field.parse().ok()).expect("the second field")
}

/// A field of `/proc/self/status` in KiB, such as `VmHWM`.
///
/// # Panics
/// Where there is no such field.
#[must_use]
pub fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find(|line| line.starts_with(field)).expect("the field is there");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a size")
}

/// Runs `child` in a forked process, which then exits as a program does, with the status that
/// `child` returns. Returns that status as the parent sees it.
///
/// # Panics
/// When the child cannot be made or does not exit by itself.
pub fn in_fork(child: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the callers' children do only what they would do in a program of one thread.
    match unsafe { libc::fork() } {
        0 => std::process::exit(child()),
        pid => {
            let mut status = 0;
            // SAFETY: the status is writable.
            assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
            assert!(libc::WIFEXITED(status), "the child died: {status:#x}");
            libc::WEXITSTATUS(status)
        }
    }
}

/// The first argument of the program.
///
/// # Panics
/// Without one.
#[must_use]
pub fn scene() -> String {
    argument(1)
}

/// An argument of the program, from 1 up.
///
/// # Panics
/// Without so many.
#[must_use]
pub fn argument(number: usize) -> String {
    std::env::args().nth(number).expect("an argument")
}

/// Keeps the optimiser from removing `value`.
pub fn look_at<T>(value: &T) {
    black_box(value);
}
