//! The recordings that `run` makes, one for each target of a project: in `mem-profile/runs`, below the target
//! folder. A recording that the user wants elsewhere is named there. Beside it stands which functions are left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::left_out::LeftOut;

/// The ending of the name of a recording.
const EXTENSION: &str = "mprof";
/// The ending of the name of a file that names a recording elsewhere.
const ELSEWHERE: &str = "path";

/// The recordings of a project.
pub(crate) struct Runs {
    folder: PathBuf,
}

impl Runs {
    /// Those of the project with this target folder.
    pub(crate) fn of(target: &Path) -> Self {
        Self { folder: target.join("mem-profile/runs") }
    }

    /// The recording of the target `name`.
    pub(crate) fn recording(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(EXTENSION)
    }

    /// Notes where the target `name` is recorded from now on: here, or `elsewhere`.
    pub(crate) fn begin(&self, name: &str, elsewhere: Option<&Path>) -> Result<()> {
        let note = self.folder.join(name).with_extension(ELSEWHERE);
        let noted = fs::create_dir_all(&self.folder).and_then(|()| match elsewhere {
            Some(path) => fs::write(&note, path.as_os_str().as_encoded_bytes()),
            None if note.exists() => fs::remove_file(&note),
            None => Ok(()),
        });
        noted.with_context(|| format!("cannot write to {}", self.folder.display()))
    }

    /// The functions that are left out of the target `name`.
    pub(crate) fn left_out(&self, name: &str) -> LeftOut {
        let text = fs::read(self.left_out_of(name)).unwrap_or_default();
        // One of another version of this command is learned again.
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(crate) fn keep_left_out(&self, name: &str, left_out: &LeftOut) -> Result<()> {
        let path = self.left_out_of(name);
        let text = serde_json::to_string(left_out)?;
        let written = fs::create_dir_all(&self.folder).and_then(|()| fs::write(&path, text));
        written.with_context(|| format!("cannot write {}", path.display()))
    }

    fn left_out_of(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension("json")
    }

    /// The last recording of the target `name`.
    pub(crate) fn last(&self, name: &str) -> Option<PathBuf> {
        self.all().filter(|it| it.name == name).max_by_key(|it| it.changed).map(|it| it.path)
    }

    /// The newest recording of any target.
    pub(crate) fn newest(&self) -> Option<PathBuf> {
        self.all().max_by_key(|it| it.changed).map(|it| it.path)
    }

    fn all(&self) -> impl Iterator<Item = Run> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        entries.filter_map(|entry| Run::of(&entry.ok()?.path()))
    }
}

/// One recording.
struct Run {
    name: String,
    path: PathBuf,
    changed: SystemTime,
}

impl Run {
    fn of(entry: &Path) -> Option<Self> {
        let path = match entry.extension()?.to_str()? {
            EXTENSION => entry.to_owned(),
            ELSEWHERE => fs::read_to_string(entry).ok()?.into(),
            _ => return None,
        };
        let changed = fs::metadata(&path).ok()?.modified().ok()?;
        Some(Self { name: entry.file_stem()?.to_str()?.to_owned(), path, changed })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_newest_recording_is_found_wherever_the_user_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let runs = Runs::of(folder.path());
        assert_eq!((runs.newest(), runs.last("dev-bin-a")), (None, None));
        let made = |path: &Path, seconds| {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            File::create(path).unwrap().set_modified(time).unwrap();
        };
        runs.begin("dev-bin-a", None).unwrap();
        assert_eq!(runs.newest(), None, "it was not recorded yet");
        let (a, b) = (runs.recording("dev-bin-a"), runs.recording("dev-bin-b"));
        made(&a, 100);
        made(&b, 200);
        assert_eq!((runs.newest(), runs.last("dev-bin-a")), (Some(b.clone()), Some(a.clone())));
        let own = folder.path().join("own.mprof");
        runs.begin("dev-bin-a", Some(&own)).unwrap();
        assert_eq!(runs.newest(), Some(b.clone()), "there is none yet");
        made(&own, 300);
        assert_eq!((runs.newest(), runs.last("dev-bin-a")), (Some(own.clone()), Some(own)));
        runs.begin("dev-bin-a", None).unwrap();
        assert_eq!((runs.newest(), runs.last("dev-bin-a")), (Some(b), Some(a)));
    }
}
