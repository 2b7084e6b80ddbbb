//! A debugger stops at the same lines, as often, and with the same lines on the stack.

use crate::compile::{ATTRIBUTE, Compiler, Options, run, text};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = include_str!("../programs/debugged.rs");

/// The lines that the debugger is to stop at.
fn marked() -> Vec<usize> {
    let lines = SOURCE.lines().enumerate();
    lines.filter(|(_, text)| text.ends_with("// stop")).map(|(index, _)| index + 1).collect()
}

/// The debugger's output: at each stop, the frames of the program's own code.
fn stops(program: &Path) -> Vec<Vec<usize>> {
    let mut script = String::from("set pagination off\nset width 0\nset debuginfod enabled off\n");
    for line in marked() {
        let commands = "commands\nsilent\necho stop\\n\nbacktrace\ncontinue\nend";
        writeln!(script, "break main.rs:{line}\n{commands}").expect("a string takes everything");
    }
    script += "run\n";
    let path = program.with_extension("gdb");
    fs::write(&path, script).expect("the script can be written");
    let mut command = Command::new("gdb");
    command.args(["-nx", "-quiet", "-batch", "-x"]).arg(path).arg(program);
    command.env("MEM_PROFILE_OUTPUT", program.with_extension("report"));
    let output = text(&run(&mut command).stdout);
    assert!(output.contains("exited normally"), "{output}");
    let parts = output.split("\nstop\n").skip(1);
    parts.map(|part| part.lines().filter_map(own_line).collect()).collect()
}

/// `#0  main::plain (number=1) at main.rs:9` is at 9. The rest of the stack is left out: code
/// that polls a future or runs before `main`, and the line of the attribute, where the body of an async
/// function is awaited.
fn own_line(frame: &str) -> Option<usize> {
    let (_, place) = frame.strip_prefix('#')?.rsplit_once(" at ")?;
    let line = place.strip_prefix("main.rs:")?.parse().ok()?;
    let text = SOURCE.lines().nth(line - 1)?;
    (text != ATTRIBUTE).then_some(line)
}

/// How often the debugger stopped at each line.
fn counts(stops: &[Vec<usize>]) -> BTreeMap<usize, usize> {
    let mut counts: BTreeMap<_, _> = marked().into_iter().map(|line| (line, 0)).collect();
    for stop in stops {
        *counts.entry(stop[0]).or_default() += 1;
    }
    counts
}

#[test]
fn breakpoints_and_backtraces() {
    if Command::new("gdb").arg("--version").output().is_err() {
        println!("skipped: there is no gdb");
        return;
    }
    let options = Options { edition: "2024", flags: &["-Cdebuginfo=2", "-Copt-level=0"] };
    let twins = Compiler::new().twins("debugged", SOURCE, options);
    let (plain, annotated) = (stops(&twins.plain.program), stops(&twins.annotated.program));
    let never = counts(&plain).into_iter().find(|(_, count)| *count == 0);
    assert_eq!(never, None, "each line is stopped at");
    assert_eq!(counts(&annotated), counts(&plain), "stops at each line");
    assert_eq!(annotated, plain, "lines on the stack");
}
