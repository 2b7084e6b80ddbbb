//! The settings of a monitor.

use std::io;
#[cfg(feature = "http")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::event::Event;
use crate::guard::Growth;
use crate::limit::Threshold;
use crate::monitor::environment;
use crate::monitor::handle::Monitor;
use crate::monitor::settings::Settings;

/// The settings of a [`Monitor`].
#[derive(Debug, Default)]
pub struct Builder {
    settings: Settings,
}

impl Monitor {
    /// Its settings.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Time between two samples: 30 s by default, and at least 10 ms.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.settings.set_interval(interval);
        self
    }

    /// Warns from here on: bytes of the resident set, or a share of the limit; 80 % of it by default.
    #[must_use]
    pub fn warn_above(mut self, threshold: impl Into<Threshold>) -> Self {
        self.settings.rules.warn_above = Some(threshold.into());
        self
    }

    /// From here on it is critical; 95 % of the limit by default.
    #[must_use]
    pub fn critical_above(mut self, threshold: impl Into<Threshold>) -> Self {
        self.settings.rules.critical_above = Some(threshold.into());
        self
    }

    /// Warns if the resident set grows by so many bytes a minute for so long: at least four intervals.
    #[must_use]
    pub fn growth(mut self, per_minute: u64, window: Duration) -> Self {
        self.settings.rules.growth = Some(Growth { per_minute, window });
        self
    }

    /// Calls this on the monitor's thread, at each event. What it allocates counts like anything else.
    #[must_use]
    pub fn on_event(mut self, callback: impl FnMut(&Event) + Send + 'static) -> Self {
        self.settings.on_event = Some(Box::new(callback));
        self
    }

    /// Whether events are logged, as they are by default: with the feature `tracing` through that crate, if the program
    /// has set a subscriber; else with the feature `log` through that crate, if it has set a logger; else on standard
    /// error. The target is `mem_profile::monitor`.
    #[must_use]
    pub fn log(mut self, log: bool) -> Self {
        self.settings.log = log;
        self
    }

    /// Whether the processes below this one are watched too, each by itself, by the same rules; they are not by default.
    /// All processes of the system are looked through at each sample. The events of this process name those below it in
    /// either case.
    #[must_use]
    pub fn children(mut self, children: bool) -> Self {
        self.settings.children = children;
        self
    }

    /// Saves a snapshot in this folder at each event, whose path the event has: of the tracer where it runs, for
    /// `trace::Snapshot::load`, else the tables of measured functions as JSON, for the command. The last five of the
    /// program are kept. Without lines there is nothing to save.
    #[must_use]
    pub fn snapshot_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.snapshot_dir = Some(folder.into());
        self
    }

    /// Answers requests for metrics and heap profiles at this address: `/metrics`, `/debug/pprof/heap` and
    /// `/debug/pprof/allocs`. If that cannot be, the monitor says so once and goes on.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    #[must_use]
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.settings.listen = Some(address.into());
        self
    }

    /// Only requests that bear this token are answered.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.settings.token = Some(token.into());
        self
    }

    /// Records in this folder what holds the memory, in files that survive the end of the process:
    /// [`last_run`](crate::last_run) reads them. A sample is a point of its curve. A mark names the stacks that hold the
    /// memory, by the tracer: it is written when 10 % more is resident than at the one before, and at least 16 MiB, and
    /// when it becomes critical. The recording ends well when the monitor is dropped.
    #[must_use]
    pub fn record_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.record_dir = Some(folder.into());
        self
    }

    /// Starts it. It stops when the handle is dropped. Settings of `MEM_PROFILE_MONITOR` hold instead of those here.
    ///
    /// # Errors
    /// When the system has no thread left, or does not say how much memory the process has; when a share of the limit is
    /// not above 0 and at most 1 (`InvalidInput`).
    pub fn start(mut self) -> io::Result<Monitor> {
        environment::stop();
        self.settings.read_environment();
        let rules = self.settings.rules;
        for (name, threshold) in
            [("warn_above", rules.warn_above), ("critical_above", rules.critical_above)]
        {
            if let Some(threshold) = threshold.filter(|it| !it.is_sound()) {
                let text =
                    format!("{name}: {threshold} of the limit is not above 0 and at most 100 %");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
        }
        Monitor::start(self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_none_is_refused() {
        let [warn, critical] = [Builder::warn_above, Builder::critical_above];
        for (set, share, expected) in [
            (warn, 0.0, "warn_above: 0 % of the limit is not above 0 and at most 100 %"),
            (warn, f64::NAN, "warn_above: NaN % of the limit is not above 0 and at most 100 %"),
            (critical, 9.0, "critical_above: 900 % of the limit is not above 0 and at most 100 %"),
        ] {
            let error = set(Monitor::builder(), Threshold::Share(share)).start().unwrap_err();
            assert_eq!(
                (error.kind(), error.to_string().as_str()),
                (io::ErrorKind::InvalidInput, expected)
            );
        }
        let whole = Monitor::builder().log(false).warn_above(Threshold::Share(1.0));
        assert!(whole.start().is_ok());
    }
}
