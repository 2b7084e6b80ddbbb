//! The recording of a run: where it goes, and the page that is opened when the program has ended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::command::options;
use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::process::signals;
use crate::recording;
use crate::runs::Runs;
use crate::view::html;

/// Where a run is recorded.
pub(super) struct Recorded {
    /// The recording; `None` if only the process decides its name.
    path: Option<PathBuf>,
    /// Whether it is the report that the user has asked for.
    is_output: bool,
    /// The page, for `--open`.
    page: PathBuf,
    begun: SystemTime,
}

impl Recorded {
    /// The recording of the target `name`: `output` if that is one, or else the project's own.
    pub(super) fn begin(output: Option<&Path>, runs: &Runs, name: &str) -> Result<Self> {
        let is_recording = |path: &&Path| {
            path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mprof"))
        };
        let output = output.filter(is_recording);
        // `%p` and the like stand for what only the process knows.
        let is_known = |path: &&Path| !path.to_string_lossy().contains('%');
        let elsewhere = output.filter(is_known).map(absolute).transpose()?;
        runs.begin(name, elsewhere.as_deref())?;
        let own = runs.recording(name);
        Ok(Self {
            page: own.with_extension("html"),
            is_output: output.is_some(),
            path: elsewhere.or_else(|| output.is_none().then_some(own)),
            begun: SystemTime::now(),
        })
    }

    /// Has the program record itself.
    pub(super) fn set(&self, command: &mut Command) {
        if let Some(path) = self.path.as_ref().filter(|_| !self.is_output) {
            command.env("MEM_PROFILE_RECORDING", path);
        }
    }

    /// Runs the program, then opens the page. The exit code is the program's.
    pub(super) fn open_after(&self, command: &mut Command) -> Result<Outcome> {
        // Cargo handles Ctrl-C itself.
        signals::receive(|_| true);
        let path = self.path.as_ref();
        let path = path.context("--open needs a recording without `%` in its name")?;
        let status = command.status().context("cannot start cargo")?;
        if self.is_of_this_run(path) {
            self.open(path)?;
        } else if status.success() {
            output::status("note", "nothing to open: no measured function was called");
        }
        Ok(Outcome::Program(signals::exit_code(status)))
    }

    fn is_of_this_run(&self, path: &Path) -> bool {
        let changed = fs::metadata(path).and_then(|it| it.modified());
        changed.is_ok_and(|changed| changed >= self.begun)
    }

    fn open(&self, path: &Path) -> Result<()> {
        let recording = recording::load(path)?;
        recording.warn(path);
        Target::File(self.page.clone()).write(html::render(&recording).as_bytes())?;
        options::show(&self.page);
        Ok(())
    }
}

/// The path of a report. It is absolute, since tests run in the folder of their package.
pub(super) fn absolute(output: &Path) -> Result<PathBuf> {
    let is_stream = ["stderr", "stdout"].iter().any(|stream| output == Path::new(stream));
    let here = std::env::current_dir().context("there is no current folder")?;
    Ok(if is_stream { output.to_owned() } else { here.join(output) })
}
