//! The one way in: from a file to what was recorded.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use mem_profile_runtime::{SCHEMA_VERSION, Snapshot};
use serde::{Deserialize, Serialize};

use crate::output;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Recording {
    /// The figures, ordered by file and line.
    #[serde(flatten)]
    pub(crate) snapshot: Snapshot,
    /// Command line of the program; `None` where it is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<String>,
    /// Why these are not the figures of a whole run; `None` where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) incomplete: Option<Incomplete>,
}

/// What is missing of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Incomplete {
    /// One sentence for people.
    pub(crate) reason: String,
    /// Whether figures are lost that had been booked, rather than only the end of the run.
    pub(crate) lossy: bool,
}

impl Recording {
    /// Says on standard error what is missing of what was read from `path`.
    pub(crate) fn warn(&self, path: &Path) {
        if let Some(Incomplete { reason, .. }) = &self.incomplete {
            output::complain("warning", &format!("{}: {reason}", path.display()));
        }
    }
}

/// Reads a recording in any of its forms.
pub(crate) fn load(path: &Path) -> Result<Recording> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let recording = match bytes.trim_ascii_start().first() {
        None => bail!("{} is empty: nothing was recorded", path.display()),
        Some(b'{') => from_json(&bytes),
        Some(_) => bail!(
            "{} is no recording: make one with MEM_PROFILE_OUTPUT=run.json MEM_PROFILE_FORMAT=json",
            path.display()
        ),
    };
    let mut recording = recording.with_context(|| format!("cannot use {}", path.display()))?;
    recording.snapshot.sort();
    Ok(recording)
}

#[derive(Deserialize)]
struct Version {
    schema_version: u32,
}

fn from_json(bytes: &[u8]) -> Result<Recording> {
    let version: Version = serde_json::from_slice(bytes).map_err(explained)?;
    if version.schema_version != SCHEMA_VERSION {
        bail!(
            "it has version {}, and this command reads {SCHEMA_VERSION}: install the version of \
             cargo-mem-profile that the program uses of mem-profile",
            version.schema_version,
        );
    }
    serde_json::from_slice(bytes).map_err(explained)
}

fn explained(error: serde_json::Error) -> anyhow::Error {
    if error.is_eof() {
        return anyhow::anyhow!("it ends in the middle: the disk was full, or the writer killed");
    }
    anyhow::anyhow!("it is not JSON as mem-profile writes it: {error}")
}

#[cfg(test)]
mod tests {
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
    fn what_is_no_recording_is_refused_in_a_line() {
        insta::assert_snapshot!(refusal(b""), @"is empty: nothing was recorded");
        insta::assert_snapshot!(refusal(b"\x7fELF"), @"is no recording: make one with MEM_PROFILE_OUTPUT=run.json MEM_PROFILE_FORMAT=json");
        insta::assert_snapshot!(refusal(b"{}"), @"it is not JSON as mem-profile writes it: missing field `schema_version` at line 1 column 2");
        insta::assert_snapshot!(refusal(br#"{"schema_version": 99}"#), @"
        it has version 99, and this command reads 1: install the version of cargo-mem-profile that the program uses of mem-profile
        ");
        let json = serde_json::to_vec(&sample::leak()).unwrap();
        insta::assert_snapshot!(refusal(&json[..json.len() / 2]), @"it ends in the middle: the disk was full, or the writer killed");
    }
}
