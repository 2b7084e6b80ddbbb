//! What a monitor is asked to do.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::event::Event;
use crate::guard::Rules;

/// Time between two samples, where nothing else is asked for.
const INTERVAL: Duration = Duration::from_secs(30);

pub(super) type Callback = Box<dyn FnMut(&Event) + Send>;

/// What a monitor is asked to do.
pub(super) struct Settings {
    pub(super) interval: Duration,
    pub(super) rules: Rules,
    pub(super) on_event: Option<Callback>,
    pub(super) log: bool,
    /// Whether child processes are watched too.
    pub(super) children: bool,
    /// Where snapshots are saved.
    pub(super) snapshot_dir: Option<PathBuf>,
    /// Where the flight recorder has its files.
    pub(super) record_dir: Option<PathBuf>,
    /// Where requests for metrics and profiles are answered.
    pub(super) listen: Option<SocketAddr>,
    /// The token that these have to bear.
    pub(super) token: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: INTERVAL,
            rules: Rules::default(),
            on_event: None,
            log: true,
            children: false,
            snapshot_dir: None,
            record_dir: None,
            listen: None,
            token: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("interval", &self.interval)
            .field("rules", &self.rules)
            .field("log", &self.log)
            .field("children", &self.children)
            .field("snapshot_dir", &self.snapshot_dir)
            .field("record_dir", &self.record_dir)
            .field("listen", &self.listen)
            .finish_non_exhaustive()
    }
}
