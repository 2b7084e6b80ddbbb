//! Threads of our own on systems other than Unix.

use std::thread::{Builder, JoinHandle};

/// A thread of our own.
#[derive(Debug)]
pub(crate) struct Thread(JoinHandle<()>);

/// Runs `work` on a new thread. `None` where the system has no thread left.
pub(crate) fn spawn(work: fn()) -> Option<Thread> {
    Builder::new().name("mem-profile".into()).spawn(work).ok().map(Thread)
}

impl Thread {
    /// Waits for its end.
    pub(crate) fn join(self) {
        let _ = self.0.join();
    }
}
