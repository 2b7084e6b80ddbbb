//! Strings in files that would control a terminal, form workflow commands, or become markup.

use mem_profile_format::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, LineSnapshot, RowKind, Snapshot,
};

use crate::run::{Folder, Ran};

pub(crate) const HOSTILE: &str = "::error::x\u{1b}]0;pwned\u{7}\u{1b}[31mred\u{1b}[2J\u{9b}7m\u{202e}\u{200b}\n::error file=x::pwn\r\n<script>alert(1)</script>=1+1";

fn snapshot(increment: i64) -> Snapshot {
    let line = |line| LineSnapshot {
        line,
        kind: if line == 1 { RowKind::Entry } else { RowKind::Body },
        source: HOSTILE.into(),
        usage: Some(1 << 20),
        increment: Some(increment),
        peak: Some(5 << 20),
        allocations: Some(7),
        allocated: Some(9 << 20),
        occurrences: Some(1),
        ..LineSnapshot::default()
    };
    let function = FunctionSnapshot {
        name: HOSTILE.into(),
        file: HOSTILE.into(),
        line: 1,
        calls: 1,
        reading_at_entry: None,
        peak: None,
        note: Some(HOSTILE.into()),
        lines: (1..4).map(line).collect(),
    };
    let own = Held { at_peak: 9, live: 9, ..Held::default() };
    let path = CallPath { caller: None, function: 0, line: 2, is_recursive: false, own };
    Snapshot {
        process_bytes: Some(123),
        paths: Some(CallPaths { all: vec![path], ..CallPaths::default() }),
        functions: vec![function],
        notes: vec![HOSTILE.into()],
        ..Snapshot::empty(Backend::Heap)
    }
}

pub(crate) fn assert_harmless(ran: &Ran) {
    for shown in [&ran.stdout, &ran.stderr] {
        let is_control = |sign: char| sign.is_control() && !"\n\t".contains(sign);
        let is_forbidden = |sign: char| is_control(sign) || "\u{202e}\u{200b}".contains(sign);
        assert!(!shown.contains(is_forbidden), "{shown:?}");
        let commands = shown.lines().filter(|line| line.trim_start().starts_with("::"));
        let foreign = |line: &&str| !line.starts_with("::error file=%3A%3Aerror%3A%3Ax\\u{1b}");
        assert_eq!(commands.filter(foreign).collect::<Vec<_>>(), [""; 0], "{shown}");
    }
}

#[test]
fn no_view_of_a_recording_obeys_its_strings() {
    let folder = Folder::with("run.json", &snapshot(3 << 20));
    folder.record("before.json", &snapshot(1));
    let views = [
        "report run.json",
        "report run.json --format markdown",
        "report run.json --format csv",
        "report run.json --format json",
        "report run.json --format lcov",
        "report run.json --format html",
        "flame run.json",
        "export run.json --format folded",
        "export run.json --format speedscope",
        "diff before.json run.json --measure increment",
        "diff before.json run.json --by function --format markdown",
        "diff before.json run.json --format csv",
        "diff before.json run.json --format json",
        "check run.json --baseline before.json",
        "report run.json --function x",
    ];
    for view in views {
        let ran = folder.run(&view.split(' ').collect::<Vec<_>>());
        assert!(!ran.stdout.is_empty() || ran.code == 125, "{view}: {ran:?}");
        assert_harmless(&ran);
    }
    let mut check = folder.command(&["check", "run.json", "--baseline", "before.json"]);
    check.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path("summary.md"));
    let ran = crate::run::ran(&check.output().unwrap());
    let commands = ran.stderr.lines().filter(|line| line.starts_with("::error file="));
    assert_eq!((ran.code, commands.count(), ran.stderr.lines().count()), (3, 2, 2), "{ran:?}");
    assert_harmless(&ran);
    assert!(!folder.read("summary.md").contains("\n::"));
}

#[test]
fn no_message_obeys_what_it_quotes() {
    let folder = Folder::new();
    folder.write("limits.toml", &format!("[[limit]]\nfunction = {}\npeak = 1\n", toml_text()));
    folder.write(".dat", HOSTILE);
    folder.write("calls.dat", &format!("MEM 1.0 5.0\nMEM 1.0 6.0\n{HOSTILE}\nCMDLINE \u{1b}[2J\n"));
    folder.record("run.json", &snapshot(1));
    std::fs::create_dir(folder.path(".config")).unwrap();
    for arguments in [
        &["check", "run.json", "--baseline", "limits.toml"][..],
        &["plot", ".dat"],
        &["plot", "calls.dat"],
        &["peak", "calls.dat", "--func", "x"],
        &["report", "\u{1b}[2J"],
        &["rm", "--dry-run", "calls.dat"],
    ] {
        let ran = folder.run(arguments);
        assert!(!ran.stderr.is_empty() || !ran.stdout.is_empty(), "{arguments:?}");
        assert_harmless(&ran);
    }
    // In the name of the setting, and in its value, which would appear in an error.
    for setting in [format!("{} = 1", toml_text()), format!("unit = {}", toml_text())] {
        folder.write(".config/mem-profile.toml", &setting);
        let ran = folder.run(&["report", "run.json"]);
        assert_eq!(ran.code, 125, "{ran:?}");
        assert_harmless(&ran);
    }
}

fn toml_text() -> String {
    let escaped = HOSTILE.chars().map(|sign| match sign {
        ' '..='~' => sign.to_string(),
        _ => format!("\\U{:08x}", u32::from(sign)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
