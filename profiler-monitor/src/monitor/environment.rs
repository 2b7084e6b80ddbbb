//! `MEM_PROFILE_MONITOR="above=500MiB,interval=30s"`: a monitor without a line of code, or in the place of what the
//! program itself asks for.

use std::env;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mem_profile_runtime::internal::{self, Quiet};

use crate::monitor::handle::Monitor;
use crate::monitor::settings::Settings;
use crate::monitor::sink;
use crate::parse::{self, Known};

/// The monitor that the environment asks for, until the program starts one itself.
static MONITOR: Mutex<Option<Monitor>> = Mutex::new(None);

#[cfg(any(unix, windows))]
mem_profile_runtime::__run_before_main!(before_main);

#[cfg_attr(not(any(unix, windows)), expect(dead_code, reason = "nothing runs it"))]
extern "C" fn before_main() {
    let mut settings = Settings::default();
    if !settings.read_environment() {
        return;
    }
    internal::on_unload(stop);
    match Monitor::start(settings) {
        Ok(monitor) => keep(Some(monitor)),
        Err(error) => sink::warn(&format!("{VARIABLE} has no effect: {error}")),
    }
}

static ERRORS_ARE_SAID: AtomicBool = AtomicBool::new(false);

const VARIABLE: &str = "MEM_PROFILE_MONITOR";
/// The folder of the flight recorder.
const FOLDER: &str = "MEM_PROFILE_FLIGHT";

fn keep(monitor: Option<Monitor>) {
    let before = {
        let mut kept = MONITOR.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *kept, monitor)
    };
    drop(before);
}

/// Stops the monitor that the environment has asked for.
pub(super) fn stop() {
    keep(None);
}

fn is_off(value: &str) -> bool {
    matches!(value.trim(), "" | "0" | "off")
}

impl Settings {
    /// Changes what the environment says otherwise; whether it asks for a monitor, or for a flight recorder, which
    /// needs one. A setting that is not understood is said, and the others hold.
    pub(super) fn read_environment(&mut self) -> bool {
        let _quiet = Quiet::enter();
        if let Some(folder) = env::var_os(FOLDER) {
            let is_off = is_off(&folder.to_string_lossy());
            self.record_dir = (!is_off).then(|| PathBuf::from(folder));
        }
        let records = self.record_dir.is_some();
        let Some(value) = env::var_os(VARIABLE) else { return records };
        let value = value.to_string_lossy();
        match value.trim() {
            text if is_off(text) => return records,
            "1" | "on" => return true,
            text => {
                let errors = parse::settings(text, |known| self.set(known));
                // The program's own monitor reads it again.
                if !ERRORS_ARE_SAID.swap(true, Relaxed) {
                    errors.iter().for_each(|error| sink::warn(&format!("{VARIABLE}: {error}")));
                }
            }
        }
        true
    }

    fn set(&mut self, known: Known) {
        match known {
            Known::Above(threshold) => self.rules.warn_above = Some(threshold),
            Known::Critical(threshold) => self.rules.critical_above = Some(threshold),
            Known::Interval(interval) => self.set_interval(interval),
            Known::Growth(growth) => self.rules.growth = Some(growth),
            Known::Log(log) => self.log = log,
            Known::Children(children) => self.children = children,
            Known::Snapshots(folder) => self.snapshot_dir = Some(folder),
            Known::Listen(address) => self.listen = Some(address),
            Known::Token(token) => self.token = Some(token),
        }
    }

    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval.max(parse::SHORTEST);
    }
}
