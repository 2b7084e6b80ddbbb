//! How many threads of the profiler's other crates run: a recording may begin beside them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::system;

/// How many run, and above that the forks that have led to their process: a forked child has none of them.
static THREADS: AtomicU64 = AtomicU64::new(0);

/// How many run in this process.
pub(crate) fn shared_threads() -> usize {
    count_of(THREADS.load(Relaxed), system::forks()) as usize
}

fn count_of(word: u64, forks: u32) -> u32 {
    if word >> 32 == u64::from(forks) { word as u32 } else { 0 }
}

/// Counts one thread more, or less.
#[cfg(unix)]
pub(super) fn count_thread(change: i32) {
    let forks = system::forks();
    let counted = |word| {
        let count = count_of(word, forks).saturating_add_signed(change);
        Some(u64::from(forks) << 32 | u64::from(count))
    };
    let _ = THREADS.fetch_update(Relaxed, Relaxed, counted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forked_child_has_no_thread_of_its_parent() {
        let word = 3 << 32 | 2;
        assert_eq!([3, 4].map(|forks| count_of(word, forks)), [2, 0]);
    }
}
