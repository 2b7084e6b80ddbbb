//! An allocator that writes down every event with its stack, in memory that is nobody's.

use std::alloc::{GlobalAlloc, Layout};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::OnceLock;
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
};

/// Put it around the profiler's allocator.
#[derive(Debug)]
pub struct Recorder<A>(pub A);

/// A block was made, or freed if the size is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its address.
    pub block: usize,
    /// The bytes that were requested.
    pub size: usize,
    /// The number of the stack that asked.
    pub stack: u64,
}

const EVENTS: usize = 1 << 23;
const STACKS: usize = 1 << 16;
const WORDS: usize = 1 << 24;
const DEPTH: usize = 400;

static ON: AtomicBool = AtomicBool::new(false);
static ROOM: OnceLock<Room> = OnceLock::new();

/// Where everything is written; indices are handed out once.
struct Room {
    events: usize,
    event_count: AtomicUsize,
    /// Number of the stack, and where its words begin.
    stacks: &'static [[AtomicU64; 2]],
    /// The length of each stack and its return addresses.
    words: &'static [AtomicUsize],
    word_count: AtomicUsize,
}

fn map(bytes: usize) -> usize {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address that the system chooses.
    let place = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, flags, -1, 0) };
    assert!(place != libc::MAP_FAILED, "memory for events");
    place as usize
}

/// Prepares; the next allocation is not recorded yet.
pub fn prepare() {
    ROOM.get_or_init(|| {
        let (events, stacks) = (map(EVENTS * size_of::<Event>()), map(STACKS * 16));
        let words = map(WORDS * 8);
        // SAFETY: mapped with this length, zeroed, for good.
        let (stacks, words) = unsafe {
            (
                std::slice::from_raw_parts(stacks as *const [AtomicU64; 2], STACKS),
                std::slice::from_raw_parts(words as *const AtomicUsize, WORDS),
            )
        };
        let (event_count, word_count) = (AtomicUsize::new(0), AtomicUsize::new(1));
        Room { events, event_count, stacks, words, word_count }
    });
}

/// Records from now on.
pub fn start() {
    ON.store(true, SeqCst);
}

/// Records no more.
pub fn pause() {
    ON.store(false, SeqCst);
}

/// The recorded events, in the order in which they happened to each block.
///
/// # Panics
/// When there were too many.
#[must_use]
pub fn events() -> &'static [Event] {
    let room = ROOM.get().expect("prepared");
    let count = room.event_count.load(SeqCst);
    assert!(count <= EVENTS, "{count} events");
    // SAFETY: that many were written, and nobody writes any more.
    unsafe { std::slice::from_raw_parts(room.events as *const Event, count) }
}

/// The return addresses of a stack, the innermost first.
///
/// # Panics
/// When it was never recorded.
#[must_use]
pub fn frames(stack: u64) -> Vec<usize> {
    let room = ROOM.get().expect("prepared");
    let slot = room.find(stack).expect("a stack that was recorded");
    let start = slot[1].load(SeqCst) as usize;
    let length = room.words[start].load(SeqCst);
    room.words[start + 1..=start + length].iter().map(|word| word.load(Relaxed)).collect()
}

impl Room {
    fn note(&self, event: Event) {
        let index = self.event_count.fetch_add(1, SeqCst);
        if index < EVENTS {
            let place = (self.events as *mut Event).wrapping_add(index);
            // SAFETY: in bounds, and the number is nobody else's.
            unsafe { place.write(event) };
        }
    }

    /// The slot of this stack, or the empty one where it belongs.
    fn find(&self, stack: u64) -> Option<&[AtomicU64; 2]> {
        let start = stack as usize;
        let probes = (0..STACKS).map(|probe| &self.stacks[start.wrapping_add(probe) % STACKS]);
        let mut fitting = probes.filter(|slot| [0, stack].contains(&slot[0].load(SeqCst)));
        fitting.next()
    }

    fn keep(&self, stack: u64, frames: &[usize]) {
        let Some(slot) = self.find(stack) else { return };
        if slot[0].compare_exchange(0, stack, SeqCst, SeqCst).is_err() {
            // Another thread took it: with this stack, or else the next one is tried.
            if slot[0].load(SeqCst) != stack {
                self.keep(stack, frames);
            }
            return;
        }
        let start = self.word_count.fetch_add(frames.len() + 1, SeqCst);
        assert!(start + frames.len() < WORDS, "room for stacks");
        self.words[start].store(frames.len(), SeqCst);
        for (word, &frame) in self.words[start + 1..].iter().zip(frames) {
            word.store(frame, Relaxed);
        }
        slot[1].store(start as u64, SeqCst);
    }
}

/// The callers up to the thread's beginning, by the standard unwinder, as one number.
fn stack(room: &Room) -> u64 {
    let mut frames = [0; DEPTH];
    let mut depth = 0;
    // SAFETY: no symbols are looked up, which is what the lock would be for.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            // Behind the beginning of the thread it finds nothing, and says zero.
            frames[depth] = frame.ip() as usize;
            depth += usize::from(frames[depth] != 0);
            depth < DEPTH
        });
    }
    let number = BuildHasherDefault::<DefaultHasher>::default().hash_one(&frames[..depth]) | 1;
    room.keep(number, &frames[..depth]);
    number
}

#[inline(never)]
fn made(block: *mut u8, size: usize) -> *mut u8 {
    if ON.load(SeqCst)
        && let Some(room) = ROOM.get()
    {
        room.note(Event { block: block as usize, size, stack: stack(room) });
    }
    block
}

#[inline(never)]
fn freed(block: *mut u8) {
    if ON.load(SeqCst)
        && let Some(room) = ROOM.get()
    {
        room.note(Event { block: block as usize, size: 0, stack: 0 });
    }
}

// SAFETY: every method forwards to the allocator inside and returns what that returned.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Recorder<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        made(unsafe { self.0.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises.
        made(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // First: as soon as it is free, another thread may get it.
        freed(block);
        // SAFETY: the caller's promises.
        unsafe { self.0.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        freed(block);
        // SAFETY: the caller's promises.
        made(unsafe { self.0.realloc(block, layout, size) }, size)
    }
}
