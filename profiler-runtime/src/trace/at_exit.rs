//! `MEM_PROFILE_TRACE=1`: the whole run is traced, and reported at its end, without a change of
//! the code. `MEM_PROFILE_TRACE=sample` takes a sample of it.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::{Config, snapshot, start, stop};
use crate::process::{self, Stream};
use crate::record::quiet::Quiet;
use crate::session;

/// Lines in each part of the report.
const LINES: usize = 10;

/// Whether the report was made, or is being made.
static REPORTED: AtomicBool = AtomicBool::new(false);

/// What the loader runs before `main`.
#[cfg(all(unix, not(target_vendor = "apple")))]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

#[cfg(target_vendor = "apple")]
#[used]
#[unsafe(link_section = "__DATA,__mod_init_func")]
static BEFORE_MAIN: extern "C" fn() = before_main;

#[cfg(windows)]
#[used]
#[unsafe(link_section = ".CRT$XCU")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    let config = {
        let _quiet = Quiet::enter();
        std::env::var_os("MEM_PROFILE_TRACE").and_then(|value| config(&value))
    };
    let Some(config) = config else { return };
    match start(config) {
        Ok(()) => {
            let _quiet = Quiet::enter();
            process::at_exit(report_at_exit);
            session::exit::on_aborting_panic(report);
        }
        Err(error) => {
            let _quiet = Quiet::enter();
            session::warn(&format!("mem-profile: MEM_PROFILE_TRACE: {error}"));
        }
    }
}

fn config(value: &OsStr) -> Option<Config> {
    match value.to_str()? {
        "1" => Some(Config::exact()),
        "sample" => Some(Config::sampled(Config::USUAL_MEAN)),
        _ => None,
    }
}

extern "C" fn report_at_exit() {
    report();
}

fn report() {
    // A forked child has stopped, and what it holds is its parent's.
    if !super::is_tracing() || REPORTED.swap(true, Relaxed) {
        return;
    }
    let text = std::panic::catch_unwind(|| {
        let _quiet = Quiet::enter();
        snapshot().to_text(LINES)
    });
    if let Ok(text) = text {
        let _ = process::write_all_raw(Stream::Stderr, text.as_bytes());
    }
    stop();
}
