//! An allocator whose blocks are 8 bytes apart and which signal handlers may call: the tracer is
//! interrupted while it counts, and small blocks lie close together.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use mem_profile::trace::{self, By, Config};
use traced::bump::Bump;

#[global_allocator]
static ALLOC: mem_profile::Alloc<Bump> = mem_profile::Alloc::wrap(Bump);

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
    // The handler keeps 5 bytes each time, and frees the rest.
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
