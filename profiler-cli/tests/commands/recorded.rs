//! Recordings of real programs: the examples of the workspace. They are built by cargo inside of the
//! test, because the test changes some of them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::run::{Folder, ran};

const MANIFEST: &str = r#"
[package]
name = "recorded"
version = "1.0.0"
edition = "2024"

[dependencies]
mem-profile = { path = "{workspace}" }
serde_json = "1"

[profile.dev]
debug = false

[workspace]
"#;

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub(crate) fn example(name: &str) -> String {
    fs::read_to_string(workspace().join("examples").join(name).with_extension("rs")).unwrap()
}

/// Builds a program of this source.
pub(crate) fn build(name: &str, source: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded").join(name);
    let path = package.join("examples").join(name).with_extension("rs");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let manifest = MANIFEST.replace("{workspace}", workspace().to_str().unwrap());
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();
    fs::write(path, source).unwrap();
    fs::create_dir_all(package.join("src")).unwrap();
    fs::write(package.join("src/lib.rs"), "").unwrap();
    // Where `tests/hard` builds as well: what the macro needs is built once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fixtures");
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--examples", "--target-dir"])
        .arg(&target)
        .current_dir(&package);
    assert!(cargo.status().unwrap().success(), "{name} builds");
    target.join("debug/examples").join(name)
}

pub(crate) fn recorded(program: &Path, folder: &Folder, name: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MEM_PROFILE") {
            command.env_remove(name);
        }
    }
    command.env("MEM_PROFILE_OUTPUT", folder.path(name));
    command
}

/// A line that is replaced, the line before it, and its replacement.
fn edited(source: &str, edits: &[(&str, &str)]) -> String {
    edits.iter().fold(source.to_owned(), |source, (from, to)| {
        assert_eq!(source.matches(from).count(), 1, "{from}");
        source.replace(from, to)
    })
}

#[test]
fn a_leak_planted_in_real_json_fails_the_check_by_its_line() {
    let folder = Folder::new();
    let before = example("with_crates/real_json");
    let run = |source: &str, name: &str| {
        let status = recorded(&build("real_json", source), &folder, name).output().unwrap().status;
        assert!(status.success());
    };
    run(&before, "main.mprof");
    let after = edited(
        &before,
        &[
            (
                "#[mem_profile]\nfn load",
                "static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());\n\n#[mem_profile]\nfn load",
            ),
            (
                "use mem_profile::mem_profile;",
                "use std::sync::Mutex;\n\nuse mem_profile::mem_profile;",
            ),
            (
                "names.push((id, name.to_owned()));",
                "SEEN.lock().unwrap().push(product.to_string());\n        names.push((id, name.to_owned()));",
            ),
        ],
    );
    run(&after, "branch.mprof");
    let planted =
        (1..).zip(after.lines()).find(|(_, line)| line.contains("SEEN.lock()")).unwrap().0;

    let same = folder.run(&["check", "main.mprof", "--baseline", "main.mprof"]);
    assert_eq!(same.code, 0, "{}", same.stdout);
    let check = folder.run(&["check", "branch.mprof", "--baseline", "main.mprof"]);
    assert_eq!((check.code, check.stderr.as_str()), (3, ""));
    let first = check.stdout.lines().take(2).collect::<Vec<_>>();
    let place = format!("exceeded: examples/real_json.rs:{planted} in real_json::load: increment ");
    assert!(
        first[0].starts_with(&place) && first[0].ends_with("limit 64.0 KiB, baseline 0 B"),
        "{first:?}"
    );
    assert_eq!(first[1], "    SEEN.lock().unwrap().push(product.to_string());");

    let shown =
        format!("$ cargo mem-profile check branch.mprof --baseline main.mprof\n{}", check.stdout);
    assert_eq!(in_guide(&shown), shown);

    // Only the leak has grown, although every line has moved.
    let diff = folder.run(&["diff", "main.mprof", "branch.mprof", "--format", "csv"]);
    let rows: Vec<_> = diff.stdout.lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].ends_with("SEEN.lock().unwrap().push(product.to_string());"));
}

/// The check as the guide to the command shows it. `UPDATE_GOLDEN` refreshes it.
fn in_guide(actual: &str) -> String {
    let path = workspace().join("docs/command.md");
    let mut guide = fs::read_to_string(&path).unwrap();
    let mark = "<!-- check: real_json -->\n```text\n";
    let start = guide.find(mark).expect("a mark in the guide") + mark.len();
    let end = start + guide[start..].find("```\n<!-- end -->").expect("an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        guide.replace_range(start..end, actual);
        fs::write(&path, &guide).unwrap();
        return actual.to_owned();
    }
    guide[start..end].to_owned()
}

/// The leak example, blocked after its leak, since it prints into a full pipe.
fn stopped(folder: &Folder, name: &str) -> (Child, io::PipeReader) {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(&[0; 64 << 10]).unwrap();
    let mut command = recorded(&build("leak", &example("leak")), folder, name);
    let child = command.stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    (child, reader)
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_leak_is_found_in_its_recording() {
    let folder = Folder::new();
    let (mut child, _reader) = stopped(&folder, "leak.mprof");
    let csv = ["report", "leak.mprof", "--format", "csv"];
    let ran = |row: &str| row.contains("println!") && !row.contains(",,,,");
    let is_printing = || folder.run(&csv).stdout.lines().any(ran);
    let mut looks = (0..3000).inspect(|_| thread::sleep(Duration::from_millis(20)));
    assert!(looks.any(|_| is_printing()), "it never came to print");
    let live = folder.run(&csv);
    assert_eq!(live.code, 0);
    let says = format!("process {} is still running; these are its figures so far", child.id());
    assert_eq!(live.stderr, format!("warning: leak.mprof is incomplete: {says}\n"));
    let over = folder.run(&["report", "leak.mprof", "--output", "leak.mprof"]);
    let refusal =
        "error: leak.mprof is a recording, which would be overwritten: name another file\n";
    assert_eq!(over.code, 125);
    assert!(over.stderr.ends_with(refusal), "{}", over.stderr);

    child.kill().unwrap();
    child.wait().unwrap();
    let report = folder.run(&["report", "leak.mprof", "--unit", "B"]);
    assert_eq!(report.code, 0, "nothing that was recorded is missing");
    assert!(report.stdout.starts_with("INCOMPLETE: the process ended without closing it"));
    let row = report.stdout.lines().find(|line| line.contains("\"x\".repeat")).unwrap();
    assert!(row.contains(" 50000000 B "), "{row}");

    // If another process has the file open, it may be the writer in another container.
    let open = File::options().write(true).open(folder.path("leak.mprof")).unwrap();
    let live = folder.run(&csv);
    assert_eq!(live.stderr, format!("warning: leak.mprof is incomplete: {says}\n"));
    drop(open);

    let page = folder.run(&["report", "leak.mprof", "--format", "html"]).stdout;
    assert!(page.contains("the process ended without closing it"));
    let check = folder.run(&["check", "leak.mprof", "--baseline", "leak.mprof"]);
    assert_eq!((check.code, check.stdout.as_str()), (125, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn calls_of_annotated_functions_are_among_the_samples() {
    let folder = Folder::new();
    let program = build("leak", &example("leak"));
    let program = program.to_str().unwrap();
    let ran = folder.run(&["exec", "--output", "a.dat", program]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("Function: leak::process"), "the report is where it was");
    let samples = folder.read("a.dat");
    let calls: Vec<_> = samples.lines().filter(|line| line.starts_with("FUNC ")).collect();
    assert!(calls.len() == 1 && calls[0].starts_with("FUNC leak::process "), "{calls:?}");
    assert!(calls[0].ends_with(" 0 0"), "{calls:?}");
    let peak = folder.run(&["peak", "a.dat", "--func", "process"]);
    assert_eq!((peak.code, peak.stderr.as_str()), (0, ""));

    let mut own = folder.command(&["exec", "--quiet", "--output", "b.dat", program]);
    let own = own.env("MEM_PROFILE_OUTPUT", folder.path("own.mprof")).output().unwrap();
    assert!(own.stderr.is_empty(), "a recording is silent");
    assert!(folder.read("b.dat").contains("\nFUNC leak::process "));
    let plot = folder.run(&["plot", "own.mprof"]);
    assert_eq!((plot.code, plot.stderr.as_str()), (0, ""));
    let row = plot.stdout.lines().find(|line| line.starts_with("process │"));
    assert!(row.is_some_and(|row| row.contains("━") && row.contains("1 call")), "{}", plot.stdout);
    let refused = folder.run(&["plot", "a.dat", "--output", "own.mprof"]);
    assert_eq!(refused.code, 125);
    let refused = folder.run(&["exec", "--output", "own.mprof", "true"]);
    assert!(
        refused.stderr.contains("it is a recording, which would be overwritten"),
        "{}",
        refused.stderr
    );
}

/// Two tasks on one thread, each waiting in a named block. They then move to another thread, where one
/// panics and the other is dropped.
const TASKS: &str = r#"
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use mem_profile::{mem_profile, timestamp};

#[mem_profile]
fn parse(fails: bool) {
    if fails {
        resume_unwind(Box::new(()));
    }
}

#[mem_profile]
async fn request(fails: bool) {
    let _block = timestamp("read the body");
    pause().await;
    parse(false);
    pause().await;
    parse(fails);
    pause().await;
}

async fn pause() {
    let mut paused = false;
    let wait = move |_: &mut Context<'_>| match std::mem::replace(&mut paused, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    };
    poll_fn(wait).await;
}

type Request = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll(request: &mut Request) {
    let mut context = Context::from_waker(Waker::noop());
    let poll = AssertUnwindSafe(|| request.as_mut().poll(&mut context).is_pending());
    let _ = catch_unwind(poll);
}

fn main() {
    let mut requests: [Request; 2] = [Box::pin(request(true)), Box::pin(request(false))];
    for _ in 0..2 {
        requests.iter_mut().for_each(poll);
        parse(false);
    }
    std::thread::spawn(move || {
        let _block = timestamp("another thread");
        requests.iter_mut().for_each(poll);
        drop(requests);
        parse(false);
    })
    .join()
    .unwrap();
    parse(false);
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn calls_in_tasks_have_their_levels_in_the_file() {
    let folder = Folder::new();
    let program = build("tasks", TASKS);
    let mut command = folder.command(&["exec", "-q", "-o", "a.dat", program.to_str().unwrap()]);
    let ran = ran(&command.env("MEM_PROFILE_TIMELINE", "1").output().unwrap());
    assert_eq!((ran.code, ran.stderr.contains("Function: tasks::request")), (0, true));
    let text = folder.read("a.dat");
    let mut calls: Vec<(f64, &str, &str, &str)> = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("FUNC ")) {
        let fields: Vec<_> = line.split(' ').collect();
        let [_, name, _, start, _, _, level, thread] = fields[..] else { panic!("{line}") };
        calls.push((start.parse().unwrap(), name.trim_start_matches("tasks::"), level, thread));
    }
    let mut levels: Vec<_> =
        calls.iter().map(|(_, name, level, thread)| format!("{thread} {level} {name}")).collect();
    levels.sort();
    let block = "read\u{a0}the\u{a0}body";
    let mut expected = vec!["0 0 parse", "0 0 parse", "0 0 parse", "0 0 request", "0 0 request"];
    let blocks = format!("0 1 {block}");
    expected.extend([blocks.as_str(), &blocks, "0 2 parse", "0 2 parse"]);
    expected.extend(["1 0 another\u{a0}thread", "1 1 parse", "1 2 parse", "1 2 parse"]);
    assert_eq!(levels, expected, "{text}");
}

/// Threads that wait inside an annotated function until all of them are sampled. Prints their number.
const THREADS: &str = r#"
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, Builder};

use mem_profile::mem_profile;

#[mem_profile]
fn wait(arrived: mpsc::Sender<()>, end: &Barrier) {
    arrived.send(()).unwrap();
    end.wait();
}

fn samples() -> usize {
    std::fs::read_to_string("a.dat").map_or(0, |text| text.matches("\nMEM ").count())
}

fn main() {
    // The barrier is created before the threads: the main thread stands in for those that cannot start.
    let wanted = 10_000;
    let end = Arc::new(Barrier::new(wanted + 1));
    let (sender, receiver) = mpsc::channel();
    let start = |_| {
        let (sender, end) = (sender.clone(), end.clone());
        Builder::new().stack_size(64 << 10).spawn(move || wait(sender, &end)).ok()
    };
    let threads: Vec<_> = (0..wanted).map_while(start).collect();
    println!("{}", threads.len());
    (0..threads.len()).for_each(|_| receiver.recv().unwrap());
    let before = samples();
    while samples() < before + 2 {
        thread::sleep(std::time::Duration::from_millis(5));
    }
    if threads.len() < wanted {
        std::process::exit(0);
    }
    end.wait();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
"#;

#[cfg(target_os = "linux")]
#[test]
fn a_program_with_ten_thousand_threads_is_sampled_and_all_have_their_calls() {
    let folder = Folder::new();
    let program = build("threads", THREADS);
    let mut command = folder.command(&["exec", "-q", "-o", "a.dat", program.to_str().unwrap()]);
    let ran = ran(&command.env("MEM_PROFILE_FORMAT", "none").output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let threads: usize = ran.stdout.trim().parse().unwrap();
    if threads < 10_000 {
        println!("skipped: this machine allows {threads} threads");
        return;
    }
    let text = folder.read("a.dat");
    let calls = text.lines().filter(|line| line.starts_with("FUNC threads::wait "));
    let calls: Vec<Vec<_>> = calls.map(|line| line.split(' ').collect()).collect();
    assert!(calls.iter().all(|fields| fields[6] == "0"));
    let mut numbers: Vec<_> = calls.iter().map(|fields| fields[7]).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((calls.len(), numbers.len()), (10_000, 10_000));
    let plot = folder.run(&["plot", "a.dat", "-o", "a.svg"]);
    assert_eq!((plot.code, plot.stderr.as_str()), (0, "wrote: a.svg\n"));
    assert!(fs::metadata(folder.path("a.svg")).unwrap().len() < 2 << 20);
}
