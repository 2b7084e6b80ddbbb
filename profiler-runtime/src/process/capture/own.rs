//! The profiler's own memory and threads. A capture neither searches the one nor stops the other.

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

/// Starts and lengths; a start of zero is a free place. Further memory is searched as if it were the program's.
static MEMORY: [[AtomicUsize; 2]; 4096] =
    [const { [AtomicUsize::new(0), AtomicUsize::new(0)] }; 4096];
/// How many places were ever taken.
static PLACES: AtomicUsize = AtomicUsize::new(0);

/// Numbers of threads that no signal is delivered to; zero is a free place.
static THREADS: [AtomicU32; 16] = [const { AtomicU32::new(0) }; 16];

const RESERVED: usize = 1;

/// Counts memory as the profiler's own.
pub(crate) fn note_memory(start: NonNull<u8>, bytes: usize) {
    let taken = |[place, _]: &&[AtomicUsize; 2]| {
        place.compare_exchange(0, RESERVED, Relaxed, Relaxed).is_ok()
    };
    let known = PLACES.load(Relaxed);
    let free = MEMORY.iter().take(known).find(taken);
    let next = || MEMORY.get(PLACES.fetch_add(1, Relaxed));
    if let Some([place, length]) = free.or_else(next) {
        length.store(bytes, Relaxed);
        place.store(start.addr().get(), Release);
    }
}

/// It is given back.
pub(crate) fn forget_memory(start: NonNull<u8>) {
    let start = start.addr().get();
    let known = MEMORY.iter().take(PLACES.load(Relaxed));
    for [place, _] in known.filter(|[place, _]| place.load(Relaxed) == start) {
        place.store(0, Relaxed);
    }
}

/// The memory that the runtime has taken from the system.
pub fn own_memory() -> impl Iterator<Item = Range<usize>> {
    let known = MEMORY.iter().take(PLACES.load(Relaxed));
    let ranges = known.map(|[place, length]| (place.load(Acquire), length.load(Relaxed)));
    ranges.filter(|&(start, _)| start > RESERVED).map(|(start, length)| start..start + length)
}

/// While it lives, the thread is the profiler's own.
pub(crate) struct OwnThread(Option<&'static AtomicU32>);

/// Counts the calling thread as the profiler's own.
pub(crate) fn note_thread() -> OwnThread {
    // SAFETY: a question without arguments.
    let number = unsafe { libc::gettid() } as u32;
    let is_free = |place: &&AtomicU32| place.compare_exchange(0, number, Release, Relaxed).is_ok();
    OwnThread(THREADS.iter().find(is_free))
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        // It masks signals to its very end, but does nothing any more that could take long.
        if let Some(place) = self.0 {
            place.store(0, Release);
        }
    }
}

/// Whether the thread is the profiler's own.
pub fn is_own_thread(number: u32) -> bool {
    THREADS.iter().any(|place| place.load(Acquire) == number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZero;

    #[test]
    fn memory_is_known_until_it_is_given_back() {
        let start = |address: usize| NonNull::without_provenance(NonZero::new(address).unwrap());
        let known = |start| own_memory().find(|range| range.start == start);
        note_memory(start(0x7000), 0x1000);
        note_memory(start(0x9000), 0x2000);
        assert_eq!((known(0x7000), known(0x9000)), (Some(0x7000..0x8000), Some(0x9000..0xb000)));
        forget_memory(start(0x7000));
        assert_eq!((known(0x7000), known(0x9000)), (None, Some(0x9000..0xb000)));
        forget_memory(start(0x9000));
    }

    #[test]
    fn own_threads_are_known_while_they_run() {
        // SAFETY: a question without arguments.
        let number = || unsafe { libc::gettid() } as u32;
        std::thread::spawn(move || {
            let own = note_thread();
            assert!(is_own_thread(number()));
            drop(own);
            assert!(!is_own_thread(number()));
        })
        .join()
        .unwrap();
    }
}
