//! Writes samples to a file as they are taken, so that none is lost however the run ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{ToSpan, ZonedDateTime};

use super::model::{Child, Peak, Sample, Series, Timeline};
use super::recorded::{self, ProgramRecordings};
use super::sampler::{Sampler, Tick};
use super::{dat, files};
use crate::output;

/// A sample file that is being written.
#[derive(Default)]
pub(crate) struct Recorder {
    path: PathBuf,
    /// `None` if nothing is to be written, or after an error.
    file: Option<File>,
    /// Number of samples.
    pub(crate) samples: usize,
    /// A series with only the highest sample, and the system's own peak.
    highest: Series,
    /// The same of each child.
    children: BTreeMap<u32, Child>,
    /// The highest sum of samples at one time, and of how many processes it is.
    together: Option<(Sample, usize)>,
}

impl Recorder {
    /// Creates a file with the given name, or with one made from the time.
    ///
    /// # Errors
    /// If it cannot be created.
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

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        let name = self.path.display().to_string();
        if name.is_empty() { "the run".into() } else { name }
    }

    pub(crate) fn take(&mut self, tick: &Tick) {
        self.samples += 1;
        keep_highest(&mut self.highest, tick.memory);
        let mut lines = dat::sample_line(None, tick.memory);
        for (id, name) in &tick.names {
            self.child(*id).name = Some(name.clone());
            lines += &dat::name_line(*id, name);
        }
        let mut sum = tick.memory;
        for (id, sample) in &tick.children {
            keep_highest(&mut self.child(*id).series, *sample);
            lines += &dat::sample_line(Some(*id), *sample);
            sum.bytes += sample.bytes;
        }
        if self.together.is_none_or(|(highest, _)| highest.bytes < sum.bytes) {
            self.together = Some((sum, tick.processes + tick.children.len()));
        }
        self.write(&lines);
    }

    fn child(&mut self, id: u32) -> &mut Child {
        self.children.entry(id).or_insert_with(|| Child { id, ..Child::default() })
    }

    /// Adds the peaks that the system recorded.
    pub(crate) fn mark(&mut self, sampler: &Sampler) {
        let mut lines = String::new();
        for (child, mark) in sampler.marks() {
            lines += &dat::mark_line(child, mark);
            let series = match child {
                Some(id) => &mut self.child(id).series,
                None => &mut self.highest,
            };
            series.mark = Some(Peak::of_system(mark));
        }
        self.write(&lines);
    }

    /// Adds the recorded calls.
    pub(crate) fn calls(&mut self, recordings: &ProgramRecordings) {
        let timelines = recordings.timelines();
        if timelines.is_empty() {
            return;
        }
        // A pipe cannot be read again.
        let bytes = output::is_file(&self.path).then(|| fs::read(&self.path).ok()).flatten();
        let written = bytes.and_then(|bytes| dat::parse(&bytes).ok());
        let samples = written.map(|it| it.timeline.memory.samples).unwrap_or_default();
        let mut all = Timeline::default();
        timelines.iter().for_each(|timeline| recorded::omit(&mut all, timeline));
        let lines = dat::span_lines(&recorded::spans(&timelines, &samples));
        self.write(&(lines + &dat::omitted_lines(&all.omitted)));
    }

    /// The highest memory in use by the program, or by the program and its children.
    pub(crate) fn peak(&self) -> Option<Peak> {
        self.highest.peak()
    }

    /// The children with series of their own, each with its highest sample.
    pub(crate) fn children(&self) -> impl Iterator<Item = &Child> {
        self.children.values()
    }

    /// The highest sum of all processes at one time, and of how many it is.
    pub(crate) fn together(&self) -> Option<(Sample, usize)> {
        self.together
    }

    /// Removes the file, since there was nothing to sample.
    pub(crate) fn discard(self) {
        // Links and special files were not created here.
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| metadata.is_file()) {
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Writes lines. After the first error there is a warning, and nothing more is written.
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

fn keep_highest(series: &mut Series, sample: Sample) {
    if series.samples.first().is_none_or(|it| it.bytes < sample.bytes) {
        series.samples = vec![sample];
    }
}

/// The name contains the second of the start. If two runs start in one second, the later one takes the
/// next.
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

/// The command line, quoted for a shell.
fn shell_words(words: &[String]) -> String {
    let words = words.iter().map(String::as_str);
    // Only NUL cannot be quoted, which no argument of a process contains.
    shlex::try_join(words.clone()).unwrap_or_else(|_| words.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_quoted_for_a_shell() {
        let words = ["target/app", "two words", "", "it's", "--limit=3"].map(str::to_owned);
        assert_eq!(shell_words(&words), r#"target/app 'two words' '' "it's" '--limit=3'"#);
    }
}
