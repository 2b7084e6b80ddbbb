//! `MEM_PROFILE_TRACE=1`: the whole run is traced, and reported at its end, without a change of
//! the code. `MEM_PROFILE_TRACE=sample` takes a sample of it, and `MEM_PROFILE_TRACE=all` lists also what was
//! there before `main`.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::capture::config::{Config, StartError};
use crate::capture::control::{self, is_tracing, stop};
use crate::names::progress;
use crate::query::held::FILL_HELD;
use crate::query::live_lines::TRACED_BLOCKS;
use crate::query::take::snapshot;
use mem_profile_runtime::internal::{self, Quiet, Stream};

/// Lines in each part of the report.
const LINES: usize = 10;

/// Everything that is alive is listed.
const ALL: &str = "all";

/// Starts tracing, with nothing traced yet. Does nothing if it is on already.
///
/// Blocks that are older stay unknown. A forked child is not traced until it starts again itself.
///
/// # Errors
/// When nothing could be traced: see [`StartError`].
pub fn start(config: Config) -> Result<(), StartError> {
    internal::fill_held_with(&FILL_HELD);
    internal::account_with(&TRACED_BLOCKS);
    control::start(config)
}

static BEGUN: AtomicBool = AtomicBool::new(false);
/// Whether the report was made, or is being made.
static REPORTED: AtomicBool = AtomicBool::new(false);

#[cfg(any(unix, windows))]
mem_profile_runtime::__run_before_main!(before_main);

#[cfg_attr(not(any(unix, windows)), expect(dead_code, reason = "nothing runs it"))]
extern "C" fn before_main() {
    begin();
}

/// Starts what the environment asks for, once.
pub(crate) fn begin() {
    if BEGUN.swap(true, Relaxed) {
        return;
    }
    let config = {
        let _quiet = Quiet::enter();
        std::env::var_os("MEM_PROFILE_TRACE").and_then(|value| config(&value))
    };
    let Some(config) = config else { return };
    match start(config) {
        Ok(()) => {
            let _quiet = Quiet::enter();
            progress::switch_on();
            internal::at_exit(report_at_exit);
            internal::on_aborting_panic(report);
        }
        Err(error) => {
            let _quiet = Quiet::enter();
            internal::warn(&format!("mem-profile: MEM_PROFILE_TRACE: {error}"));
        }
    }
}

fn config(value: &OsStr) -> Option<Config> {
    match &*value.to_string_lossy() {
        "1" | ALL => Some(Config::exact()),
        "sample" => Some(Config::sampled(Config::USUAL_MEAN)),
        "" | "0" | "off" => None,
        value => {
            internal::warn(&format!(
                "mem-profile: MEM_PROFILE_TRACE={value} is not one of 1, all, sample, 0; nothing is traced"
            ));
            None
        }
    }
}

extern "C" fn report_at_exit() {
    report();
}

fn report() {
    // A forked child has stopped, and what it holds is its parent's.
    if !is_tracing() || REPORTED.swap(true, Relaxed) {
        return;
    }
    let text = std::panic::catch_unwind(|| {
        let _quiet = Quiet::enter();
        let snapshot = snapshot();
        let lists_all = std::env::var_os("MEM_PROFILE_TRACE").is_some_and(|value| value == ALL);
        if lists_all { snapshot.with_start_up() } else { snapshot }.to_text(LINES)
    });
    if let Ok(text) = text {
        let _ = internal::write_all_raw(Stream::Stderr, text.as_bytes());
    }
    stop();
}
