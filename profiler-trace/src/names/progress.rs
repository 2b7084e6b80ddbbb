//! Says that names are still looked up, in a program that its environment has traced.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use mem_profile_runtime::internal;

/// Whether anything is said. A program that traces itself decides what it prints.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Time before the first line. Each pause is twice as long as the one before, so that there are few.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) fn switch_on() {
    IS_ON.store(true, Relaxed);
}

pub(crate) struct Progress {
    begun: Instant,
    next: Option<Duration>,
    done: usize,
    all: usize,
}

impl Progress {
    pub(crate) fn begin(all: usize) -> Self {
        Self { begun: Instant::now(), next: IS_ON.load(Relaxed).then_some(PATIENCE), done: 0, all }
    }

    /// The next name is looked up.
    pub(crate) fn next(&mut self) {
        let done = self.done;
        self.done += 1;
        let Some(next) = self.next.filter(|next| self.begun.elapsed() >= *next) else { return };
        self.next = Some(next * 2);
        let all = self.all;
        internal::warn(&format!("mem-profile trace: looking up names: {done} of {all}"));
    }
}
