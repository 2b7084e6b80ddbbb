//! The settings of a monitor.

use std::fmt;
use std::io;
use std::time::Duration;

use crate::event::Event;
use crate::guard::{Growth, Rules};
use crate::limit::Threshold;
use crate::monitor::Monitor;
use crate::monitor::watcher::Watcher;

/// Time between two samples, where nothing else is asked for.
const INTERVAL: Duration = Duration::from_secs(30);
/// Reading takes up to a tenth of a millisecond.
const SHORTEST: Duration = Duration::from_millis(10);

pub(super) type Callback = Box<dyn FnMut(&Event) + Send>;

/// The settings of a [`Monitor`].
pub struct Builder {
    pub(super) interval: Duration,
    pub(super) rules: Rules,
    pub(super) on_event: Option<Callback>,
    pub(super) log: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self { interval: INTERVAL, rules: Rules::default(), on_event: None, log: true }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("interval", &self.interval)
            .field("rules", &self.rules)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Time between two samples: 30 s by default, and at least 10 ms.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(SHORTEST);
        self
    }

    /// Warns from here on: bytes of the resident set, or a share of the limit; 80 % of it by default.
    #[must_use]
    pub fn warn_above(mut self, threshold: impl Into<Threshold>) -> Self {
        self.rules.warn_above = Some(threshold.into());
        self
    }

    /// From here on it is critical; 95 % of the limit by default.
    #[must_use]
    pub fn critical_above(mut self, threshold: impl Into<Threshold>) -> Self {
        self.rules.critical_above = Some(threshold.into());
        self
    }

    /// Warns if the resident set grows by so many bytes a minute for so long.
    #[must_use]
    pub fn growth(mut self, per_minute: u64, window: Duration) -> Self {
        self.rules.growth = Some(Growth { per_minute, window });
        self
    }

    /// Calls this on the monitor's thread, at each event. What it allocates counts like anything else.
    #[must_use]
    pub fn on_event(mut self, callback: impl FnMut(&Event) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(callback));
        self
    }

    /// Whether events are logged, as they are by default: through the crates `log` and `tracing` with the features of
    /// that name, if the program has set up one of them; else on standard error.
    #[must_use]
    pub fn log(mut self, log: bool) -> Self {
        self.log = log;
        self
    }

    /// Starts it. It stops when the handle is dropped.
    ///
    /// # Errors
    /// When the system has no thread left, or does not say how much memory the process has.
    pub fn start(self) -> io::Result<Monitor> {
        Monitor::start(Watcher::new(self)?)
    }
}
