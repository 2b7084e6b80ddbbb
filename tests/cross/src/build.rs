//! Builds a program with the attribute and the probe, and runs it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use transparency::source;

use crate::output::Output;
use crate::programs::{Program, Run};
use crate::workspace;

/// Runs the program, and returns what the probe has written in each run.
pub(crate) fn run(program: &Program, is_done: bool) -> Result<Vec<Output>> {
    let folder = workspace::folder_of(program);
    let written = |run| folder.join(format!("run-{run}.txt"));
    if !is_done {
        let published = workspace::make(program)?;
        let binary = build(program, &folder)?;
        for (index, run) in program.runs.iter().enumerate() {
            let places = Places { sources: &published, folder: &folder, output: &written(index) };
            places.start(&binary, run).with_context(|| format!("run {index}"))?;
        }
    }
    let read = |run| {
        let text = fs::read_to_string(written(run));
        Output::parse(&text.with_context(|| format!("run {run} has written nothing"))?)
    };
    (0..program.runs.len()).map(read).collect()
}

fn build(program: &Program, folder: &Path) -> Result<PathBuf> {
    let target = source::workspace().join("cross/target");
    let mut command = Command::new("cargo");
    command.args(["build", "-p", program.name, "--bin", program.binary]);
    command.args(["--message-format=json-render-diagnostics", "--target-dir"]);
    command.arg(&target).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    // The code of a macro is on the line that uses it, as in tables.
    command.env("RUSTFLAGS", "-Ccollapse-macro-debuginfo=yes");
    for crates in ["mem-profile-runtime", "mem-profile-trace", "gimli", "addr2line", "object"] {
        command.arg("--config").arg(format!("profile.dev.package.{crates}.opt-level=3"));
    }
    command.stdin(Stdio::null());
    let built = command.output().context("cargo cannot be started")?;
    if !built.status.success() {
        let messages = String::from_utf8_lossy(&built.stderr);
        let error = messages.find("error").map_or(&*messages, |start| &messages[start..]);
        bail!("{} cannot be built: {error}", program.name);
    }
    let messages = built.stdout.split(|&byte| byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let mut executables =
        messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    executables.next_back().context("cargo names no program")
}

/// Where a run finds its inputs and leaves its output.
struct Places<'a> {
    sources: &'a Path,
    folder: &'a Path,
    output: &'a Path,
}

impl Places<'_> {
    fn start(&self, binary: &Path, run: &Run) -> Result<()> {
        let inputs = source::root().join("tests/cross/inputs");
        let scratch = self.folder.join("scratch");
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch)?;
        let copy = scratch.join("copy.csv");
        fs::copy(inputs.join("table.csv"), &copy)?;
        let stand =
            [("{src}", self.sources), ("{in}", &inputs), ("{copy}", &copy), ("{out}", &scratch)];
        let fill = |argument: &&str| {
            let place = |text: String, (name, path): &(&str, &Path)| {
                text.replace(name, &path.display().to_string())
            };
            stand.iter().fold((*argument).to_owned(), place)
        };
        let input = match run.input {
            Some(name) => File::open(inputs.join(name))?.into(),
            None => Stdio::null(),
        };
        let _ = fs::remove_file(self.output);
        let status = Command::new(binary)
            .args(run.arguments.iter().map(fill))
            .envs([("MEM_PROFILE_FORMAT", "none"), ("MEM_PROFILE_BACKEND", "heap")])
            .env("CROSS_OUTPUT", self.output)
            .current_dir(&scratch)
            .stdin(input)
            .stdout(File::create(self.output.with_extension("out"))?)
            .stderr(Stdio::null())
            .status()?;
        ensure!(status.code().is_some(), "it was ended by {status}");
        Ok(())
    }
}
