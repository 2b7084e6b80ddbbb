//! Reads recordings: the files of runs, and reports as JSON.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use mem_profile_format::recording::{self, Reason, RecordingError, State};
use mem_profile_format::{FunctionSnapshot, SCHEMA_VERSION, Snapshot};
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::outcome::Outcome;
use crate::output;

/// Longest name, in bytes.
const LONGEST: usize = 1_000;

/// A recording.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Recording {
    /// The figures, ordered by file and line.
    #[serde(flatten)]
    pub(crate) snapshot: Snapshot,
    /// Command line of the program; `None` if it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<String>,
    /// Why these are not the figures of a whole run; `None` if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) incomplete: Option<Incomplete>,
}

/// Why a recording is incomplete.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Incomplete {
    /// A sentence for people.
    pub(crate) reason: String,
    /// Whether recorded figures are lost, rather than only the end of the run.
    pub(crate) lossy: bool,
}

impl Recording {
    /// The outcome of a command that has shown it.
    pub(crate) fn outcome(&self) -> Outcome {
        let is_lossy = self.incomplete.as_ref().is_some_and(|incomplete| incomplete.lossy);
        if is_lossy { Outcome::Lossy } else { Outcome::Done }
    }

    /// Prints the notes on functions, for views that have no place for them.
    pub(crate) fn warn_of_functions(&self) {
        for (name, note) in notes(&self.snapshot.functions) {
            output::status("note", &format!("{name}: {note}"));
        }
    }

    /// Prints a warning if the recording, read from `path`, is incomplete.
    pub(crate) fn warn(&self, path: &Path) {
        if let Some(Incomplete { reason, .. }) = &self.incomplete {
            output::status("warning", &format!("{} is incomplete: {reason}", path.display()));
        }
    }
}

/// Functions that have a note on their figures, with the note.
pub(crate) fn notes(functions: &[FunctionSnapshot]) -> impl Iterator<Item = (&str, &str)> {
    functions.iter().filter_map(|function| Some((&*function.name, function.note.as_deref()?)))
}

/// Reads a recording, or a report as JSON.
pub(crate) fn load(path: &Path) -> Result<Recording> {
    read(path, Input::open(path)?)
}

/// Reads a recording from an input that was opened at this path.
pub(crate) fn read(path: &Path, input: Input) -> Result<Recording> {
    let recording = match input.first_byte() {
        None => bail!("{} is empty: nothing was recorded", path.display()),
        Some(b'{') => input.into_bytes().map_err(Into::into).and_then(|bytes| from_json(&bytes)),
        // Only with the path can the reader find out whether the process is still running.
        _ if input.is_file => recording::Recording::open(path).map(from_file).map_err(explained),
        _ if input.is_recording() => from_pipe(input),
        _ => Err(explained(RecordingError::NotARecording)),
    };
    let mut recording = recording.with_context(|| format!("cannot use {}", path.display()))?;
    let Snapshot { paths, functions, .. } = &recording.snapshot;
    if paths.as_ref().is_some_and(|paths| !paths.are_sound(functions.len())) {
        bail!("cannot use {}: its paths contradict each other: it is damaged", path.display());
    }
    if truncate_names(&mut recording.snapshot) {
        let path = path.display();
        let what =
            format!("{path} has names or notes of more than {LONGEST} bytes, which are truncated");
        output::status("note", &what);
    }
    recording.snapshot.sort();
    Ok(recording)
}

/// Truncates names that are too long for any real function, since views repeat them on each line.
fn truncate_names(snapshot: &mut Snapshot) -> bool {
    let functions = snapshot.functions.iter_mut();
    let names =
        functions.flat_map(|it| [&mut it.name, &mut it.file].into_iter().chain(&mut it.note));
    let labels = snapshot.timeline.iter_mut().flat_map(|timeline| &mut timeline.labels);
    let mut names: Vec<_> = names.chain(labels.map(|label| &mut label.name)).collect();
    names.retain(|name| name.len() > LONGEST);
    for name in &mut names {
        let end = (0..=LONGEST).rev().find(|&at| name.is_char_boundary(at));
        name.truncate(end.unwrap_or(0));
        name.push('…');
    }
    !names.is_empty()
}

fn from_pipe(input: Input) -> Result<Recording> {
    let bytes = input.into_bytes()?;
    let mut recording = recording::Recording::read(&bytes).map(from_file).map_err(explained)?;
    if let Some(incomplete) = recording.incomplete.as_mut().filter(|it| !it.lossy) {
        "it was not closed: its process was killed or is still running, which a pipe cannot show"
            .clone_into(&mut incomplete.reason);
    }
    Ok(recording)
}

fn from_file(recording: recording::Recording) -> Recording {
    let incomplete = match &recording.state {
        State::Complete => None,
        State::Running => Some(Incomplete {
            reason: format!(
                "process {} is still running; these are its figures so far",
                recording.process
            ),
            lossy: false,
        }),
        State::Incomplete(reasons) => Some(Incomplete {
            reason: reasons.iter().map(Reason::to_string).collect::<Vec<_>>().join("; moreover, "),
            lossy: reasons.iter().any(|reason| *reason != Reason::Ended),
        }),
        // A state that this version does not know counts as incomplete.
        state => Some(Incomplete { reason: format!("{state:?}"), lossy: true }),
    };
    let program = Some(recording.program).filter(|program| !program.is_empty());
    Recording { snapshot: recording.snapshot, program, incomplete }
}

/// The error without the name of the file, which the caller adds.
fn explained(error: RecordingError) -> anyhow::Error {
    match error {
        RecordingError::Io { error, .. } => error.into(),
        error => anyhow!("{error}"),
    }
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

fn from_json(bytes: &[u8]) -> Result<Recording> {
    let version: Version = serde_json::from_slice(bytes).map_err(of_json)?;
    if !(1..=SCHEMA_VERSION).contains(&version.schema_version) {
        bail!(
            "it has version {}, but this command reads versions up to {SCHEMA_VERSION}: install the same \
             version of cargo-mem-profile as of mem-profile in the program",
            version.schema_version,
        );
    }
    serde_json::from_slice(bytes).map_err(of_json)
}

fn of_json(error: serde_json::Error) -> anyhow::Error {
    if error.is_eof() {
        return anyhow!("it is truncated: the disk was full, or the writer was killed");
    }
    anyhow!("it is not a JSON report of mem-profile: {error}")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mem_profile_format::{CallPath, CallPaths, Held};

    use super::*;
    use crate::sample;

    fn loaded(content: &[u8]) -> Result<Recording> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        fs::write(&path, content).unwrap();
        load(&path)
    }

    fn refusal(content: &[u8]) -> String {
        let error = format!("{:#}", loaded(content).unwrap_err());
        error.split_once("/run").unwrap().1.trim_start_matches([':', ' ']).to_owned()
    }

    #[test]
    fn json_comes_back_as_it_was() {
        let json = serde_json::to_vec(&sample::leak()).unwrap();
        let mut recording = loaded(&json).unwrap();
        assert_eq!(
            recording,
            Recording { snapshot: sample::leak(), program: None, incomplete: None }
        );
        recording.incomplete = Some(Incomplete { reason: "cut".into(), lossy: true });
        assert_eq!(loaded(&serde_json::to_vec(&recording).unwrap()).unwrap(), recording);
    }

    #[test]
    fn paths_that_lead_nowhere_are_refused() {
        let mut snapshot = sample::leak();
        let path = CallPath {
            caller: Some(0),
            function: 0,
            line: 35,
            is_recursive: false,
            own: Held::default(),
        };
        snapshot.paths = Some(CallPaths { all: vec![path], ..CallPaths::default() });
        insta::assert_snapshot!(refusal(&serde_json::to_vec(&snapshot).unwrap()), @"its paths contradict each other: it is damaged");
    }

    #[test]
    fn names_are_truncated() {
        let mut snapshot = sample::leak();
        snapshot.functions[0].name = "ü".repeat(501);
        snapshot.functions[0].note = Some("x".repeat(1_000_000));
        snapshot.functions[1].name = "ü".repeat(500);
        let functions = loaded(&serde_json::to_vec(&snapshot).unwrap()).unwrap().snapshot.functions;
        assert_eq!(functions[0].name, "ü".repeat(500) + "…");
        assert_eq!(functions[0].note, Some("x".repeat(1_000) + "…"));
        assert_eq!(functions[1].name, "ü".repeat(500));
    }

    #[test]
    fn other_files_are_refused_in_one_line() {
        insta::assert_snapshot!(refusal(b""), @"is empty: nothing was recorded");
        insta::assert_snapshot!(refusal(b"\x7fELF"), @"
        this is not a recording of mem-profile; run the program with MEM_PROFILE_OUTPUT=run.mprof to make one
        ");
        insta::assert_snapshot!(refusal(b"{}"), @"it is not a JSON report of mem-profile: missing field `schema_version` at line 1 column 2");
        insta::assert_snapshot!(refusal(br#"{"schema_version": 99}"#), @"
        it has version 99, but this command reads versions up to 2: install the same version of cargo-mem-profile as of mem-profile in the program
        ");
        let json = serde_json::to_vec(&sample::leak()).unwrap();
        insta::assert_snapshot!(refusal(&json[..json.len() / 2]), @"it is truncated: the disk was full, or the writer was killed");
    }
}
