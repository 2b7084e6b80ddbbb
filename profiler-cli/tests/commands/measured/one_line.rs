//! A function on one line, from `run` to each command that reads its recording.

use super::project::Project;
use crate::run::Folder;

const SOURCE: &str = "\
fn chunk(i: usize) -> Vec<u64> { let raw = vec![i as u64; 100_000]; raw }
fn split(i: usize) -> Vec<u64> {
    let raw = vec![i as u64; 1_000];
    raw
}
fn main() {
    let all = chunk(3);
    let few = split(3);
    assert!(all.len() > few.len());
}
";

const LIMITS: &str = "[[limit]]\nfunction = '*::chunk'\nincrement = '1 MiB'\nallocations = 1\n";

/// Recordings of `chunk` with 800,000 and 80,000,000 bytes.
fn recordings() -> Folder {
    let folder = Folder::new();
    for (name, elements) in [("small.json", "100_000"), ("big.json", "10_000_000")] {
        let source = SOURCE.replace("100_000", elements);
        let project = Project::new("one-line", &[("src/main.rs", &source)]);
        folder.record(name, &project.run(&[]).ended(0).snapshot.unwrap());
    }
    folder
}

#[test]
fn every_command_shows_a_function_on_one_line() {
    let folder = recordings();
    let first = |arguments: &[&str], row: usize| {
        let ran = folder.run(arguments);
        (ran.code, ran.stdout.lines().nth(row).unwrap_or_default().to_owned())
    };

    let (code, line) = first(&["check", "big.json", "--baseline", "small.json"], 0);
    assert_eq!(code, 3);
    assert!(line.starts_with("exceeded: src/main.rs:1 in one_line::chunk: increment 76.3 MiB"));
    folder.write("limits.toml", LIMITS);
    let (code, line) = first(&["check", "big.json", "--baseline", "limits.toml"], 1);
    assert_eq!((code, line.trim_start().starts_with("fn chunk")), (3, true), "{line}");

    let (_, line) =
        first(&["diff", "small.json", "big.json", "--unit=B", "--measure=increment"], 2);
    assert!(line.starts_with("+79200000 B    800000 B    80000000 B   src/main.rs:1 "), "{line}");
    let text = folder.run(&["report", "big.json", "--top", "1", "--sort", "increment"]).stdout;
    assert!(text.contains("\n\nFilename: src/main.rs  Function: one_line::chunk"), "{text}");
    let text = folder.run(&["report", "big.json"]).stdout;
    assert!(text.contains("mem-profile: 3 functions, 8 lines ran, heap"), "{text}");
}
