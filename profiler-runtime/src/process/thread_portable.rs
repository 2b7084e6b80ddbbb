//! Threads of our own on systems other than Unix.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use super::contract::Work;

/// A thread of our own.
#[derive(Debug)]
pub struct Thread(JoinHandle<()>);

/// Runs `work` on a new thread. `None` where the system has no thread left.
pub(crate) fn spawn(work: fn()) -> Option<Thread> {
    Builder::new().name("mem-profile".into()).spawn(work).ok().map(Thread)
}

/// The same for work that is shared with others.
pub(crate) fn spawn_shared<W: Work>(work: Arc<W>) -> Option<Thread> {
    let name = W::NAME.to_string_lossy().into_owned();
    Builder::new().name(name).spawn(move || work.run()).ok().map(Thread)
}

impl Thread {
    /// Lets it end by itself.
    pub fn detach(self) {}

    /// Waits for its end.
    pub fn join(self) {
        let _ = self.0.join();
    }

    /// Whether it is the calling thread.
    pub fn is_current(&self) -> bool {
        self.0.thread().id() == std::thread::current().id()
    }
}
