//! The flight recorder of this process. Besides the monitor's thread, which has it write, an allocation that fails
//! does so, and the end of the process.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, TryLockError};

use mem_profile_runtime::internal::{self, Quiet};

use crate::flight::Recorder;
use crate::monitor::sink;
use crate::sample::Sample;

/// A process has one at most. Whoever wants it and finds it locked goes on without: that thread may not have gone on
/// in a forked child, and an allocation may fail in the middle of it.
static RECORDER: Mutex<Option<Recorder>> = Mutex::new(None);

fn recorder() -> Option<MutexGuard<'static, Option<Recorder>>> {
    match RECORDER.try_lock() {
        Ok(recorder) => Some(recorder),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
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
        let ended = recorder().and_then(|mut kept| kept.take());
        drop(ended);
    }
}

/// Called inside the allocator.
fn allocation_failed(size: usize) {
    let Some(mut kept) = recorder() else { return };
    let Some(recorder) = &mut *kept else { return };
    let resident = internal::brief().map(|brief| brief.resident);
    // Nobody can be told here; the monitor's thread says what it cannot write.
    let _ = recorder.allocation_failed(size as u64, resident);
}

/// The process ends by `exit`, or by the end of `main`.
extern "C" fn exits() {
    let _quiet = Quiet::enter();
    if let Some(recorder) = recorder().as_mut().and_then(|kept| kept.as_mut()) {
        recorder.end();
    }
}
