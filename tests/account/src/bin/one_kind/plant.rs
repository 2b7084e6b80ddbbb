//! The ways to take memory.

use std::alloc::{Layout, alloc};
use std::fs::File;
use std::hint::black_box;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::{Arc, Barrier};

use mem_profile::account::{Account, ClassKind};
use mem_profile::mem_profile;

use crate::{KIB, MIB, PLANTED};

pub(crate) const PAGE: u64 = 4 * KIB;

/// The planted memory, and where it must be found.
pub(crate) struct Planted {
    pub(crate) kind: ClassKind,
    pub(crate) bytes: u64,
    /// How far that row may be off: a page for each end.
    pub(crate) slack: u64,
    /// How far other rows may be off, since accounts take memory themselves.
    pub(crate) others: u64,
    /// Rows in which more is found, by the nature of the case.
    pub(crate) also: &'static [ClassKind],
    pub(crate) check: fn(&Account, &Account),
}

impl Planted {
    pub(crate) fn of(kind: ClassKind) -> Self {
        let (slack, others) = (2 * PAGE, 256 * KIB);
        Self { kind, bytes: PLANTED, slack, others, also: &[], check: |_, _| {} }
    }
}

pub(crate) fn plant(case: &str) -> Planted {
    match case {
        "c_large" => c_large(),
        "c_small" => c_small(),
        "by_hand" => by_hand(),
        "file" => file(),
        "stacks" => stacks(),
        "untouched" => untouched(),
        "huge" => huge(),
        "shared" => shared(),
        "large_static" => large_static(),
        "blocks" => blocks(),
        #[cfg(mem_profile_allocators)]
        "sqlite" => crate::sqlite::sqlite(),
        _ => panic!("no case is called {case}"),
    }
}

fn touch(start: *mut u8, bytes: u64) {
    for offset in (0..bytes as usize).step_by(PAGE as usize) {
        // SAFETY: the caller has mapped so many bytes.
        unsafe { start.add(offset).write_volatile(1) };
    }
}

/// One block of C, which gets a mapping of its own.
fn c_large() -> Planted {
    // SAFETY: any size is allowed.
    let start = unsafe { libc::malloc(PLANTED as usize) }.cast();
    touch(start, PLANTED);
    Planted::of(ClassKind::Anonymous)
}

/// Blocks of C, which share the heap with those of Rust: 1,008 bytes take 1,024.
fn c_small() -> Planted {
    for _ in 0..PLANTED / KIB {
        // SAFETY: any size is allowed.
        let start = black_box(unsafe { libc::malloc(KIB as usize - 16) }).cast::<u8>();
        // SAFETY: it has so many bytes.
        unsafe { start.write_bytes(1, KIB as usize - 16) };
    }
    Planted::of(ClassKind::CLibraries)
}

fn map(bytes: u64, flags: i32, file: i32) -> *mut u8 {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping where the system likes.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes as usize, access, flags, file, 0) };
    assert_ne!(start, libc::MAP_FAILED);
    start.cast()
}

fn by_hand() -> Planted {
    touch(map(PLANTED, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1), PLANTED);
    Planted::of(ClassKind::Anonymous)
}

fn file() -> Planted {
    let path = std::env::temp_dir().join(format!("mem-profile-{}", std::process::id()));
    let file = File::create_new(&path).expect("a file");
    std::fs::remove_file(&path).expect("its name is not needed");
    file.set_len(PLANTED).expect("room");
    let file =
        File::options().read(true).write(true).open(format!("/proc/self/fd/{}", file.as_raw_fd()));
    touch(map(PLANTED, libc::MAP_SHARED, file.expect("the file").as_raw_fd()), PLANTED);
    Planted::of(ClassKind::Files)
}

fn shared() -> Planted {
    touch(map(PLANTED, libc::MAP_SHARED | libc::MAP_ANONYMOUS, -1), PLANTED);
    Planted::of(ClassKind::SharedMemory)
}

const THREADS: u64 = 200;

/// 200 threads that wait, each with 256 KiB of its stack touched, and the pages that any thread has.
fn stacks() -> Planted {
    let all = Arc::new(Barrier::new(THREADS as usize + 1));
    for _ in 0..THREADS {
        let all = all.clone();
        std::thread::spawn(move || {
            deep();
            all.wait();
            loop {
                std::thread::park();
            }
        });
    }
    all.wait();
    let bytes = THREADS * 256 * KIB;
    // A thread has more: records of its own in the heap, and in the profiler.
    let check = |_: &Account, after: &Account| assert_eq!(after.threads, Some(THREADS + 1));
    let (slack, also) = (THREADS * 5 * PAGE, &[ClassKind::Profiler]);
    Planted { bytes, slack, also, others: MIB, check, ..Planted::of(ClassKind::Stacks) }
}

#[inline(never)]
fn deep() {
    let mut room = [0_u8; 256 * KIB as usize];
    touch(room.as_mut_ptr(), 256 * KIB);
    black_box(&room);
}

const RESERVED: u32 = line!() + 4;

#[mem_profile]
fn reserve() -> Vec<u8> {
    Vec::with_capacity(PLANTED as usize)
}

/// A block that nobody writes to is in no row, and its line is named.
fn untouched() -> Planted {
    std::mem::forget(black_box(reserve()));
    let check = |before: &Account, after: &Account| {
        assert_eq!(before.untouched, []);
        let [line] = &after.untouched[..] else { panic!("{:?}", after.untouched) };
        assert_eq!(line.site, format!("{}:{RESERVED}", file!()));
        // Its first page has the allocator's header.
        assert!(line.blocks == 1 && PLANTED - line.bytes <= PAGE, "{line:?}");
    };
    Planted { bytes: 0, check, ..Planted::of(ClassKind::LiveBlocks) }
}

fn huge() -> Planted {
    let layout = Layout::from_size_align(PLANTED as usize, 2 << 20).expect("a layout");
    // SAFETY: the layout is not empty.
    let start = unsafe { alloc(layout) };
    // SAFETY: whole pages of the block.
    let advised = unsafe { libc::madvise(start.cast(), PLANTED as usize, libc::MADV_HUGEPAGE) };
    assert_eq!(advised, 0);
    touch(start, PLANTED);
    let check = |before: &Account, after: &Account| {
        let huge = after.huge_pages - before.huge_pages;
        let mode = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
        let is_off = mode.is_ok_and(|mode| mode.contains("[never]"));
        assert!(is_off && huge == 0 || huge >= PLANTED - 2 * MIB, "{huge} B in huge pages");
    };
    Planted { check, ..Planted::of(ClassKind::LiveBlocks) }
}

static mut LARGE: [u8; PLANTED as usize] = [0; PLANTED as usize];

fn large_static() -> Planted {
    touch((&raw mut LARGE).cast(), PLANTED);
    Planted::of(ClassKind::Statics)
}

/// Live blocks of this program, all of which are touched.
fn blocks() -> Planted {
    let count = PLANTED / KIB;
    let blocks: Vec<_> = (0..count).map(|_| vec![1_u8; KIB as usize]).collect();
    let vector = blocks.capacity() * size_of::<Vec<u8>>();
    std::mem::forget(black_box(blocks));
    let check = |before: &Account, after: &Account| {
        let growth = |kind| after.bytes(kind) - before.bytes(kind);
        // A chunk has 1,040 bytes.
        let overhead = growth(ClassKind::Overhead);
        assert!(overhead.abs_diff(PLANTED / KIB * 16) < 2 * PAGE, "{overhead}");
        // The map of blocks has 4 bytes for 16.
        let map = growth(ClassKind::Profiler);
        assert!(map.abs_diff(PLANTED / 4 * 1040 / 1024) < MIB, "{map}");
    };
    let also = &[ClassKind::Overhead, ClassKind::Profiler];
    let bytes = PLANTED + vector as u64;
    // It fills what was free.
    Planted { bytes, also, check, others: MIB / 2, ..Planted::of(ClassKind::LiveBlocks) }
}
