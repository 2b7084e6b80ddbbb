//! Builds the programs and collects their recordings.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::recording::{self, Recording};

const EXAMPLES: [&str; 7] =
    ["quickstart", "leak", "growing_loop", "threads", "async_tasks", "recursion", "real_json"];

/// Programs of `tests/hard` that record to the file in their argument.
const HARD: [(&str, &str); 26] = [
    ("annotated_allocator", ""),
    ("counted", "work"),
    ("counted", "exit"),
    ("counted", "exit_in_thread"),
    ("counted", "reset"),
    ("endurance", "calls"),
    ("endurance", "deep"),
    ("forks", "exits"),
    ("forks", "measures"),
    ("forks", "with_threads"),
    ("functions", ""),
    ("indirect", ""),
    ("probed", ""),
    ("recorded", "abort"),
    ("recorded", "complete"),
    ("recorded", "kill"),
    ("recorded", "leave_at_once"),
    ("recorded", "unchanged"),
    ("timed", "blocks"),
    ("timed", "calls"),
    ("timed", "deep"),
    ("timed", "fails"),
    ("timed", "tasks"),
    ("timed", "threads"),
    ("twice", ""),
    ("uncounted", "work"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The names of the programs of `tests/exact`.
fn exact() -> impl Iterator<Item = String> {
    let files = fs::read_dir(root().join("tests/exact/src/bin")).unwrap();
    let names = files.map(|file| file.unwrap().path().with_extension(""));
    names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
}

/// The folder of the programs: `<target>/<profile>`. No package is named, for then cargo would choose
/// other features than `cargo test` does, and build all of them again.
fn built() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--manifest-path"]).arg(root().join("Cargo.toml"));
    for program in exact().chain(HARD.iter().map(|(program, _)| (*program).to_owned())) {
        cargo.args(["--bin", &program]);
    }
    cargo.args(["--examples", "--target-dir"]).arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "the programs build");
    profile.to_owned()
}

fn recorded(program: &Path, argument: &str, path: &Path) -> Recording {
    let mut command = Command::new(program);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("MEM_PROFILE")) {
        command.env_remove(name);
    }
    command.args([argument].iter().filter(|argument| !argument.is_empty()));
    command.env("MEM_PROFILE_OUTPUT", path).env("MEM_PROFILE_LIVE", "on").output().unwrap();
    recording::load(path)
        .unwrap_or_else(|error| panic!("{} {argument}: {error:#}", program.display()))
}

/// All recordings, with the names of the programs.
pub(super) fn recordings() -> &'static [(String, Recording)] {
    static RECORDINGS: OnceLock<Vec<(String, Recording)>> = OnceLock::new();
    RECORDINGS.get_or_init(|| {
        let (built, folder) = (built(), tempfile::tempdir().unwrap());
        let exact = exact().map(|program| (built.join(program), ""));
        let hard = HARD.iter().map(|(program, argument)| (built.join(program), *argument));
        let examples = EXAMPLES.iter().map(|name| (built.join("examples").join(name), ""));
        let programs = exact.chain(hard).chain(examples);
        let all = programs.enumerate().map(|(index, (program, argument))| {
            let path = folder.path().join(format!("{index}.mprof"));
            (format!("{} {argument}", program.display()), recorded(&program, argument, &path))
        });
        all.collect()
    })
}
