//! A program whose signal handler allocates, frees and calls annotated functions: after each instruction
//! (`step`), or at any moment (`storm`). `interrupted KIND COUNT`: the number of signals, or of seconds.
//!
//! Its allocator never waits, so it may be called in a handler, and it keeps count of its own.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout};
use std::env;
use std::hint::black_box;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile::{CallPaths, mem_profile, snapshot, timestamp};

/// Allocates addresses and never reuses them.
struct Bump;

const ROOM: usize = 1 << 42;
static START: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static USED: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);
static BLOCKS: AtomicI64 = AtomicI64::new(0);

/// The start of the memory that is handed out.
fn start() -> *mut u8 {
    let start = START.load(Relaxed);
    if !start.is_null() {
        return start;
    }
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping.
    let start = unsafe { libc::mmap(ptr::null_mut(), ROOM, access, flags, -1, 0) }.cast();
    START
        .compare_exchange(ptr::null_mut(), start, Relaxed, Relaxed)
        .map_or_else(|other| other, |_| start)
}

impl Bump {
    fn take(layout: Layout) -> *mut u8 {
        let size = (layout.size() + layout.align()).next_multiple_of(16);
        let block = start().wrapping_add(USED.fetch_add(size, Relaxed));
        block.map_addr(|address| address.next_multiple_of(layout.align()))
    }
}

// SAFETY: no address is handed out twice, and all are within the room and aligned.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as i64, Relaxed);
        BLOCKS.fetch_add(1, Relaxed);
        Self::take(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // If no allocator uses the address, the compiler (1.95) treats a free as a free of null, and removes
        // the code after it.
        black_box(block);
        BYTES.fetch_sub(layout.size() as i64, Relaxed);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        BYTES.fetch_add(size as i64 - layout.size() as i64, Relaxed);
        // SAFETY: the caller's promises, as for what follows.
        let new = unsafe { Self::take(Layout::from_size_align_unchecked(size, layout.align())) };
        // SAFETY: the new block is nobody else's.
        unsafe { new.copy_from_nonoverlapping(block, size.min(layout.size())) };
        new
    }
}

/// The profiler's allocator around ours or, with live blocks by line, around the system's: ours under the names of
/// the C library.
struct Chosen;

static WRAPPING: mem_profile::Alloc<Bump> = mem_profile::Alloc::wrap(Bump);
static PLAIN: mem_profile::Alloc = mem_profile::Alloc::new();
static IS_LIVE: AtomicBool = AtomicBool::new(false);

/// Before the first block is made.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array.00101"))]
static BEFORE_ALL: extern "C" fn() = choose;

extern "C" fn choose() {
    // SAFETY: a C string, and no other thread runs.
    let live = unsafe { libc::getenv(c"MEM_PROFILE_LIVE".as_ptr()) };
    IS_LIVE.store(!live.is_null(), Relaxed);
}

fn count(bytes: i64, blocks: i64) {
    BYTES.fetch_add(bytes, Relaxed);
    BLOCKS.fetch_add(blocks, Relaxed);
}

// SAFETY: both allocators uphold the contract, and one of them gets all.
unsafe impl GlobalAlloc for Chosen {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !IS_LIVE.load(Relaxed) {
            // SAFETY: the caller's promises, here and below.
            return unsafe { WRAPPING.alloc(layout) };
        }
        count(layout.size() as i64, 1);
        // SAFETY: as above.
        unsafe { PLAIN.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !IS_LIVE.load(Relaxed) {
            // SAFETY: as above.
            return unsafe { WRAPPING.dealloc(block, layout) };
        }
        count(-(layout.size() as i64), 0);
        // SAFETY: as above.
        unsafe { PLAIN.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !IS_LIVE.load(Relaxed) {
            // SAFETY: as above.
            return unsafe { WRAPPING.realloc(block, layout, size) };
        }
        count(size as i64 - layout.size() as i64, 0);
        // SAFETY: as above.
        unsafe { PLAIN.realloc(block, layout, size) }
    }
}

/// What the system's allocator calls. A word before each block has its size.
mod c_library {
    use super::{Bump, Layout};

    const HEADER: usize = 16;

    #[unsafe(no_mangle)]
    extern "C" fn malloc(size: usize) -> *mut u8 {
        let Ok(layout) = Layout::from_size_align(size + HEADER, HEADER) else {
            return core::ptr::null_mut();
        };
        let start = Bump::take(layout);
        // SAFETY: there is room for a header before the block.
        unsafe {
            start.cast::<usize>().write(size);
            start.add(HEADER)
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
        // No address is used twice, so there are zeroes.
        malloc(count * size)
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
        let new = malloc(size);
        if !block.is_null() {
            // SAFETY: made by `malloc`, which leaves the size there; the new block is nobody else's.
            unsafe {
                let old = block.sub(HEADER).cast::<usize>().read();
                new.copy_from_nonoverlapping(block, size.min(old));
            }
        }
        new
    }

    #[unsafe(no_mangle)]
    extern "C" fn free(_block: *mut u8) {}
}

#[global_allocator]
static ALLOC: Chosen = Chosen;

static HITS: AtomicI64 = AtomicI64::new(0);
static IS_ON: AtomicBool = AtomicBool::new(false);

/// When signals come after each instruction, the handler acts only at every so many of them: code that
/// starts again after a handler has to end at some time.
const EACH: i64 = 97;
static SIGNALS: AtomicI64 = AtomicI64::new(0);
static IS_STEPPED: AtomicBool = AtomicBool::new(false);

extern "C" fn handle(_: i32) {
    let is_due = SIGNALS.fetch_add(1, Relaxed) % EACH == 0 || !IS_STEPPED.load(Relaxed);
    if !is_due || !IS_ON.load(Relaxed) {
        return;
    }
    let hit = HITS.fetch_add(1, Relaxed);
    mem::forget(black_box(vec![1_u8; 100]));
    drop(black_box(Box::new(hit)));
    if hit % 3 == 0 {
        mem::forget(called_by_the_handler(7));
    }
    if hit % 1000 == 0 {
        // More than a thread leaves unpublished.
        drop(black_box(Vec::<u8>::with_capacity(200_000)));
    }
}

#[mem_profile]
fn called_by_the_handler(size: usize) -> Vec<u8> {
    let kept = filled(size);
    kept
}

/// Of few instructions, whatever the size.
#[mem_profile]
fn filled(size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    bytes.push(1);
    bytes
}

#[mem_profile]
fn descend(depth: usize) -> usize {
    let kept = filled(depth);
    let below = if depth > 0 { turn_back(depth - 1) } else { 0 };
    below + kept.capacity()
}

#[mem_profile]
fn turn_back(depth: usize) -> usize {
    let below = descend(depth);
    below
}

#[mem_profile]
fn work() {
    let sum = descend(5);
    let mut grown = filled(sum);
    grown.reserve_exact(1000);
    {
        let _block = timestamp("a block");
        let closure = |size| {
            let inner = filled(size);
            inner.capacity()
        };
        black_box(closure(3));
    }
    // More than a thread leaves unpublished, in both directions.
    let large = filled(300_000);
    drop(large);
    mem::forget(filled(10));
}

/// Its lines have all memory of the thread meanwhile.
#[mem_profile]
fn interrupted(kind: &str, count: u64) {
    let end = Instant::now() + Duration::from_secs(count);
    IS_ON.store(true, Relaxed);
    while if kind == "step" { SIGNALS.load(Relaxed) < count as i64 } else { Instant::now() < end } {
        if kind == "step" { stepped(work) } else { work() }
    }
    IS_ON.store(false, Relaxed);
}

/// Runs it with a signal after each instruction.
fn stepped(work: fn()) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the flag makes the processor trap, for which there is a handler; it is taken back before the
    // function returns. The red zone is not touched.
    unsafe {
        const TRAP: i32 = 0x100;
        core::arch::asm!(
            "pushfq", "or dword ptr [rsp], {trap}", "popfq",
            "call {work}",
            "pushfq", "and dword ptr [rsp], {not}", "popfq",
            work = in(reg) work, trap = const TRAP, not = const !TRAP, clobber_abi("C"),
        );
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        // SAFETY: the signal has a handler.
        unsafe { libc::raise(libc::SIGTRAP) };
        work();
    }
}

/// Sends signals to the calling thread from now on. Returns a closure that stops it.
fn send_signals() -> impl FnOnce() {
    static SENDS: AtomicBool = AtomicBool::new(false);
    static IS_OVER: AtomicBool = AtomicBool::new(false);
    // SAFETY: no requirement.
    let target = unsafe { libc::pthread_self() };
    let sender = thread::spawn(move || {
        SENDS.store(true, Relaxed);
        while !IS_OVER.load(Relaxed) {
            // SAFETY: the thread waits for this one before it ends.
            unsafe { libc::pthread_kill(target, libc::SIGTRAP) };
            (0..500).for_each(|_| std::hint::spin_loop());
        }
    });
    while !SENDS.load(Relaxed) {
        thread::yield_now();
    }
    move || {
        IS_OVER.store(true, Relaxed);
        sender.join().unwrap();
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let (kind, count) = (arguments[1].as_str(), arguments[2].parse().unwrap());
    // SAFETY: the handler is sound wherever the program is.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = handle as extern "C" fn(i32) as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGTRAP, &raw const action, ptr::null_mut());
    }
    IS_STEPPED.store(kind == "step", Relaxed);
    work();
    mem::forget(called_by_the_handler(1));
    let end = (kind == "storm").then(send_signals);

    figures();
    let (first, before) = (figures(), figures());
    let (bytes, blocks) = (BYTES.load(Relaxed), BLOCKS.load(Relaxed));
    interrupted(kind, count);
    let (bytes, blocks) = (BYTES.load(Relaxed) - bytes, BLOCKS.load(Relaxed) - blocks);
    let after = figures();
    if let Some(end) = end {
        end();
    }
    print!("{} {bytes} {} {blocks}", SIGNALS.load(Relaxed), after.process - before.process);
    match IS_LIVE.load(Relaxed) {
        // A snapshot makes blocks after it is read.
        true => println!(
            " {} {}",
            after.by_line - before.by_line,
            after.blocks - before.blocks - (before.blocks - first.blocks)
        ),
        false => println!(),
    }
}

/// Bytes of the process, the sum of those on lines and outside, and the sum of all blocks ever made there.
struct Figures {
    process: i64,
    by_line: i64,
    blocks: i64,
}

fn figures() -> Figures {
    let snapshot = snapshot();
    let total = snapshot.paths.as_ref().map(CallPaths::total).unwrap_or_default();
    Figures {
        process: snapshot.process_bytes.unwrap() as i64,
        by_line: total.live as i64,
        blocks: total.allocations as i64,
    }
}
