//! Programs that end abnormally have the same exit code or signal, and print the same.

use crate::compile::{Compiler, Options, text};
use std::path::Path;
use std::process::{Command, ExitStatus};

const SOURCE: &str = include_str!("../programs/ends.rs");

/// How the program ends: `None` is a signal.
const ENDS: [(&str, Option<i32>); 11] = [
    ("brace", Some(101)),
    ("caught", Some(0)),
    ("nested", Some(101)),
    ("temporary", Some(101)),
    ("unwinding", None),
    ("closure", None),
    ("future", None),
    ("cancelled", Some(101)),
    ("foreign", None),
    ("abort", None),
    ("exit", Some(3)),
];

/// Runs the program. Its messages without backtraces, which contain the profiler's own frames.
fn end(program: &Path, way: &str) -> (ExitStatus, String, Vec<String>) {
    let mut command = Command::new(program);
    command.arg(way).env("RUST_BACKTRACE", "0");
    command.env("MEM_PROFILE_OUTPUT", program.with_extension("report"));
    let output = command.output().expect("the program starts");
    let is_stack = |line: &str| line.starts_with(' ') || line.starts_with("stack backtrace");
    let stderr = text(&output.stderr);
    let messages = stderr.lines().filter(|line| !is_stack(line)).map(without_thread);
    (output.status, text(&output.stdout), messages.collect())
}

/// `thread 'main' (123) panicked at …` without the number of the thread.
fn without_thread(line: &str) -> String {
    match (line.split_once(" ("), line.split_once(") ")) {
        (Some((before, _)), Some((_, after))) if line.starts_with("thread") => {
            format!("{before} {after}")
        }
        _ => line.to_owned(),
    }
}

#[test]
fn abnormal_ends_are_the_same() {
    let compiler = Compiler::new();
    for strategy in ["-Cpanic=unwind", "-Cpanic=abort"] {
        let options = Options { edition: "2021", flags: &[strategy, "-Cdebuginfo=0"] };
        let twins = compiler.twins(&format!("ends{strategy}"), SOURCE, options);
        for (way, code) in ENDS {
            let plain = end(&twins.plain.program, way);
            assert_eq!(end(&twins.annotated.program, way), plain, "{way} {strategy}");
            if strategy == "-Cpanic=unwind" {
                assert_eq!(plain.0.code(), code, "{way}: {plain:?}");
            }
        }
    }
}
