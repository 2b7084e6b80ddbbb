//! A project, and the result of running it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex};
use std::thread::{self, ThreadId};

use mem_profile_format::Snapshot;

use crate::run::Folder;

/// A cargo project in its own folder.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    /// Folder of the command and the report.
    outside: Folder,
}

/// Output and figures of a run.
pub(super) struct Measured {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) snapshot: Option<Snapshot>,
}

fn shared() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("measured")
}

impl Project {
    /// A project with these files. Without a `Cargo.toml`, it gets one of edition 2024.
    pub(super) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        // Two tests of the same folder would remove it from under each other.
        static TESTS: LazyLock<Mutex<HashMap<String, ThreadId>>> = LazyLock::new(Mutex::default);
        let this = thread::current().id();
        assert_eq!(*TESTS.lock().unwrap().entry(name.to_owned()).or_insert(this), this, "{name}");
        let folder = shared().join(name);
        let _ = fs::remove_dir_all(&folder);
        let project = Self { folder, outside: Folder::new() };
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n"
        );
        project.write("Cargo.toml", &manifest);
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The command `run` with these arguments.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.outside.command(&[&["run"], arguments].concat());
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", shared().join("target"));
        command.env("MEM_PROFILE_OUTPUT", self.outside.path("report.json"));
        command.env("MEM_PROFILE_FORMAT", "json");
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Measured {
        self.measured(&self.command(arguments).output().unwrap())
    }

    pub(super) fn measured(&self, output: &Output) -> Measured {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let report = self.outside.path("report.json");
        let snapshot = fs::read(&report).ok().map(|json| serde_json::from_slice(&json).unwrap());
        let _ = fs::remove_file(report);
        Measured {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            snapshot,
        }
    }

    /// All files with their texts.
    pub(super) fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn add(folder: &Path, tree: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    add(&path, tree);
                } else {
                    tree.insert(path.clone(), fs::read(path).unwrap());
                }
            }
        }
        let mut tree = BTreeMap::new();
        add(&self.folder, &mut tree);
        tree
    }
}

impl Measured {
    /// Asserts that the program was built and exited with this code.
    pub(super) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        self
    }

    /// `function file:line increment` of each line with a positive increment.
    pub(super) fn increments(&self) -> Vec<String> {
        let snapshot = self.snapshot.as_ref().expect("a report");
        let functions = snapshot.functions.iter();
        let lines = functions.flat_map(|it| it.body_lines().map(move |line| (it, line)));
        let held = lines.filter_map(|(function, line)| {
            let increment = line.increment.filter(|bytes| *bytes != 0)?;
            Some(format!("{} {}:{} {increment}", function.name, function.file, line.line))
        });
        held.collect()
    }

    pub(super) fn functions(&self) -> Vec<&str> {
        let snapshot = self.snapshot.as_ref().expect("a report");
        snapshot.functions.iter().map(|function| function.name.as_str()).collect()
    }
}
