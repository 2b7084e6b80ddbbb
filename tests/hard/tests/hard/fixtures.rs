//! Programs that no profile of this workspace can build: cargo, run inside cargo.
//!
//! Only programs that need another panic strategy, other features or another version of the profiler are
//! built like this, with the workspace's own lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package of its own below the target folder.
pub(crate) struct Fixture {
    folder: PathBuf,
}

/// The root of the workspace that is tested.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

impl Fixture {
    /// A new package with this manifest, in which `{workspace}` stands for [`workspace`].
    pub(crate) fn new(name: &str, manifest: &str) -> Self {
        let fixture = Self { folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join(name) };
        let workspace = workspace();
        let manifest = manifest.replace("{workspace}", workspace.to_str().unwrap());
        // The target folder may lie inside the workspace, of which the package is not a member.
        fixture.write("Cargo.toml", &format!("{manifest}\n[workspace]\n"));
        fs::copy(workspace.join("Cargo.lock"), fixture.path("Cargo.lock")).unwrap();
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The standard output of this cargo command.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", target());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// A program that was built.
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        target().join(profile).join(name)
    }
}

/// One target folder for all fixtures, so that the dependencies of the macro are built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures")
}

/// Copies a folder with its contents.
pub(crate) fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
