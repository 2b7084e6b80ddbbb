use std::fs::File;
use std::io::Read;
use std::process::Stdio;

use crate::run::{COMMAND, Folder, ran};
use crate::sample;

#[test]
fn the_table_is_the_only_output() {
    let folder = Folder::with("run.json", &sample::leak());
    let ran = folder.run(&["report", "run.json", "--function", "parse"]);
    insta::assert_snapshot!(ran.stdout, @"
    95.4 MiB live at the end

    Filename: src/text.rs  Function: text::parse  Peak: 0.031 MiB

    Line #    Mem usage    Increment         Peak  Allocs  Occurrences   Line Contents
    ==================================================================================
         5    0.001 MiB    0.001 MiB    0.000 MiB       0            3   fn parse(text: &str) -> usize {
         6    0.046 MiB    0.046 MiB    0.031 MiB       9            3       let words: Vec<&str> = text.split(' ').collect();
         7    0.000 MiB    0.000 MiB    0.000 MiB       0            3       words.len()
         8    0.000 MiB   -0.046 MiB    0.000 MiB       0            3   }

    mem-profile: 3 functions, 11 lines ran, heap
    heap counts what goes through the Rust allocator; memory taken by C libraries is not seen
    ");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn cargo_may_put_its_own_name_first() {
    let folder = Folder::with("run.json", &sample::leak());
    let direct = folder.run(&["report", "run.json"]);
    let by_cargo = folder.run(&["mem-profile", "report", "run.json"]);
    assert_eq!(direct.stdout, by_cargo.stdout);
    assert_eq!(by_cargo.code, 0);
}

#[test]
fn top_shows_the_first_functions_and_counts_the_rest() {
    let folder = Folder::with("run.json", &sample::leak());
    let names = |arguments: &[&str]| {
        let ran = folder.run(&[&["report", "run.json"], arguments].concat());
        let rows = ran
            .stdout
            .lines()
            .filter_map(|line| line.split("Function: ").nth(1)?.split(' ').next());
        (rows.map(str::to_owned).collect::<Vec<_>>(), ran.stderr)
    };
    let shown = |names: &[&str]| (names.iter().map(|it| (*it).to_owned()).collect(), String::new());
    assert_eq!(names(&["--top", "1"]), shown(&["audit::log"]));
    assert_eq!(names(&["--top=1", "--sort=increment"]), shown(&["leak::process"]));
    assert_eq!(names(&[]), shown(&["audit::log", "leak::process", "text::parse"]));
    assert_eq!(names(&["--sort", "calls"]).0, ["text::parse", "audit::log", "leak::process"]);
    let text = folder.run(&["report", "run.json", "--top", "1"]).stdout;
    assert!(text.contains("\ntables: 1 of 3 functions shown; all: "), "{text}");

    let csv = folder.run(&["report", "run.json", "--top", "1", "--format", "csv"]);
    assert_eq!(csv.stderr, "note: 1 of 3 functions are shown\n");
    let mut by_variable = folder.command(&["report", "run.json", "--format", "csv"]);
    let by_variable = ran(&by_variable.env("MEM_PROFILE_TOP", "1").output().unwrap());
    assert_eq!((by_variable.stdout, by_variable.stderr), (csv.stdout, csv.stderr));
    assert_eq!(folder.run(&["report", "run.json", "--top", "some"]).code, 2);
}

#[test]
fn the_extension_selects_the_format() {
    let folder = Folder::with("run.json", &sample::leak());
    for (name, start) in [
        ("a.txt", "95.4 MiB live at the end\n\nFilename: src/text.rs"),
        ("a.md", "95.4 MiB live at the end\n\n### `audit::log`"),
        ("a.csv", "function,file,line"),
        ("a.info", "TN:"),
        ("a.json", "{\"schema_version\":2"),
        ("a.html", "<!doctype html>"),
        ("a.unknown", "95.4 MiB live"),
    ] {
        let ran = folder.run(&["report", "run.json", "-o", name]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        assert_eq!(ran.stderr, format!("wrote: {name}\n"));
        assert!(folder.read(name).starts_with(start), "{name}");
    }
    assert_eq!(
        folder.run(&["report", "a.json"]).stdout,
        folder.run(&["report", "run.json"]).stdout
    );
}

#[test]
fn colour_is_for_terminals_unless_requested() {
    let folder = Folder::with("run.json", &sample::leak());
    let colored = |arguments: &[&str], variable: &str| {
        let mut command = folder.command(&[&["report", "run.json"], arguments].concat());
        ran(&command.env(variable, "1").output().unwrap()).stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], "NOTHING"));
    assert!(colored(&["--color=always"], "NOTHING"));
    assert!(colored(&[], "CLICOLOR_FORCE"));
    assert!(!colored(&["--color=never"], "CLICOLOR_FORCE"));
}

#[test]
fn sizes_are_in_the_unit_of_the_option_or_variable() {
    let folder = Folder::with("run.json", &sample::leak());
    let command = ["report", "run.json", "--function", "parse", "--precision", "1"];
    let mut by_environment = folder.command(&command);
    let by_environment = ran(&by_environment.env("MEM_PROFILE_UNIT", "kib").output().unwrap());
    assert!(by_environment.stdout.contains(" 46.9 KiB "), "{}", by_environment.stdout);
    let mut by_flag = folder.command(&[&command[..], &["--unit", "B"]].concat());
    let by_flag = ran(&by_flag.env("MEM_PROFILE_UNIT", "kib").output().unwrap());
    assert!(by_flag.stdout.contains(" 48000 B "), "{}", by_flag.stdout);
}

#[test]
fn errors_are_one_line_and_suggest_what_to_do() {
    let folder = Folder::with("run.json", &sample::leak());
    folder.write("program", "\u{7f}ELF");
    for (arguments, line) in [
        (vec!["report", "none"], "cannot read none: No such file or directory"),
        (vec!["report", "program"], "cannot use program: this is not a recording of mem-profile; "),
        (vec!["report", "run.json", "-o", "no/where"], "cannot write no/where: "),
        (
            vec!["report", "run.json", "--function", "x::*"],
            "no function matches `x::*`: leave out --function to see all",
        ),
    ] {
        let ran = folder.run(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
        assert!(ran.stderr.starts_with(&format!("error: {line}")), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    assert_eq!(folder.run(&["flame"]).code, 2);
    assert_eq!(folder.run(&["report", "run.json", "--format", "pdf"]).code, 2);
}

#[test]
fn an_incomplete_recording_is_never_presented_as_complete() {
    let folder = Folder::with("run.json", &sample::leak());
    let cut = |lossy| {
        let incomplete = format!("{{\"incomplete\":{{\"reason\":\"cut\",\"lossy\":{lossy}}},");
        folder.write("cut.json", &folder.read("run.json").replacen('{', &incomplete, 1));
        let run = |format| folder.run(&["report", "cut.json", "--format", format]);
        let reports = ["text", "markdown", "json", "html", "csv", "lcov"].map(run);
        for report in &reports {
            assert_eq!(report.stderr, "warning: cut.json is incomplete: cut\n");
            assert_eq!(report.code, if lossy { 125 } else { 0 });
        }
        for report in &reports[..2] {
            assert!(report.stdout.starts_with("INCOMPLETE: cut\n"), "{}", report.stdout);
        }
        assert!(reports[2].stdout.contains("\"incomplete\":{\"reason\":\"cut\""));
        assert!(reports[3].stdout.contains("role=\"alert\""));
    };
    cut(true);
    cut(false);
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let mut large = sample::leak();
    let line = large.functions[0].lines[3].clone();
    large.functions[0].lines.extend(std::iter::repeat_n(line, 10_000));
    let folder = Folder::with("run.json", &large);
    for format in ["text", "csv"] {
        let mut command = folder.command(&["report", "run.json", "--format", format]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect(COMMAND);
        let mut start = [0; 8];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let ran = ran(&child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::with("run.json", &sample::leak());
    for format in ["text", "csv"] {
        let mut command = folder.command(&["report", "run.json", "--format", format]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let ran = ran(&command.stdout(full).output().unwrap());
        assert_eq!(ran.code, 125);
        assert!(ran.stderr.contains("cannot write to standard output"), "{}", ran.stderr);
    }
}
