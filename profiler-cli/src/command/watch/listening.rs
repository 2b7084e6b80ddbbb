//! Answers requests for the figures of the process that is watched.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use mem_profile_monitor::http::{Heap, Listener, ProfileKind, Source, Stop};
use mem_profile_monitor::process::Reader;
use mem_profile_monitor::{LINES, Level, Metrics, Sample};

use super::lines::lines;
use super::token::token;
use crate::process::{self, Backend, ProcessTable};
use crate::{output, resident};

const NO_HEAP: &str =
    "heap profiles are answered by the program itself, with the feature `http` of mem-profile";

/// A listener on a thread of its own, until it is dropped.
pub(super) struct Listening {
    events: Arc<Events>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// How many there were.
#[derive(Default)]
struct Events {
    warnings: AtomicU64,
    criticals: AtomicU64,
}

impl Listening {
    pub(super) fn start(address: SocketAddr, token_file: Option<&Path>, id: u32) -> Result<Self> {
        let token = token(token_file)?;
        if let Err(error) = resident::account(id, false) {
            output::status("warning", &format!("metrics have no classes: {error:#}"));
        }
        let events = Arc::new(Events::default());
        let source = Watched::new(id, Arc::clone(&events));
        let listener = Listener::bind(address, token, source)
            .with_context(|| format!("cannot listen on {address}"))?;
        let (address, stop) = (listener.address()?, listener.stop());
        if listener.is_open()? {
            let text = format!("everybody who reaches {address} is answered: set --token-file");
            output::status("warning", &text);
        }
        let run = move || {
            if let Err(error) = listener.run() {
                output::status("warning", &format!("nothing listens on {address}: {error}"));
            }
        };
        let thread = thread::Builder::new().name("watch-web".to_owned()).spawn(run)?;
        output::status("note", &format!("metrics are at http://{address}/metrics"));
        Ok(Self { events, stop, thread: Some(thread) })
    }

    pub(super) fn count(&self, level: Level) {
        let counter = match level {
            Level::Warning => &self.events.warnings,
            Level::Critical => &self.events.criticals,
        };
        counter.fetch_add(1, Relaxed);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.stop();
        // It has said what went wrong.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The process that is watched.
struct Watched {
    id: u32,
    /// `None` when the process has ended. A later one may have its number.
    reader: Mutex<Option<(ProcessTable, Reader)>>,
    started_at: Option<Duration>,
    events: Arc<Events>,
}

impl Watched {
    fn new(id: u32, events: Arc<Events>) -> Self {
        let reader = Reader::of(id);
        let started_at = reader.started_at();
        let reader = Mutex::new(Some((ProcessTable::new(Backend::Rss), reader)));
        let watched = Self { id, reader, started_at, events };
        // From here on it is told from later ones.
        let _ = watched.sample();
        watched
    }

    fn sample(&self) -> io::Result<Sample> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let (table, of_process) = reader.as_mut().ok_or(ErrorKind::NotFound)?;
        let sample = table.read(self.id).and_then(|_| of_process.read(Duration::ZERO));
        if sample.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            *reader = None;
        }
        sample
    }
}

impl Source for Watched {
    type Heap = NoHeap;

    fn metrics(&self) -> Result<Metrics, String> {
        let unreadable = |error| format!("{:#}", process::unreadable(self.id, error));
        let mut metrics = Metrics::new(&self.sample().map_err(unreadable)?);
        metrics.started_at = self.started_at;
        metrics.warnings = self.events.warnings.load(Relaxed);
        metrics.criticals = self.events.criticals.load(Relaxed);
        if let Some(lines) = lines(self.id) {
            metrics = metrics.with_lines(&lines, LINES);
        }
        if let Ok(Some(account)) = resident::account(self.id, false) {
            metrics.live = account.counted.map(|counted| counted.bytes);
            metrics = metrics.with_account(&account);
        }
        Ok(metrics)
    }

    fn heap(&self) -> Result<NoHeap, String> {
        Err(NO_HEAP.to_owned())
    }
}

/// Another process' blocks have no stacks here.
enum NoHeap {}

impl Heap for NoHeap {
    fn pprof(&self, _since: Option<&Self>, _kind: ProfileKind, _has_names: bool) -> Vec<u8> {
        match *self {}
    }

    fn text(&self, _since: Option<&Self>) -> String {
        match *self {}
    }
}
