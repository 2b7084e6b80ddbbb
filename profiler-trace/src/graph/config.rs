//! How to capture, and how it went.

use std::time::Duration;

/// How to capture. `Config::default()` is good for most programs.
///
/// ```
/// use mem_profile_trace::graph::Config;
/// use std::time::Duration;
///
/// let config = Config::new().deadline(Duration::from_secs(10)).incomplete(true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) signal: Option<i32>,
    pub(crate) stop_within: Duration,
    pub(crate) deadline: Duration,
    pub(crate) is_incomplete: bool,
    pub(crate) stops: bool,
    pub(crate) contents: Contents,
    pub(crate) searches_unseen: bool,
    pub(crate) hashes: bool,
    pub(crate) is_guarded: bool,
}

/// Of which blocks the contents are in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contents {
    /// Of those that hold a word which leads to a block. Texts and numbers are not.
    #[default]
    Holders,
    /// Of all.
    All,
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl Config {
    /// All threads stop; the contents of holders are written.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            signal: None,
            stop_within: Duration::from_secs(1),
            deadline: Duration::from_secs(60),
            is_incomplete: false,
            stops: true,
            contents: Contents::Holders,
            searches_unseen: true,
            hashes: false,
            is_guarded: true,
        }
    }

    /// The signal by which threads are stopped, in place of the highest real-time signal that has no handler. It
    /// stays in the profiler's hands, since it may come late to some threads.
    ///
    /// As with any signal, `poll`, `epoll_wait` and `nanosleep` end early with `EINTR`; other calls go on.
    #[must_use]
    pub const fn signal(self, signal: i32) -> Self {
        Self { signal: Some(signal), ..self }
    }

    /// How long threads may take to stop: a second, unless said otherwise. Those that have stopped wait for the
    /// others.
    #[must_use]
    pub const fn stop_within(self, time: Duration) -> Self {
        Self { stop_within: time, ..self }
    }

    /// How long the copy may take to write the file, while the program runs on: a minute, unless said otherwise.
    #[must_use]
    pub const fn deadline(self, time: Duration) -> Self {
        Self { deadline: time, ..self }
    }

    /// Captures also where some threads do not stop, since they mask the signal or wait in the kernel. The file
    /// names them. Blocks that only they hold are found in memory that was not seen.
    #[must_use]
    pub const fn incomplete(self, incomplete: bool) -> Self {
        Self { is_incomplete: incomplete, ..self }
    }

    /// Stops nobody, for programs that must not be signalled. The file says so: a few of such captures are wrong,
    /// since threads are caught while they move blocks, and their registers are not known.
    #[must_use]
    pub const fn without_stop(self, without: bool) -> Self {
        Self { stops: !without, ..self }
    }

    /// Of which blocks the contents are written.
    #[must_use]
    pub const fn contents(self, contents: Contents) -> Self {
        Self { contents, ..self }
    }

    /// Whether memory that is neither a block nor a root is searched for what leads to blocks: it is, unless said
    /// otherwise. Without, a block that it alone holds looks lost.
    #[must_use]
    pub const fn search_unseen(self, search: bool) -> Self {
        Self { searches_unseen: search, ..self }
    }

    /// Whether blocks of equal contents can be found: a hash of each is written, and no contents. The copy reads all
    /// blocks once more.
    #[must_use]
    pub const fn duplicates(self, find: bool) -> Self {
        Self { hashes: find, ..self }
    }

    /// Stops threads also in the middle of a reallocation, for the test that they must not be.
    #[doc(hidden)]
    #[must_use]
    pub const fn without_guard(self) -> Self {
        Self { is_guarded: false, ..self }
    }
}

/// A capture that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Captured {
    /// Blocks in the file.
    pub blocks: u64,
    /// Their bytes, as requested: what the tracer calls live, if nobody allocates or frees.
    pub bytes: u64,
    /// Threads in the file, the calling one included.
    pub threads: u32,
    /// How long threads stood still.
    pub paused: Duration,
    /// How long the call took.
    pub took: Duration,
    /// The length of the file.
    pub file_bytes: u64,
}
