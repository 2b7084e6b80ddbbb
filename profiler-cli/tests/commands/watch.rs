//! `watch`: warnings about running programs, each process by itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::account::Program;
use crate::recorded::{build, recorded};
use crate::run::Folder;

/// Takes 16 MiB at each line of its input.
const SOURCE: &str = r#"
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn leak() -> Vec<u8> {
    vec![1; 16 << 20]
}

#[mem_profile]
fn main() {
    let mut kept = vec![vec![1_u8; 1 << 20]];
    println!("ready");
    for line in std::io::stdin().lines() {
        if line.unwrap() != "+" {
            return;
        }
        kept.push(leak());
        println!("took");
    }
}
"#;

fn line_of(source: &str) -> String {
    let line = SOURCE.lines().position(|line| line.contains(source)).unwrap() + 1;
    format!("examples/grows.rs:{line}")
}

/// The command, and what it prints.
struct Watch {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Watch {
    fn start(folder: &Folder, program: &Program, options: &[&str]) -> Self {
        let id = program.id();
        let arguments = [&["watch", &id, "--interval", "50ms"], options].concat();
        let mut command = folder.command(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The rest, after the program has ended.
    fn end(mut self) -> String {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
        rest
    }
}

#[test]
fn a_warning_names_the_lines_of_a_program_that_records() {
    let folder = Folder::new();
    let program = build("grows", SOURCE);
    let mut command = recorded(&program, &folder, "run.mprof");
    let mut program = Program::start(command.env("MEM_PROFILE_LIVE", "on"));
    let mut watch = Watch::start(&folder, &program, &["--above", "30MiB"]);
    program.tell("+\n");
    program.tell("+\n");
    let line = watch.line();
    assert!(
        line.starts_with(&format!("warning: grows ({}): resident set ", program.id())),
        "{line}"
    );
    assert!(line.contains(" MiB, above 30.0 MiB, limit "), "{line}");
    let [leak, main] = ["vec![1; 16 << 20]", "vec![vec!"].map(line_of);
    assert_eq!(watch.line(), format!("  {leak} grows::leak +32.0 MiB, holds 32.0 MiB"));
    assert_eq!(watch.line(), format!("  {main} grows::main +1.0 MiB, holds 1.0 MiB"));
    program.tell("end\n");
    let rest = watch.end();
    assert!(rest.contains("\n  resident set ") && rest.contains(": live blocks "), "{rest}");
    assert!(!rest.contains("warning: "), "{rest}");
}

#[test]
fn each_process_is_watched_by_itself() {
    let folder = Folder::new();
    // What a shell starts behind itself has no input to wait for.
    let script = "echo ready; read line; \
                  sh -c 'echo $$ > child; x=$(head -c 30000000 /dev/zero | tr \"\\0\" x); sleep 10' & \
                  read line";
    let mut command = Command::new("sh");
    let mut program = Program::start(command.args(["-c", script]).current_dir(folder.path("")));
    let mut watch = Watch::start(&folder, &program, &["--above", "25MiB"]);
    program.tell("go\n");
    let line = watch.line();
    let child = folder.read("child");
    let start = format!("warning: sh ({}): resident set ", child.trim());
    assert!(line.starts_with(&start) && !line.contains(&program.id()), "{line}");
    let why = watch.line();
    assert!(why.starts_with("  no line is known: the program records live blocks with "), "{why}");
    let line = watch.line();
    assert!(line.starts_with("  resident set ") && line.contains(": "), "{line}");
    drop(program);
    watch.end();
}

#[test]
fn a_warning_lists_the_child_processes_each_by_itself() {
    let folder = Folder::new();
    let script = "sleep 60 & echo $! > child; x=$(head -c 30000000 /dev/zero | tr '\\0' x); \
                  echo ready; read line; kill $!";
    let mut command = Command::new("sh");
    let program = Program::start(command.args(["-c", script]).current_dir(folder.path("")));
    let mut watch = Watch::start(&folder, &program, &["--above", "25MiB"]);
    let lines = [watch.line(), watch.line(), watch.line(), watch.line()];
    let child = folder.read("child");
    let start = format!("warning: sh ({}): resident set ", program.id());
    assert!(lines[0].starts_with(&start), "{lines:#?}");
    // Less than what the shell holds, which is not in it.
    let start = format!("  child process sleep ({}): resident set ", child.trim());
    let resident = lines[3].strip_prefix(&start).unwrap_or_else(|| panic!("{lines:#?}"));
    let mebibytes: Option<f64> = resident.strip_suffix(" MiB").map(|text| text.parse().unwrap());
    assert!(mebibytes.is_none_or(|mebibytes| mebibytes < 8.0), "{lines:#?}");
    drop(program);
    assert_eq!(watch.end(), "");
}

#[test]
fn wrong_options_are_refused() {
    let folder = Folder::new();
    for (options, expected) in [
        (["--above", "lots"], "not an amount of memory, such as 500MiB or 90%"),
        (["--growth", "fast"], "not a growth, such as 3MiB/min:20min"),
        (["--interval", "1ms"], "the interval must be at least 10ms"),
    ] {
        let ran = folder.run(&[&["watch", "1"], &options[..]].concat());
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    let ran = folder.run(&["watch", "4194999"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: there is no process 4194999, or it is hidden");
}
