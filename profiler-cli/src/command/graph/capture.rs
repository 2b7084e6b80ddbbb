//! `graph capture`: asks a running program for a capture of its heap.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::command::sampling::duration;
use crate::outcome::Outcome;
use crate::output::Target;
use crate::process::{self, Capturing};

/// Ask a running program for a capture of its heap
///
/// The program was started by `graph run`, or with the feature `graph` and MEM_PROFILE_GRAPH=app.mheap. It writes the
/// file itself, beside earlier ones, and goes on. This command prints its path.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Process id
    #[arg(value_name = "PID")]
    process: u32,
    /// How long to wait for the file
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    timeout: Duration,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile graph capture 4711
  cargo mem-profile graph report \"$(cargo mem-profile graph capture 4711)\"";

pub(super) fn run(arguments: &Arguments) -> Result<Outcome> {
    let id = arguments.process;
    let found = process::capturing(id);
    let found = found.with_context(|| format!("cannot look into process {id}"))?;
    let capturing = found.with_context(|| {
        format!("process {id} waits for no capture: start it by `cargo mem-profile graph run`")
    })?;
    let place = Place::of(&capturing);
    let before = place.captures()?;
    process::ask_for_capture(id).with_context(|| format!("cannot signal process {id}"))?;
    let begin = Instant::now();
    while begin.elapsed() < arguments.timeout {
        std::thread::sleep(Duration::from_millis(20));
        if let Some(name) = place.captures()?.difference(&before).next() {
            let path = place.folder.join(name);
            Target::Stdout.write(format!("{}\n", path.display()).as_bytes())?;
            return Ok(Outcome::Done);
        }
        if process::capturing(id).is_err() {
            bail!("process {id} has ended");
        }
    }
    let folder = place.folder.display();
    bail!(
        "no capture came into {folder}: standard error of the program says why, unless it handles SIGUSR2 itself"
    )
}

/// Where the captures of a program are.
struct Place {
    folder: PathBuf,
    /// How their names begin and end; between these, there may be a number.
    start: String,
    end: String,
}

impl Place {
    fn of(capturing: &Capturing) -> Self {
        let path = capturing.folder.join(&capturing.pattern);
        let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let (stem, end) = (part(path.file_stem()), part(path.extension()));
        // The program fills in the placeholders.
        let start = stem.split('%').next().unwrap_or_default().to_owned();
        Self { folder: path.parent().unwrap_or(Path::new("")).to_owned(), start, end }
    }

    fn captures(&self) -> Result<BTreeSet<OsString>> {
        let shown = self.folder.display();
        let entries = fs::read_dir(&self.folder).with_context(|| format!("cannot read {shown}"))?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
        let is_capture = |name: &OsString| {
            let text = name.to_string_lossy();
            // A file that is being written begins with a dot.
            !text.starts_with('.') && text.starts_with(&self.start) && text.ends_with(&self.end)
        };
        Ok(names.filter(is_capture).collect())
    }
}
