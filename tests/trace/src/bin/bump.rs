//! An allocator whose blocks are 8 bytes apart and which signal handlers may call: the tracer is
//! interrupted while it books, and small blocks lie close together.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use mem_profile::trace::{self, By, Config};

/// Hands out what follows, and never takes back.
struct Bump;

const ROOM: usize = 1 << 32;
static NEXT: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOC: mem_profile::Alloc<Bump> = mem_profile::Alloc::wrap(Bump);

fn room() -> usize {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the system chooses.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), ROOM, access, flags, -1, 0) };
    // Blocks begin in the middle of a granule.
    let start = place as usize + 8;
    match NEXT.compare_exchange(0, start, SeqCst, SeqCst) {
        Ok(_) => start,
        Err(theirs) => theirs,
    }
}

// SAFETY: every block is taken from the room once, aligned as asked for.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if NEXT.load(SeqCst) == 0 {
            room();
        }
        let align = layout.align().max(8);
        // Room for the worst case, so that one addition is enough.
        let size = layout.size().next_multiple_of(8) + if align > 8 { align } else { 0 };
        NEXT.fetch_add(size, SeqCst).next_multiple_of(align) as *mut u8
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

static IN_HANDLER: AtomicUsize = AtomicUsize::new(0);
static ON: AtomicBool = AtomicBool::new(true);

extern "C" fn on_tick(_: c_int) {
    if ON.load(SeqCst) {
        drop(std::hint::black_box(vec![1_u8; 3]));
        std::mem::forget(std::hint::black_box(vec![1_u8; 5]));
        IN_HANDLER.fetch_add(1, SeqCst);
    }
}

fn main() {
    trace::start(Config::exact()).expect("it can be traced");
    // SAFETY: zeroes are valid; the handler only allocates.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_tick as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()), 0);
        let often = libc::timeval { tv_sec: 0, tv_usec: 50 };
        let timer = libc::itimerval { it_interval: often, it_value: often };
        assert_eq!(libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()), 0);
    }
    let mut kept = Vec::with_capacity(3000);
    while IN_HANDLER.load(SeqCst) < 2000 {
        for size in 1..=24_usize {
            let block = vec![0_u8; size];
            if size == 8 && kept.len() < 1000 {
                kept.push(block);
            }
        }
    }
    ON.store(false, SeqCst);
    // What the handler kept is 5 bytes each time; what it freed, nothing.
    let expected = 3000 * 24 + kept.len() * 8 + IN_HANDLER.load(SeqCst) * 5;
    let (live, _) = trace::traced_memory();
    let snapshot = trace::snapshot();
    let by_line: i64 = snapshot.statistics(By::Line).iter().map(|one| one.size).sum();
    let counts: i64 = snapshot.statistics(By::Line).iter().map(|one| one.count).sum();
    let blocks = 1 + kept.len() + IN_HANDLER.load(SeqCst);
    println!(
        "{} {} {}",
        live as usize == expected,
        by_line as usize == expected,
        counts as usize == blocks
    );
    eprintln!("{live} {by_line} {expected}; {counts} {blocks}; {:?}", snapshot.notes());
}
