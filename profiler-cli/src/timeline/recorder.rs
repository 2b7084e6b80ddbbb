//! Writes a run down while it is sampled, so that what was sampled is there however it ends.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{ToSpan, ZonedDateTime};

use super::model::{Peak, Series};
use super::recorded::{self, Place};
use super::sampler::{Sampler, Tick};
use super::{dat, files};
use crate::output;

/// A file of samples that is being written.
#[derive(Default)]
pub(crate) struct Recorder {
    path: PathBuf,
    /// `None` where nothing is to be written, or could be.
    file: Option<File>,
    /// How many samples were taken.
    pub(crate) samples: usize,
    /// Like a series of all samples: its highest, and the system's mark.
    highest: Series,
}

impl Recorder {
    /// Begins a file, of the given name or of one by the time.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn create(path: Option<&Path>, command: &[String]) -> Result<Self> {
        let (path, file) = match path {
            Some(path) => (path.to_owned(), output::create(path)),
            None => create_by_time(),
        };
        let file = file.with_context(|| {
            format!("cannot write {}: name another file with --output", path.display())
        })?;
        let mut recorder = Self { path, file: Some(file), ..Self::default() };
        recorder.write(&dat::command_line(&shell_words(command)));
        Ok(recorder)
    }

    /// What it is called, for people.
    pub(crate) fn name(&self) -> String {
        let name = self.path.display().to_string();
        if name.is_empty() { "the run".into() } else { name }
    }

    pub(crate) fn take(&mut self, tick: &Tick) {
        self.samples += 1;
        if self.highest.samples.first().is_none_or(|it| it.bytes < tick.memory.bytes) {
            self.highest.samples = vec![tick.memory];
        }
        let children =
            tick.children.iter().map(|(id, sample)| dat::sample_line(Some(*id), *sample));
        let lines = dat::sample_line(None, tick.memory) + &children.collect::<String>();
        self.write(&lines);
    }

    /// Adds the marks of the system.
    pub(crate) fn mark(&mut self, sampler: &Sampler) {
        let mut lines = String::new();
        for (child, mark) in sampler.marks() {
            lines += &dat::mark_line(child, mark);
            if child.is_none() {
                self.highest.mark = Some(mark);
            }
        }
        self.write(&lines);
    }

    /// Adds the calls that were recorded meanwhile.
    pub(crate) fn calls(&mut self, place: &Place) {
        let timelines = place.timelines();
        if timelines.is_empty() {
            return;
        }
        // Bytes written to a pipe cannot be read again.
        let bytes = output::is_file(&self.path).then(|| fs::read(&self.path).ok()).flatten();
        let written = bytes.and_then(|bytes| dat::parse(&bytes).ok());
        let samples = written.map(|it| it.timeline.memory.samples).unwrap_or_default();
        self.write(&dat::span_lines(&recorded::spans(&timelines, &samples)));
    }

    /// The most that was in use.
    pub(crate) fn peak(&self) -> Option<Peak> {
        self.highest.peak()
    }

    /// Takes the file away: there was nothing to sample.
    pub(crate) fn discard(self) {
        // The recorder makes neither links nor special files.
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_file()) {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// What cannot be written is said once; the program runs on.
    fn write(&mut self, lines: &str) {
        let Some(file) = &mut self.file else { return };
        if let Err(error) = file.write_all(lines.as_bytes()) {
            let name = self.name();
            output::status(
                "warning",
                &format!("cannot write to {name}: {error}; the rest of the run is missing in it"),
            );
            self.file = None;
        }
    }
}

/// The name tells the second; where two runs begin in one, the later takes the next.
fn create_by_time() -> (PathBuf, io::Result<File>) {
    let mut now = ZonedDateTime::now().datetime();
    loop {
        let path = PathBuf::from(files::name(now));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                now = now.saturating_add(1.second());
            }
            file => return (path, file),
        }
    }
}

/// The command line as a shell would take it, where that needs quotes.
fn shell_words(words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    // Only a NUL cannot be quoted, and no argument of a process has one.
    shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_one_for_a_shell() {
        let words = ["target/app", "two words", "", "it's", "--limit=3"].map(str::to_owned);
        assert_eq!(shell_words(&words), r#"target/app 'two words' '' "it's" '--limit=3'"#);
    }
}
