//! The handle of a monitor.

use std::io;
use std::sync::Arc;

use mem_profile_runtime::internal::{self, Lineage, Quiet, Thread};

use crate::monitor::watcher::{Latest, Watcher};

/// Watches this process until it is dropped.
///
/// It has one thread, `mem-monitor`, and its memory is not counted. A forked child does not have the thread, and
/// starts a monitor of its own if it wants one.
#[derive(Debug)]
#[must_use = "it stops when it is dropped"]
pub struct Monitor {
    watcher: Option<Arc<Watcher>>,
    thread: Option<Thread>,
    /// The process that the thread is in.
    owner: Lineage,
}

impl Monitor {
    pub(super) fn start(watcher: Watcher) -> io::Result<Self> {
        let _quiet = Quiet::enter();
        let watcher = Arc::new(watcher);
        let thread = internal::spawn(Arc::clone(&watcher));
        let thread = thread.ok_or_else(|| io::Error::other("the system has no thread left"))?;
        Ok(Self { watcher: Some(watcher), thread: Some(thread), owner: Lineage::current() })
    }

    /// The figures of the last sample; nothing before the first one.
    #[must_use]
    pub fn latest(&self) -> Latest {
        match &self.watcher {
            Some(watcher) if self.owner == Lineage::current() => watcher.latest(),
            _ => Latest::default(),
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        if self.owner != Lineage::current() {
            // The thread is the parent's, and may have held a lock when the process was forked.
            std::mem::forget((self.watcher.take(), self.thread.take()));
            return;
        }
        if let Some(watcher) = self.watcher.take() {
            watcher.stop();
        }
        match self.thread.take() {
            Some(thread) if thread.is_current() => thread.detach(),
            Some(thread) => thread.join(),
            None => {}
        }
    }
}
