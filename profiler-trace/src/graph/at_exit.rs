//! `MEM_PROFILE_GRAPH=app.mheap`: every block is traced from before `main` on, and the heap captured at the end of the
//! program and whenever it gets SIGUSR2, without a change of the code. With `MEM_PROFILE_GRAPH_AFTER=5s` it is captured
//! then, and at the end only if that comes sooner. With `MEM_PROFILE_GRAPH_DUPLICATES=on` contents are hashed.
//!
//! No capture takes the place of a file: a later one has a number in its name.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use mem_profile_format::report::Unit;
use mem_profile_runtime::internal::{self, Quiet};

use crate::at_exit;
use crate::capture::config::Config;
use crate::capture::control::{is_tracing, is_tracing_all};
use crate::graph::{self, CaptureError, Captured, Occasion};

/// The captures that the environment asks for.
struct Wanted {
    /// The folder in which the program was started.
    folder: PathBuf,
    /// The path, with its placeholders.
    pattern: String,
    after: Option<Duration>,
    /// Whether copies are looked for.
    duplicates: bool,
}

static WANTED: OnceLock<Wanted> = OnceLock::new();

/// Captures come one after the other.
static STATE: Mutex<State> = Mutex::new(State { is_over: false, is_time_over: false });

struct State {
    /// The program ends.
    is_over: bool,
    /// The capture after a time is done.
    is_time_over: bool,
}

mem_profile_runtime::__run_before_main!(before_main);

extern "C" fn before_main() {
    let wanted = {
        let _quiet = Quiet::enter();
        wanted()
    };
    let Some(wanted) = wanted else { return };
    // At the end, its report comes after the capture: it stops the tracer.
    at_exit::begin();
    let started = at_exit::start(Config::exact());
    let _quiet = Quiet::enter();
    if let Err(error) = started {
        return warn(&error.to_string());
    }
    if !is_tracing_all() {
        return warn("nothing is captured of a sample: leave out MEM_PROFILE_TRACE=sample");
    }
    let after = wanted.after;
    if WANTED.set(wanted).is_err() {
        return;
    }
    match graph::listen(after, on_request) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            warn("SIGUSR2 is taken, so no signal asks for a capture");
        }
        Err(error) => return warn(&format!("nothing is captured: {error}")),
    }
    internal::at_exit(capture_at_exit);
    internal::on_aborting_panic(|| capture_at_exit());
}

fn wanted() -> Option<Wanted> {
    let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
    let pattern = variable("MEM_PROFILE_GRAPH").map(|path| path.to_string_lossy().into_owned());
    let after =
        variable("MEM_PROFILE_GRAPH_AFTER").and_then(|time| time_of(&time.to_string_lossy()));
    let duplicates = variable("MEM_PROFILE_GRAPH_DUPLICATES")
        .is_some_and(|value| is_on(&value.to_string_lossy()));
    for (name, is_set) in [("AFTER", after.is_some()), ("DUPLICATES", duplicates)] {
        if is_set && pattern.is_none() {
            internal::warn(&format!(
                "mem-profile: MEM_PROFILE_GRAPH_{name} has no effect without MEM_PROFILE_GRAPH"
            ));
        }
    }
    let pattern = pattern.filter(|path| path != "0" && path != "off")?;
    Some(Wanted { folder: env::current_dir().unwrap_or_default(), pattern, after, duplicates })
}

fn is_on(text: &str) -> bool {
    let is_on = ["1", "on"].contains(&text);
    if !is_on && !["0", "off"].contains(&text) {
        internal::warn(&format!(
            "mem-profile: MEM_PROFILE_GRAPH_DUPLICATES={text} is neither on nor off; nothing is hashed"
        ));
    }
    is_on
}

fn time_of(text: &str) -> Option<Duration> {
    let time = internal::duration(text.trim());
    if time.is_none() {
        internal::warn(&format!(
            "mem-profile: MEM_PROFILE_GRAPH_AFTER={text} is not a time from 1ms up, such as 5s; capturing at the end"
        ));
    }
    time
}

/// On the thread that waits for it.
fn on_request(occasion: Occasion) {
    let _quiet = Quiet::enter();
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if state.is_over {
        return;
    }
    state.is_time_over |= occasion == Occasion::Time;
    capture();
}

extern "C" fn capture_at_exit() {
    // A forked child has stopped, and what it holds is its parent's.
    if !is_tracing() {
        return;
    }
    let _quiet = Quiet::enter();
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::replace(&mut state.is_over, true) || state.is_time_over {
        return;
    }
    if let Some(Wanted { after: Some(after), .. }) = WANTED.get() {
        warn(&format!("the program ends before {after:?} are over, and is captured now"));
    }
    capture();
}

fn capture() {
    let Some(wanted) = WANTED.get() else { return };
    let path = wanted.folder.join(internal::expanded_path(&wanted.pattern));
    let path = free_name(&path);
    let config = graph::Config::new().duplicates(wanted.duplicates);
    let captured = graph::capture_with(&config, &path).or_else(|error| match error {
        CaptureError::ThreadsMissing(names) => {
            warn(&format!(
                "threads did not stop, and are captured as they run: {}",
                names.join(", ")
            ));
            graph::capture_with(&config.incomplete(true), &path)
        }
        error => Err(error),
    });
    match captured {
        Ok(captured) => internal::warn(&sentence(&captured, &path)),
        Err(error) => warn(&format!("{}: {error}", path.display())),
    }
}

fn sentence(captured: &Captured, path: &Path) -> String {
    let (blocks, bytes) = (captured.blocks, Unit::Auto.format(captured.bytes.into(), 1));
    let (path, paused) = (path.display(), captured.paused);
    format!(
        "mem-profile: captured {bytes} in {blocks} blocks, paused for {paused:.1?}; `cargo mem-profile graph report \
         {path}` shows who holds them"
    )
}

/// This path, or the first with a number that nobody has.
fn free_name(path: &Path) -> PathBuf {
    let numbered = |number: u32| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".{number}"));
        if let Some(extension) = path.extension() {
            name.push(".");
            name.push(extension);
        }
        path.with_file_name(name)
    };
    let is_free = |path: &PathBuf| path.symlink_metadata().is_err();
    let names = std::iter::once(path.to_owned()).chain((2..).map(numbered));
    names.into_iter().find(is_free).unwrap_or_else(|| path.to_owned())
}

fn warn(message: &str) {
    internal::warn(&format!("mem-profile: MEM_PROFILE_GRAPH: {message}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_capture_takes_the_place_of_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for (asked, expected) in [
            ("a.mheap", "a.mheap"),
            ("a.mheap", "a.2.mheap"),
            ("a.mheap", "a.3.mheap"),
            ("b", "b"),
            ("b", "b.2"),
        ] {
            let free = free_name(&path(asked));
            assert_eq!(free, path(expected));
            std::fs::write(free, "").unwrap();
        }
    }
}
