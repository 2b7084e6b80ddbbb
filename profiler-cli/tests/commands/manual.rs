//! The manual in `docs/` consists of the help texts of the command.
//! `UPDATE_GOLDEN=1 cargo test -p cargo-mem-profile manual` refreshes it.

use std::fs;
use std::path::Path;

use crate::run::Folder;

const COMMANDS: [&str; 21] = [
    "run",
    "report",
    "flame",
    "export",
    "diff",
    "check",
    "graph",
    "top",
    "exec",
    "attach",
    "account",
    "watch",
    "post-mortem",
    "test",
    "plot",
    "peak",
    "list",
    "rm",
    "clean",
    "completions",
    "man",
];

pub(crate) const VERBS: [&str; 15] = [
    "run",
    "capture",
    "report",
    "types",
    "leaks",
    "cycles",
    "retained",
    "waste",
    "duplicates",
    "why",
    "refs",
    "backrefs",
    "diff",
    "check",
    "export",
];

const TITLE: &str = "\
# cargo mem-profile

The help texts of `cargo mem-profile` and of each of its commands. [The command](command.md) is a guide.
";

fn help(arguments: &[&str]) -> String {
    let ran = Folder::new().run(&[arguments, &["--help"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines = ran.stdout.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn section(title: &str, arguments: &[&str]) -> String {
    format!("\n## {title}\n\n```text\n{}\n```\n", help(arguments))
}

/// The commands that a help text lists.
fn named(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn the_manual_contains_the_help_texts() {
    assert_eq!(named(&help(&[])), COMMANDS, "each command has a section");
    assert_eq!(named(&help(&["graph"])), VERBS, "each verb has a section");

    let mut manual = TITLE.to_owned() + &section("cargo mem-profile", &[]);
    for command in COMMANDS {
        manual.push_str(&section(&format!("cargo mem-profile {command}"), &[command]));
        for verb in VERBS.iter().filter(|_| command == "graph") {
            manual.push_str(&section(&format!("cargo mem-profile graph {verb}"), &["graph", verb]));
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cargo-mem-profile.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &manual).unwrap();
    }
    assert_eq!(manual, fs::read_to_string(&path).unwrap_or_default());
}

#[test]
fn completions_and_pages_know_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = folder.run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (0, ""));
        let missing = COMMANDS.iter().find(|command| !script.stdout.contains(*command));
        assert_eq!(missing, None, "{shell}");
    }
    let page = folder.run(&["man"]);
    assert!(page.stdout.contains(".TH cargo-mem-profile 1"), "{}", page.stdout);
    let pages = folder.run(&["man", "--output", "pages"]);
    assert_eq!((pages.code, pages.stderr.as_str()), (0, "wrote: pages\n"));
    for command in COMMANDS {
        let page = folder.read(&format!("pages/cargo-mem-profile-{command}.1"));
        assert!(page.contains(".SH OPTIONS"), "{command}");
    }
    for verb in VERBS {
        let page = folder.read(&format!("pages/cargo-mem-profile-graph-{verb}.1"));
        assert!(page.contains(".SH OPTIONS"), "{verb}");
    }
}
