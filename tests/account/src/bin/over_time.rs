//! Takes known memory in four ways, which its recording and the summary of the run must say. Without a file to map, it
//! compares the brief figures with the account.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::fs::File;
use std::hint::black_box;
use std::mem;
use std::os::fd::AsRawFd;
use std::ptr;

use accounted::{KIB, MIB};
use mem_profile::account::{ClassKind, account, brief};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// A page of its own each.
const PAGE: usize = 4 * KIB as usize;

fn main() {
    match std::env::args().nth(1) {
        Some(path) => plant(&File::open(path).expect("a file of 48 MiB")),
        None => compare_with_account(),
    }
}

/// Small blocks fill a map of live blocks, of which each part is counted in its turn.
#[mem_profile]
fn compare_with_account() {
    let blocks: Vec<_> = (0..200_000).map(|_| vec![1_u8; 64].into_boxed_slice()).collect();
    (0..64).for_each(|_| _ = brief());
    let found = brief().expect("figures");
    let account = account().expect("an account");
    let profiler = account.bytes(ClassKind::Profiler);
    println!("{} B, the account has {profiler} B", found.profiler);
    assert!(profiler > 3 * MIB && found.profiler.abs_diff(profiler) <= 512 * KIB);
    // The account has read all of the map, which makes no page of it resident.
    (0..64).for_each(|_| _ = brief());
    let again = brief().expect("figures").profiler;
    assert!(again.abs_diff(found.profiler) <= 512 * KIB, "{again} B after it was read");
    let files = [ClassKind::Code, ClassKind::Files, ClassKind::SharedMemory];
    let files: u64 = files.iter().map(|&kind| account.bytes(kind)).sum();
    println!("{} B of files, the account has {files} B", found.files);
    assert!(found.files.abs_diff(files) <= MIB);
    drop(blocks);
}

#[mem_profile]
fn plant(file: &File) {
    let touched = vec![1_u8; 64 << 20];
    let untouched: Vec<u8> = Vec::with_capacity(32 << 20);
    map(96 << 20, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, true);
    map(48 << 20, libc::MAP_PRIVATE, file.as_raw_fd(), false);
    mem::forget(black_box((touched, untouched)));
}

/// Maps memory by hand and touches each page.
fn map(bytes: usize, flags: libc::c_int, file: libc::c_int, is_written: bool) {
    let access = if is_written { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
    // SAFETY: a new mapping, which stays.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, file, 0) };
    assert!(start != libc::MAP_FAILED);
    for at in (0..bytes).step_by(PAGE) {
        let place = start.cast::<u8>().wrapping_add(at);
        if is_written {
            // SAFETY: it lies in the mapping.
            unsafe { place.write_volatile(1) };
        } else {
            // SAFETY: as above.
            black_box(unsafe { place.read_volatile() });
        }
    }
}
