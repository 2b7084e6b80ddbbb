//! The handle of a monitor.

use std::io;
use std::sync::Arc;

use mem_profile_runtime::internal::{self, Lineage, Quiet, Thread};

#[cfg(feature = "http")]
use crate::monitor::listening::Listening;
#[cfg(not(feature = "http"))]
use crate::monitor::no_listening::Listening;
use crate::monitor::settings::Settings;
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
    listening: Option<Listening>,
    /// The process that the thread is in.
    owner: Lineage,
}

impl Monitor {
    pub(super) fn start(mut settings: Settings) -> io::Result<Self> {
        let _quiet = Quiet::enter();
        let (listen, token) = (settings.listen.take(), settings.token.take());
        let watcher = Arc::new(Watcher::new(settings)?);
        let thread = internal::spawn(Arc::clone(&watcher));
        let thread = thread.ok_or_else(|| io::Error::other("the system has no thread left"))?;
        let listening = listen.and_then(|address| Listening::start(address, token));
        let owner = Lineage::current();
        Ok(Self { watcher: Some(watcher), thread: Some(thread), listening, owner })
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

#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
impl Monitor {
    /// Where requests are answered, if they are.
    #[must_use]
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        self.listening.as_ref().map(Listening::address)
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _quiet = Quiet::enter();
        if self.owner != Lineage::current() {
            // The thread is the parent's, and may have held a lock when the process was forked.
            std::mem::forget((self.watcher.take(), self.thread.take(), self.listening.take()));
            return;
        }
        if let Some(listening) = self.listening.take() {
            listening.stop();
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
