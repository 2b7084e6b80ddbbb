//! `run --account`: a program whose sources know nothing of it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::project::Project;
use crate::run::Folder;

const PROGRAM: &str = r#"
fn index() -> Vec<String> {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for number in 0..100_000 {
        let text = format!("{number:0200}");
        if number % 20 == 0 {
            kept.push(text.clone());
        }
        dropped.push(text);
    }
    kept
}

fn main() {
    std::mem::forget(index());
}
"#;

#[test]
#[ignore = "it builds a runtime of its own: .ci/run account"]
fn the_line_that_pins_pages_is_named_at_the_end() {
    let project = Project::new("pinned", &[("src/main.rs", PROGRAM)]);
    let measured = project.run(&["--quiet", "--account"]);
    assert_eq!(measured.code, Some(0), "{}", measured.stderr);
    let pins = measured.stderr.lines().find(|line| line.contains("src/main.rs:7  "));
    let pins = pins.unwrap_or_else(|| panic!("{}", measured.stderr));
    assert!(pins.ends_with(" in 5,001 blocks"), "{pins}");
    assert!(measured.stderr.contains("the blocks of src/main.rs:7 would leave "));
}

/// The number before the unit in the first line that has the text.
fn mib(account: &str, text: &str) -> f64 {
    let line = account.lines().find_map(|line| line.split_once(text)).map(|(_, rest)| rest);
    let number = line.and_then(|rest| rest.trim_start().split_once(" MiB")).map(|it| it.0);
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{text}: {account}"))
}

/// The program goes on from there to its end, where it prints its own account.
#[test]
#[ignore = "it builds a runtime of its own: .ci/run account"]
fn a_program_and_an_observer_give_the_same_account() {
    let ends = "    std::mem::forget(index());\n    println!(\"{}\", std::process::id());\n    \
                std::io::Read::read(&mut std::io::stdin(), &mut [0]).unwrap();\n";
    let program = PROGRAM.replace("    std::mem::forget(index());\n", ends);
    let project = Project::new("observed", &[("src/main.rs", &program)]);
    let mut command = project.command(&["--quiet", "--account"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut id = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut id).unwrap();
    let observed = Folder::new().run(&["account", id.trim()]);
    assert_eq!((observed.code, observed.stderr.as_str()), (0, ""));
    drop(child.stdin.take());
    let ended = child.wait_with_output().unwrap();
    let own = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{own}");
    println!("{}\n{own}", observed.stdout);
    // The account that the program makes takes memory of its own.
    for (text, off) in [
        ("  live blocks", 0.1),
        ("  allocator's overhead", 0.1),
        ("  free or C's, pinned", 0.2),
        (" src/main.rs:7", 0.1),
        ("  free or C's, whole pages", 1.0),
        ("  the profiler itself", 1.0),
        ("resident set", 2.0),
    ] {
        let [one, other] = [&observed.stdout, &own].map(|account| mib(account, text));
        assert!((one - other).abs() <= off + 0.01, "{text}: {one} and {other} MiB");
    }
    let blocks = |account: &str| account.matches(" in 5,001 blocks\n").count();
    assert_eq!((blocks(&observed.stdout), blocks(&own)), (1, 1));
}
