//! Cargo in cargo, 1 of 3: `panic = "abort"`, the feature `signals`, and deleted sources.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use mem_profile::recording::{Recording, State};
use tempfile::TempDir;

use crate::fixtures::Fixture;
use crate::run::{Report, program, run};

const MANIFEST: &str = r#"
[package]
name = "unusual"
version = "1.0.0"
edition = "2024"

[dependencies]
libc = "0.2"
mem-profile = { path = "{workspace}", features = ["signals"] }

[profile.dev]
panic = "abort"
debug = false
"#;

/// The program, whose source is deleted before it runs.
fn unusual() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let fixture = Fixture::new("unusual", MANIFEST);
        fixture.write("src/main.rs", include_str!("../programs/unusual.rs"));
        fixture.cargo(&["build"]);
        std::fs::remove_dir_all(fixture.path("src")).unwrap();
        fixture.program("debug", "unusual")
    })
}

/// The report in a line of standard error.
fn report(text: &str) -> Report {
    Report::parse(text.lines().find(|line| line.starts_with('{')).expect("a report"))
}

#[test]
fn a_panic_that_aborts_reports_first() {
    let ended = run(program(unusual(), &["fail"]).env("MEM_PROFILE_FORMAT", "json"));
    assert_eq!(ended.status.signal(), Some(libc::SIGABRT));
    assert!(ended.stderr.contains("on purpose"), "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("schema_version").count(), 1);
    let report = report(&ended.stderr);
    assert_eq!(report.heap("fail", "let kept"), (1 << 20, 1 << 20, 1, 1));
    assert_eq!(report.line("fail", "assert!").occurrences, Some(1));
    assert_eq!(report.function("fail").lines.last().unwrap().occurrences, None);
}

#[test]
fn the_source_is_in_the_report_though_it_was_deleted() {
    let ended = run(program(unusual(), &["fail"]).env("MEM_PROFILE_FORMAT", "json"));
    let report = report(&ended.stderr);
    let source: Vec<_> = report.function("fail").lines.iter().map(|line| &line.source).collect();
    let expected = [
        "#[mem_profile]",
        "fn fail() {",
        "    let kept = vec![1_u8; 1 << 20];",
        "    assert!(kept.is_empty(), \"on purpose\");",
        "}",
    ];
    assert_eq!(source, expected);
}

#[test]
fn the_listening_thread_does_not_count() {
    for _ in 0..5 {
        let ended = run(program(unusual(), &["balance"]).env("MEM_PROFILE_FORMAT", "none"));
        assert_eq!(ended.stdout, "0 0\n");
    }
}

/// A program that has printed that it is ready for a signal.
struct Waiting {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Waiting {
    fn start(scene: &str) -> Self {
        Self::run(&mut program(unusual(), &[scene]))
    }

    fn run(command: &mut Command) -> Self {
        command.env("MEM_PROFILE_FORMAT", "json").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
        // The line that sleeps follows a few instructions later.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr }
    }

    fn send(&self, signal: libc::c_int) {
        let pid = libc::pid_t::try_from(self.child.id()).unwrap();
        // SAFETY: no memory is involved, and the child is ours and not yet waited for.
        assert_eq!(unsafe { libc::kill(pid, signal) }, 0);
    }

    fn next_report(&mut self) -> Report {
        let mut line = String::new();
        self.stderr.read_line(&mut line).unwrap();
        Report::parse(&line)
    }

    /// How the program ended, and what it wrote since the last report.
    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// The report of `wait` while it sleeps.
fn assert_sleeps(report: &Report) {
    assert_eq!(report.heap("wait", "let kept"), (5000, 5000, 1, 1));
    assert_eq!(report.heap("wait", "let scratch"), (300, 300, 1, 1));
    assert_eq!(report.heap("wait", "sleep_long"), (0, 0, 0, 1));
    assert_eq!(report.line("wait", "drop(kept)").occurrences, None);
}

#[test]
fn signals_that_kill_report_first() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut waiting = Waiting::start("wait");
        waiting.send(signal);
        assert_sleeps(&waiting.next_report());
        let (status, rest) = waiting.end();
        assert_eq!((status.signal(), status.code()), (Some(signal), None));
        assert_eq!(rest, "", "one report only");
    }
}

#[test]
fn a_live_report_shows_the_line_that_runs() {
    let mut waiting = Waiting::start("wait");
    for _ in 0..3 {
        waiting.send(libc::SIGUSR1);
        assert_sleeps(&waiting.next_report());
    }
    assert!(waiting.child.try_wait().unwrap().is_none(), "the program has ended");
    waiting.send(libc::SIGTERM);
    assert_sleeps(&waiting.next_report());
    assert_eq!(waiting.end().0.signal(), Some(libc::SIGTERM));
}

#[test]
fn a_handler_of_the_program_stays_in_charge() {
    for scene in ["handler_before", "handler_after", "handler_chained"] {
        let mut waiting = Waiting::start(scene);
        waiting.send(libc::SIGTERM);
        let report = waiting.next_report();
        let turns = report.line("wait_for_own_handler", "while").occurrences;
        assert!(turns.is_some_and(|turns| turns > 1), "{turns:?}");
        let (status, rest) = waiting.end();
        assert_eq!((status.code(), rest.as_str()), (Some(9), ""), "{scene}");
    }
}

/// A program that closes descriptors, and has files of its own in their places, keeps these as they
/// are, is measured, and dies of its signals.
#[test]
fn descriptors_are_the_programs() {
    for backend in ["heap", "rss"] {
        for how in ["range", "loop", "over"] {
            let folder = TempDir::new().unwrap();
            let mut command = program(unusual(), &["closes_descriptors", how]);
            command.env("MEM_PROFILE_BACKEND", backend).current_dir(&folder);
            let mut waiting = Waiting::run(&mut command);
            let reports = [waiting.next_report(), {
                waiting.send(libc::SIGTERM);
                waiting.next_report()
            }];
            assert_eq!(reports.each_ref().map(|report| report.function("grow").calls), [1, 2]);
            let [_, last] = &reports;
            let increment = last.line("grow", "vec!").increment.unwrap();
            // Pages of code and data that run for the first time.
            let slack = if backend == "rss" { 1 << 20 } else { 100 };
            assert!((4 << 20..=(4 << 20) + slack).contains(&increment), "{how}: {increment}");
            let (status, rest) = waiting.end();
            assert_eq!((status.signal(), rest.as_str()), (Some(libc::SIGTERM), ""), "{how}");
        }
    }
}

/// The threads that wait for signals do not belong to the program.
#[test]
fn a_recording_and_a_timeline_begin_in_either_order_beside_the_profilers_threads() {
    for (scene, calls) in [("recorded", 1), ("timed", 1), ("late", 2)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("run.mprof");
        let mut command = program(unusual(), &[scene, path.to_str().unwrap()]);
        let ended = run(command.env("MEM_PROFILE_FORMAT", "none"));
        assert_eq!((ended.code(), ended.stderr.as_str()), (Some(0), ""), "{scene}");
        let recording = Recording::open(&path).unwrap();
        assert_eq!(recording.state, State::Complete);
        assert_eq!(recording.snapshot.functions[0].calls, calls, "{scene}");
        assert_eq!(recording.snapshot.timeline.unwrap().spans.len(), 1, "{scene}");
    }
}
