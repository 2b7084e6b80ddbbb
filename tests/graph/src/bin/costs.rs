//! What a capture costs: `costs FILE BLOCKS` makes so many blocks of 977 bytes on average, half of which hold others,
//! and compares a capture with a bare copy of the process, and with reading all texts once.

use std::hint::black_box;
use std::time::{Duration, Instant};

use captured::{number, path, start};
use mem_profile::graph::{self, Config};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

struct Node {
    text: String,
    next: Option<Box<Node>>,
}

/// CPU time of this process, or of those that it has waited for.
fn cpu(who: i32) -> Duration {
    // SAFETY: zeroes are numbers, and the system fills them in.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(who, &raw mut usage);
        usage
    };
    let time = |time: libc::timeval| {
        Duration::new(time.tv_sec as u64, 0) + Duration::from_micros(time.tv_usec as u64)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Of a child that does nothing.
fn bare_copy() -> Duration {
    let begin = Instant::now();
    // SAFETY: the child ends at once; without a signal at its end it is waited for by `__WALL`.
    unsafe {
        let number = libc::syscall(libc::SYS_clone, 0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
        if number == 0 {
            libc::syscall(libc::SYS_exit_group, 0);
        }
        let took = begin.elapsed();
        libc::waitpid(number as i32, std::ptr::null_mut(), libc::__WALL);
        took
    }
}

/// CPU time of reading all texts, word by word.
fn read_once(first: &Node) -> Duration {
    let begin = cpu(libc::RUSAGE_SELF);
    let mut node = Some(first);
    let mut sum = 0_u64;
    while let Some(Node { text, next }) = node {
        let words = text.as_bytes().as_chunks::<8>().0;
        sum = words.iter().fold(sum, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word)));
        node = next.as_deref();
    }
    black_box(sum);
    cpu(libc::RUSAGE_SELF) - begin
}

fn main() {
    start();
    let count = number(0);
    let mut first = None;
    for number in 0..count / 2 {
        let text = "x".repeat(if number % 2 == 0 { 3600 } else { 220 });
        first = Some(Box::new(Node { text, next: first }));
    }
    for duplicates in [false, false, true] {
        let bare = bare_copy();
        let before = cpu(libc::RUSAGE_CHILDREN);
        let config = Config::new().duplicates(duplicates);
        let captured = graph::capture_with(&config, path()).expect("a capture");
        let child = cpu(libc::RUSAGE_CHILDREN) - before;
        let read = first.as_deref().map(read_once).unwrap_or_default();
        println!(
            "{}{} blocks of {} MB: paused {:?}, a bare copy {bare:?}; CPU time of the copy {child:?}, \
             of reading it once {read:?}; file {} MB, {:.1} bytes a block; took {:?}",
            if duplicates { "with hashes, " } else { "" },
            captured.blocks,
            captured.bytes / 1_000_000,
            captured.paused,
            captured.file_bytes / 1_000_000,
            captured.file_bytes as f64 / captured.blocks as f64,
            captured.took,
        );
    }
    // Not one by one into the depth.
    while let Some(node) = first {
        first = node.next;
    }
}
