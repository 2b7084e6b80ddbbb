//! The flight recorder of this process. Besides the monitor's thread, which has it write, an allocation that fails
//! does so, and the end of the process.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Duration;

use mem_profile_runtime::internal::{self, Quiet};

use crate::flight::Recorder;
use crate::monitor::sink;
use crate::sample::Sample;

/// A process has one at most. Whoever wants it and finds it locked goes on without, at once or in the end: that thread
/// may not have gone on in a forked child, and an allocation may fail in the middle of it.
static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);
/// Whether somebody has waited for it in vain, so that nobody waits again.
static IS_STUCK: AtomicBool = AtomicBool::new(false);
/// Milliseconds of the longest wait. A mark is written in less.
const LONGEST_WAIT: usize = 100;

fn recorder() -> Option<MutexGuard<'static, Option<Recorder>>> {
    at_once(&RECORDER)
}

fn at_once<T>(mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match mutex.try_lock() {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Waits for the monitor's thread, which often writes a mark just then: memory grows before it runs out.
fn in_the_end<'a, T>(mutex: &'a Mutex<T>, is_stuck: &AtomicBool) -> Option<MutexGuard<'a, T>> {
    let waits = if is_stuck.load(Ordering::Relaxed) { 0 } else { LONGEST_WAIT };
    let mut guard = at_once(mutex);
    for _ in 0..waits {
        if guard.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
        guard = at_once(mutex);
    }
    is_stuck.store(guard.is_none(), Ordering::Relaxed);
    guard
}

/// The recording of a monitor, which ends well when this is dropped.
#[derive(Debug)]
pub(super) struct Flight(());

impl Flight {
    /// Begins. A failure is said, and nothing else comes of it.
    pub(super) fn begin(folder: &Path, group: Option<&Path>, first: &Sample) -> Option<Self> {
        let begun = Self::try_begin(folder, group, first);
        let say = |error: &io::Error| {
            let folder = folder.display();
            sink::warn(&format!("the flight recorder cannot use {folder}: {error}"));
        };
        begun.inspect_err(say).ok()
    }

    fn try_begin(folder: &Path, group: Option<&Path>, first: &Sample) -> io::Result<Self> {
        let busy = || io::Error::other("another one of this process is at work");
        let mut kept = recorder().ok_or_else(busy)?;
        if kept.as_ref().is_some_and(Recorder::is_own) {
            return Err(busy());
        }
        *kept = Some(Recorder::open(folder, group, first)?);
        internal::on_failed_allocation(&(allocation_failed as fn(usize)));
        // Not where `exit` is called twice: the second call ends the process at once.
        internal::at_exit(exits);
        Ok(Self(()))
    }

    /// Records a sample in this control group; whether that goes on. A failure is said.
    pub(super) fn tick(&self, sample: &Sample, is_critical: bool, group: Option<&Path>) -> bool {
        let Some(mut kept) = recorder() else { return true };
        let written = kept.as_mut().map(|recorder| {
            recorder.follow(group, sample)?;
            recorder.tick(sample, is_critical)
        });
        match written {
            Some(Err(error)) => {
                *kept = None;
                drop(kept);
                sink::warn(&format!("the flight recorder cannot write, and ends: {error}"));
                false
            }
            Some(Ok(_)) => true,
            None => false,
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let ended = in_the_end(&RECORDER, &IS_STUCK).and_then(|mut kept| kept.take());
        drop(ended);
    }
}

/// Called inside the allocator.
fn allocation_failed(size: usize) {
    let Some(mut kept) = in_the_end(&RECORDER, &IS_STUCK) else { return };
    let Some(recorder) = &mut *kept else { return };
    let resident = internal::brief().map(|brief| brief.resident);
    // Nobody can be told here; the monitor's thread says what it cannot write.
    let _ = recorder.allocation_failed(size as u64, resident);
}

/// The process ends by `exit`, or by the end of `main`.
extern "C" fn exits() {
    let _quiet = Quiet::enter();
    let mut kept = in_the_end(&RECORDER, &IS_STUCK);
    if let Some(recorder) = kept.as_mut().and_then(|kept| kept.as_mut()) {
        recorder.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use super::*;

    /// A failed allocation and a clean end were lost while the monitor's thread wrote a mark.
    #[test]
    fn whoever_has_something_to_record_waits_for_a_mark_that_is_being_written_and_for_no_stuck_one()
    {
        let (mutex, is_stuck) = (Mutex::new(7), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let (locked, is_locked) = mpsc::channel();
            let mutex = &mutex;
            scope.spawn(move || {
                let guard = mutex.lock().unwrap();
                locked.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(20));
                drop(guard);
            });
            is_locked.recv().unwrap();
            assert!(at_once(mutex).is_none());
            assert_eq!(in_the_end(mutex, &is_stuck).map(|guard| *guard), Some(7));
        });
        let guard = mutex.lock().unwrap();
        for waits in [100..10_000, 0..50] {
            let begin = Instant::now();
            assert!(in_the_end(&mutex, &is_stuck).is_none());
            let took = begin.elapsed().as_millis();
            assert!(waits.contains(&took), "{took} ms");
        }
        drop(guard);
        assert!(in_the_end(&mutex, &is_stuck).is_some() && !is_stuck.load(Ordering::Relaxed));
    }
}
