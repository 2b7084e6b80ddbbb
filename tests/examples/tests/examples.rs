//! Every example prints the expected text, and the documents show the same reports.
//!
//! Figures that depend on the machine are left out: memory in use, the reading at the first call, and
//! what a scheduler allocates while a task waits. `UPDATE_GOLDEN=1 cargo test -p examples`
//! refreshes the expected files and the reports in the documents.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const EXAMPLES: [&str; 7] =
    ["quickstart", "leak", "growing_loop", "threads", "async_tasks", "recursion", "real_json"];
/// The documents that show a report, each with its example.
const SHOWN: [(&str, &str); 2] = [("README.md", "quickstart"), ("docs/lines.md", "leak")];

/// The output of an example.
struct Output {
    stdout: String,
    report: String,
}

/// The folder of the examples, built as they are now: `cargo test -p examples` alone would
/// leave those of an earlier build.
fn examples() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // <target>/<profile>/deps/examples-<hash>
        let test = env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--examples", "--manifest-path"]);
        cargo.arg(root().join("Cargo.toml")).arg("--target-dir").arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the examples build");
        profile.join("examples")
    })
}

fn run(example: &str) -> Output {
    let program = examples().join(example);
    let mut command = Command::new(program);
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("MEM_PROFILE")) {
        command.env_remove(name);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{example}: {error}"));
    assert!(output.status.success(), "{example}: {}", output.status);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Output { stdout: text(output.stdout), report: text(output.stderr) }
}

/// The report without figures that depend on the machine.
fn redact(report: &str) -> String {
    let (summary, tables) = report.split_at(report.find("Filename:").unwrap_or(0));
    let summary = summary.lines().map(|line| without_figures(line) + "\n");
    summary.collect::<String>() + &redact_tables(tables)
}

/// The line without numbers and their units, and without what is said only of some of them.
fn without_figures(line: &str) -> String {
    let mut words = line.split(", so at least").next().unwrap_or_default().split(' ');
    let mut shown = Vec::new();
    while let Some(word) = words.next() {
        let is_number = word.starts_with(|sign: char| sign.is_ascii_digit());
        shown.push(if is_number { "…" } else { word });
        // A list has its unit at the first number.
        if is_number && !word.ends_with(',') {
            words.next();
        }
    }
    shown.join(" ")
}

fn redact_tables(report: &str) -> String {
    let mut columns = None;
    let mut rows = 0;
    let mut redacted = String::new();
    for line in report.lines() {
        if line.starts_with("Line #") {
            let end = |title: &str| line.find(title).map(|start| start + title.len());
            columns = end("Line #").zip(end("Mem usage")).zip(end("Increment")).zip(end("Allocs"));
            rows = 0;
        } else if line.is_empty() {
            columns = None;
        }
        redacted += &match columns {
            Some((((number, usage), increment), allocations)) if line.starts_with(' ') => {
                rows += 1;
                let until = match line {
                    line if line.contains(".await") => allocations,
                    _ if rows == 1 => increment,
                    _ => usage,
                };
                blank(line, number, until)
            }
            _ => line.to_owned(),
        };
        redacted.push('\n');
    }
    redacted
}

/// The line with the columns from `start` to `end` blanked; rows that did not run stay.
fn blank(line: &str, start: usize, end: usize) -> String {
    if line.len() < end || line[start..end].trim().is_empty() {
        return line.to_owned();
    }
    format!("{}{:>width$}{}", &line[..start], "…", &line[end..], width = end - start)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn updating() -> bool {
    env::var_os("UPDATE_GOLDEN").is_some()
}

#[test]
fn examples_print_the_expected_text() {
    for example in EXAMPLES {
        let output = run(example);
        let actual = format!("{}\n{}", output.stdout, redact(&output.report));
        let path = root().join("tests/examples/golden").join(example).with_extension("txt");
        if updating() {
            fs::write(&path, &actual).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(actual, expected, "{example} does not print {}", path.display());
    }
}

#[test]
fn the_documents_show_the_reports_of_the_examples() {
    for (document, example) in SHOWN {
        let path = root().join(document);
        let mut text = fs::read_to_string(&path).unwrap();
        let report = run(example).report;
        // Without the last lines: the text is about the table.
        let table = report.split("\nmem-profile:").next().unwrap();
        let start_mark = format!("<!-- report: {example} -->\n```text\n");
        let start = text.find(&start_mark).expect("a mark in the document") + start_mark.len();
        let end = start + text[start..].find("```\n<!-- end -->").expect("an end");
        if updating() {
            text.replace_range(start..end, table);
            fs::write(&path, text).unwrap();
        } else {
            let shown = redact(&text[start..end]);
            assert_eq!(shown, redact(table), "the report of {example} in {document}");
        }
    }
}
