//! `account`: resident sets of all kinds of programs.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::run::{Folder, Ran};

/// A program that has said that it is ready, and ends with this.
pub(crate) struct Program {
    child: Child,
    /// The rest of the line.
    pub(crate) said: String,
}

impl Program {
    /// It says `ready` and waits for a line.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let said = line.strip_prefix("ready").unwrap_or_else(|| panic!("{line}"));
        Self { child, said: said.trim().to_owned() }
    }

    pub(crate) fn shell() -> Self {
        Self::start(Command::new("sh").args(["-c", "echo ready; read line"]))
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a text at once.
    pub(crate) fn tell(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.write_all(b"\n");
        }
        let _ = self.child.wait();
    }
}

fn account(program: &Program, options: &[&str]) -> Ran {
    let folder = Folder::new();
    let ran = folder.run(&[&["account", &program.id()], options].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran
}

/// The bytes of a program's resident set by the system, and by class.
fn classes(program: &Program) -> (u64, Value) {
    let status = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", program.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
    let resident = resident.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024;
    (resident, serde_json::from_str(&account(program, &["--json"]).stdout).unwrap())
}

pub(crate) fn bytes(account: &Value, kind: &str) -> u64 {
    let classes = account["classes"].as_array().unwrap();
    let class = classes.iter().find(|class| class["kind"] == kind);
    class.map_or(0, |class| class["bytes"].as_u64().unwrap())
}

#[test]
fn the_classes_of_a_program_at_rest_add_up_to_the_page() {
    let program = Program::shell();
    let (resident, account) = classes(&program);
    let sum: u64 =
        account["classes"].as_array().unwrap().iter().map(|it| it["bytes"].as_u64().unwrap()).sum();
    assert_eq!((sum, account["resident"].as_u64()), (resident, Some(resident)));
    assert_eq!(account["moved"], 0);
    for kind in ["heap", "stacks", "code", "statics"] {
        assert!(bytes(&account, kind) > 0, "{kind}: {account}");
    }
}

#[test]
fn every_format_is_written() {
    let program = Program::shell();
    let text = account(&program, &[]).stdout;
    assert!(text.starts_with("resident set") && text.contains("\n  code and constants"), "{text}");
    assert!(text.contains("`mem_profile::account()`"), "what is missing is said: {text}");
    let markdown = account(&program, &["--format", "markdown"]).stdout;
    assert!(markdown.contains("\n| **resident set** | "), "{markdown}");
    let folder = Folder::new();
    let ran = folder.run(&["account", &program.id(), "--output", "account.html"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "wrote: account.html\n"));
    let title = format!("<title>sh ({})</title>", program.id());
    assert!(folder.read("account.html").contains(&title));
}

#[test]
fn a_watched_program_ends_the_command_and_changes_are_said() {
    let folder = Folder::new();
    let program = Program::start(Command::new("sh").args(["-c", "echo ready; sleep 1"]));
    let ran = folder.run(&["account", &program.id(), "--watch", "100ms"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.matches("resident set").count() > 2, "{}", ran.stdout);
    let ran = folder.run(&["account", &program.id(), "--watch", "5s", "--format", "markdown"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: --watch prints text, or JSON in lines: leave out --output, --open and other formats");
}

/// The changes add up as the accounts do.
#[test]
fn two_accounts_are_compared_in_every_format() {
    let program = Program::shell();
    let folder = Folder::new();
    let account = account(&program, &["--json"]).stdout;
    let mut later: Value = serde_json::from_str(&account).unwrap();
    let added = 3 << 20;
    for figure in ["/resident", "/classes/0/bytes"] {
        let figure = later.pointer_mut(figure).unwrap();
        *figure = (figure.as_u64().unwrap() + added).into();
    }
    assert_eq!(later["classes"][0]["kind"], "heap");
    folder.write("before.json", &account);
    folder.write("after.json", &later.to_string());
    let diff = |options: &[&str]| {
        let ran = folder.run(&[&["diff", "before.json", "after.json"], options].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    let text = diff(&[]);
    let grown = |line: &&str| line.ends_with(" +3.0 MiB");
    let grown: Vec<_> = text.lines().filter(grown).map(|line| &line[..6]).collect();
    assert_eq!(grown, ["reside", "  heap"], "{text}");
    assert!(diff(&["--format", "markdown"]).starts_with("| | Before | After | Change | |\n"));
    let json: Value = serde_json::from_str(&diff(&["--format", "json"])).unwrap();
    let [before, after] = ["before", "after"].map(|when| json["resident"][when].as_u64().unwrap());
    assert_eq!(after - before, added);
    diff(&["--output", "growth.html"]);
    assert!(folder.read("growth.html").contains("<title>before.json → after.json</title>"));
}

#[test]
fn what_cannot_be_compared_is_one_line() {
    let folder = Folder::new();
    let account = account(&Program::shell(), &["--json"]).stdout;
    folder.write("a.json", &account);
    folder.write("two.json", &account.repeat(2));
    folder.write("off.json", &account.replacen("\"resident\":", "\"resident\":1", 1));
    folder.record("run.json", &crate::sample::leak());
    let refused = |arguments: &[&str]| {
        let ran = folder.run(&[&["diff"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
        ran.stderr
    };
    insta::assert_snapshot!(refused(&["a.json", "run.json"]), @"error: an account is compared with an account: `account --json` writes one");
    insta::assert_snapshot!(refused(&["a.json", "two.json"]), @"error: cannot use two.json: it has more than one account: keep one line");
    insta::assert_snapshot!(refused(&["off.json", "a.json"]), @"error: cannot use off.json: its classes do not add up to its resident set");
    insta::assert_snapshot!(refused(&["a.json", "a.json", "--top", "1"]), @"error: accounts are compared class by class: leave out --by, --measure, --top and --function");
    insta::assert_snapshot!(refused(&["a.json", "a.json", "--format", "csv"]), @"error: changes of accounts have no CSV: use --format json");
    insta::assert_snapshot!(refused(&["run.json", "run.json", "--format", "html"]), @"error: recordings have no page of their changes: use --format markdown, or `report --format html` for each");
}

#[test]
fn what_cannot_be_read_is_one_line() {
    let folder = Folder::new();
    let ran = folder.run(&["account", "4194999"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr, @"error: there is no process 4194999, or it is hidden");
    let ran = folder.run(&["account", "no-such-name"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: no visible process is named no-such-name: use its id");
    folder.write("other.json", "{}");
    let ran = folder.run(&["account", "other.json"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: other.json is no recording, and no visible process has this name");
}

/// The command as another user, who may not read the process of this one.
#[test]
fn another_users_process_is_one_line() {
    let program = Program::shell();
    let folder = Folder::new();
    let command = folder.command(&["account", &program.id()]);
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(command.get_program());
    let Ok(ran) = setpriv.args(command.get_args()).output() else { return };
    let said = String::from_utf8(ran.stderr).unwrap();
    // Only root may become another user, and that one may not be allowed to read the command itself.
    if !said.starts_with("setpriv:") {
        let expected = format!(
            "error: process {} cannot be read: run this command as its user, or as root\n",
            program.id()
        );
        assert_eq!((ran.status.code(), said), (Some(125), expected));
    }
}
