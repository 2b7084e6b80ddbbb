//! The memory that all threads and tasks take between two moments.
//!
//! Each thread knows its own memory to the byte, and publishes it when it has changed by 64 KiB. So where
//! other threads allocate meanwhile, a peak is known within 64 KiB for each of them and for the caller;
//! where none does, to the byte. Memory held at the end is exact when the others are at rest.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::limits::PATIENCE;
use crate::record::alloc::quiet::Quiet;
use crate::record::frame::measure::{Spent, Standing};
use crate::record::ledger::published::{Mark, published};
use crate::record::ledger::thread::Thread;
use crate::record::ledger::threads;

const PAUSE: Duration = Duration::from_millis(1);

/// Runs from its making until it is [finished](Self::finish), on whatever threads.
#[derive(Debug)]
pub(super) struct ProcessMeasure {
    mark: Mark,
    live: i64,
    published: i64,
    threads: Vec<(&'static Thread, Standing)>,
}

/// The result.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProcessSpent {
    pub(super) spent: Spent,
    /// Threads other than the caller that have allocated or freed meanwhile.
    pub(super) others: usize,
}

/// The figures that are compared with the limits.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    Thread(Spent),
    Process(ProcessSpent),
}

impl Found {
    pub(super) fn spent(&self) -> &Spent {
        match self {
            Self::Thread(spent) | Self::Process(ProcessSpent { spent, .. }) => spent,
        }
    }
}

impl ProcessMeasure {
    /// `None` in our own work, and when memory is out.
    pub(super) fn begin() -> Option<Self> {
        threads::current()?.publish();
        let _quiet = Quiet::enter();
        let mark = Mark::set()?;
        let (published, live) = (published(), threads::consistent_live_bytes());
        let threads = threads::all().map(|thread| (thread, thread.standing())).collect();
        Some(Self { mark, live, published, threads })
    }

    /// `own` is what the calling thread knows of itself, where it ran all the time. Threads that are about
    /// to end have some time to free what they hold, if more is held than `limit`.
    pub(super) fn finish(mut self, own: Option<Spent>, limit: Option<u64>) -> ProcessSpent {
        let caller = threads::current();
        let _quiet = Quiet::enter();
        let increment = self.final_increment(limit);
        let mut result = ProcessSpent::default();
        // The mark knows nothing of bytes that others had not published yet.
        let mut start = self.published;
        for (thread, now) in threads::all().map(|thread| (thread, thread.standing())) {
            let known = self.threads.iter().find(|(known, _)| std::ptr::eq(*known, thread));
            let before = known.map_or_else(Standing::default, |(_, before)| *before);
            result.spent.allocations += now.totals.since(&before.totals).allocations;
            let is_caller = caller.is_some_and(|caller| std::ptr::eq(caller, thread));
            let ran = now.ran_since(&before);
            if ran > 0 && !is_caller {
                result.others += ran;
                start += before.unpublished;
            }
        }
        result.spent.increment = increment;
        result.spent.peak = match own {
            Some(own) if result.others == 0 && !own.was_left => own.peak,
            _ => increment.max(self.mark.highest() - start).max(0),
        };
        self.threads = Vec::new();
        result
    }

    fn final_increment(&self, limit: Option<u64>) -> i64 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let increment = threads::consistent_live_bytes() - self.live;
            let is_within =
                limit.is_none_or(|limit| increment <= limit.try_into().unwrap_or(i64::MAX));
            if is_within || Instant::now() >= deadline {
                return increment;
            }
            sleep(PAUSE);
        }
    }
}

impl Drop for ProcessMeasure {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        self.threads = Vec::new();
    }
}
