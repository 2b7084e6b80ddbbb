//! Runs the command in a temporary folder.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use mem_profile_format::Snapshot;
use tempfile::TempDir;

pub(crate) const COMMAND: &str = env!("CARGO_BIN_EXE_cargo-mem-profile");

/// A folder with recordings in it.
pub(crate) struct Folder(TempDir);

/// The result of a run of the command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(name: &str, snapshot: &Snapshot) -> Self {
        let folder = Self::new();
        folder.record(name, snapshot);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn record(&self, name: &str, snapshot: &Snapshot) {
        self.write(name, &serde_json::to_string(snapshot).unwrap());
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Whether `a.dat` has any.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_samples(&self) -> bool {
        fs::read_to_string(self.path("a.dat")).is_ok_and(|text| text.contains("\nMEM "))
    }

    /// The command with these arguments, in this folder, without variables that would affect it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(COMMAND);
        command.args(arguments).current_dir(self.0.path());
        command.stdin(Stdio::null());
        let changes = ["MEM_PROFILE", "GITHUB_", "NO_COLOR", "CLICOLOR", "CARGO_TERM_"];
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if changes.iter().any(|start| name.starts_with(start)) {
                command.env_remove(name);
            }
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&self.command(arguments).output().unwrap())
    }
}

/// Waits for a condition that is certain to hold eventually, even on a busy machine.
pub(crate) fn wait_for(is_so: impl Fn() -> bool) {
    let mut looks = (0..12_000).inspect(|_| thread::sleep(Duration::from_millis(10)));
    assert!(looks.any(|_| is_so()), "it never came");
}

pub(crate) fn ran(output: &Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran {
        code: output.status.code().expect("no signal ends it"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
