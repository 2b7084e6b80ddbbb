//! `account`: a program that records, of which the lines are known that keep free pages resident.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::account::{Program, bytes};
use crate::any_process::{CONTAINER, are_permitted};
use crate::recorded::{build, recorded};
use crate::run::{Folder, Ran, wait_for};

/// Four threads fill 20 MiB with small blocks, drop 19 of 20, and wait.
const SOURCE: &str = r#"
use std::io::Read;
use std::sync::{Arc, Barrier};

use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn fill(all: &Barrier) -> Vec<Vec<u8>> {
    let (mut kept, mut dropped) = (Vec::with_capacity(1_000), Vec::with_capacity(19_000));
    for index in 0..20_000 {
        if index % 20 == 0 {
            kept.push(vec![1_u8; 16 + index * 7 % 514]);
        } else {
            dropped.push(vec![2_u8; 16 + index * 7 % 514]);
        }
    }
    all.wait();
    kept
}

unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut u8;
    fn fork() -> i32;
}

#[mem_profile]
fn later() -> Vec<u8> {
    vec![3; 1 << 20]
}

#[mem_profile]
fn main() {
    let mut line = [0; 2];
    let mut input = std::fs::File::open("/dev/stdin").unwrap();
    let all = Arc::new(Barrier::new(4));
    let fill = |_| { let all = all.clone(); std::thread::spawn(move || fill(&all)) };
    let threads: Vec<_> = (0..4).map(fill).collect();
    let mut kept: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let of_c = std::env::var("PLANT").map_or(0, |number| number.parse().unwrap());
    for _ in 0..of_c {
        unsafe { malloc(1008).write_bytes(1, 1008) };
    }
    // One half is touched, and the child ends with its input.
    let mut half = Vec::<u8>::new();
    if std::env::var_os("FORK").is_some() {
        half.reserve_exact(1 << 20);
        half.resize(1 << 19, 1);
        if unsafe { fork() } == 0 {
            let _ = input.read(&mut line);
            return;
        }
    }
    print!("ready ");
    println!("{}", mem_profile::snapshot().process_bytes.unwrap());
    while input.read(&mut line).unwrap() == 2 && line == *b"+\n" {
        kept.push(vec![later()]);
    }
}
"#;

fn line_of(source: &str) -> String {
    let line = SOURCE.lines().position(|line| line.contains(source)).unwrap() + 1;
    format!("examples/pinned.rs:{line}")
}

fn program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| build("pinned", SOURCE)).clone()
}

/// The program, which records to `run.mprof`.
fn started(folder: &Folder, live: &str) -> Program {
    Program::start(recorded(&program(), folder, "run.mprof").env("MEM_PROFILE_LIVE", live))
}

fn account(folder: &Folder, process: &str, options: &[&str]) -> Ran {
    let ran = folder.run(&[&["account", process], options].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran
}

fn json(folder: &Folder, process: &str) -> Value {
    let account: Value =
        serde_json::from_str(&account(folder, process, &["--json"]).stdout).unwrap();
    let classes = account["classes"].as_array().unwrap().iter();
    let sum: u64 = classes.map(|class| class["bytes"].as_u64().unwrap()).sum();
    assert_eq!((Some(sum), &account["moved"]), (account["resident"].as_u64(), &Value::from(0)));
    account
}

/// Of the system: a page that is only read takes room in them.
fn page_tables(program: &Program) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap();
    status.lines().find(|line| line.starts_with("VmPTE:")).unwrap().to_owned()
}

fn resident(program: &Program) -> u64 {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", program.id())).unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn the_lines_are_named_that_pin_pages_of_another_process() {
    let folder = Folder::new();
    let program = started(&folder, "on");
    let tables = page_tables(&program);
    let account = json(&folder, &program.id());
    assert_eq!(page_tables(&program), tables, "reading takes no memory there");
    assert_eq!(account["resident"], resident(&program));
    let pins = &account["pins"];
    let first = &pins["sites"][0];
    assert_eq!(first["site"], line_of("kept.push(vec![1"));
    assert_eq!(first["blocks"], 4 * 1_000);
    let [pinned, all] = [&first["pinned"], &pins["bytes"]].map(|it| it.as_u64().unwrap());
    assert!(pinned > 10 << 20 && pinned * 100 >= all * 95, "{pinned} of {all}");
    assert_eq!(bytes(&account, "free_pinned_or_c"), all);
    // All of them are touched, so all are resident.
    assert_eq!(bytes(&account, "live_blocks"), program.said.parse::<u64>().unwrap());
    assert_eq!(account["missing"], Value::Null);
    // The map has 4 bytes for 16 of the heap, and nothing of the profiler is in other rows.
    assert!(bytes(&account, "profiler") > 4 << 20);
    assert_eq!(bytes(&account, "files"), 0);
    assert!(bytes(&account, "anonymous") < 64 << 10, "{account}");
    let text = self::account(&folder, &program.id(), &[]).stdout;
    assert!(text.contains(&format!(" {}  ", line_of("kept.push(vec![1"))), "{text}");
}

/// The system counts the pages that a child shares with it.
#[test]
fn pages_are_resident_that_a_child_has_as_well() {
    let folder = Folder::new();
    let mut command = recorded(&program(), &folder, "run.mprof");
    let program = Program::start(command.env("MEM_PROFILE_LIVE", "on").env("FORK", "1"));
    let account = json(&folder, &program.id());
    assert_eq!(account["resident"], resident(&program));
    // A page is touched by its end as well.
    let untouched = program.said.parse::<u64>().unwrap() - bytes(&account, "live_blocks");
    assert!(((1 << 19) - 4096..=1 << 19).contains(&untouched), "{untouched} of {account}");
    assert!(bytes(&account, "free_pinned_or_c") > 10 << 20, "{account}");
    // The child has a recording of its parent no more.
    let children = format!("/proc/{0}/task/{0}/children", program.id());
    let child = std::fs::read_to_string(children).unwrap();
    assert_eq!(json(&folder, child.trim())["pins"], Value::Null);
}

/// There, it has another number, which the recording says.
#[test]
fn a_recording_stands_for_a_process_in_a_container() {
    let folder = Folder::new();
    if !are_permitted(&CONTAINER) {
        return;
    }
    let mut command = recorded(Path::new("unshare"), &folder, "run.mprof");
    command.env("MEM_PROFILE_LIVE", "on").args(CONTAINER).arg(self::program());
    let program = Program::start(&mut command);
    let account = json(&folder, "run.mprof");
    assert_eq!(bytes(&account, "live_blocks"), program.said.parse::<u64>().unwrap());
    assert_eq!(account["pins"]["sites"][0]["site"], line_of("kept.push(vec![1"));
}

/// Up to what differs between machines: figures are near to those that it shows.
#[test]
fn the_guide_shows_what_the_command_says() {
    let folder = Folder::new();
    let _program = started(&folder, "on");
    let said = account(&folder, "run.mprof", &[]).stdout;
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/account.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    // The first one is of a program that does not record.
    let shown = guide.split("```text\n").nth(2).unwrap().split("```").next().unwrap();
    assert!(shown.lines().count() >= 6, "{shown}");
    for (shown, said) in shown.lines().zip(said.lines()) {
        assert!(are_alike(shown, said), "{shown}\n{said}");
    }
}

fn are_alike(shown: &str, said: &str) -> bool {
    let number = |word: &str| word.replace(['<', ','], "").parse::<f64>();
    let are_alike = |(shown, said): (&str, &str)| match (number(shown), number(said)) {
        (Ok(shown), Ok(said)) => (shown - said).abs() <= (shown / 8.0).max(1.0),
        _ => shown == said,
    };
    let [shown, said] = [shown, said].map(|line| line.split_whitespace().collect::<Vec<_>>());
    shown.len() == said.len() && shown.into_iter().zip(said).all(are_alike)
}

#[test]
fn a_recording_and_a_name_stand_for_the_process() {
    let folder = Folder::new();
    let program = started(&folder, "on");
    let by_id = json(&folder, &program.id());
    let name = std::fs::read_to_string(format!("/proc/{}/comm", program.id())).unwrap();
    assert_eq!(name, "pinned\n");
    let by_file = json(&folder, "run.mprof");
    assert_eq!((&by_file["classes"], &by_file["pins"]), (&by_id["classes"], &by_id["pins"]));
    drop(program);
    // It has closed its recording, which says what was resident at the end.
    let ended = account(&folder, "run.mprof", &[]).stdout;
    let [_, last, ..] = ended.lines().collect::<Vec<_>>()[..] else { panic!("{ended}") };
    assert!(last.trim_start().starts_with("end   ") && last.ends_with(" MiB"), "{ended}");
    let ended: Value =
        serde_json::from_str(&account(&folder, "run.mprof", &["--json"]).stdout).unwrap();
    let off = ended[0]["resident"].as_u64().unwrap().abs_diff(by_id["resident"].as_u64().unwrap());
    assert!(ended.as_array().unwrap().len() == 1 && off < 1 << 20, "{ended}");
    let ran = folder.run(&["account", "run.mprof", "--watch", "1s"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr, @"error: --watch and --full need a program that runs: that of run.mprof has ended");
}

/// Samples over time have the resident set, also of a program that was killed.
#[test]
fn an_ended_program_is_shown_over_time_if_that_was_recorded() {
    let folder = Folder::new();
    let run = |name: &str, timeline: &str| {
        let mut command = recorded(&program(), &folder, name);
        let mut program = Program::start(command.env("MEM_PROFILE_TIMELINE", timeline));
        let has_samples = || {
            let report = folder.run(&["report", name, "--format", "json"]).stdout;
            let report: Value = serde_json::from_str(&report).unwrap();
            report["timeline"]["samples"].as_array().is_some_and(|samples| samples.len() > 3)
        };
        if timeline == "on" {
            wait_for(has_samples);
        }
        program.kill();
    };
    run("over.mprof", "on");
    run("none.mprof", "off");
    let ran = folder.run(&["account", "over.mprof", "--format", "markdown"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("the process ended without closing it"), "{}", ran.stderr);
    assert!(ran.stdout.starts_with("| time | resident set | live, at most | "), "{}", ran.stdout);
    assert!(!ran.stdout.contains("| end |") && ran.stdout.lines().count() > 5, "{}", ran.stdout);
    let ran = folder.run(&["account", "none.mprof"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr.lines().last().unwrap(), @"error: none.mprof: its process has ended, and has not recorded its resident set: MEM_PROFILE_TIMELINE=on does so; `cargo mem-profile report` shows what it held");
    let ran = folder.run(&["account", "over.mprof", "--output", "account.html"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
    insta::assert_snapshot!(ran.stderr.lines().last().unwrap(), @"error: the page of a run that has ended is a report: `cargo mem-profile report over.mprof --output report.html`");
}

#[test]
fn blocks_are_only_counted_without_a_map_of_them() {
    let folder = Folder::new();
    let program = started(&folder, "off");
    let account = json(&folder, &program.id());
    assert_eq!((&account["pins"], &account["counted"]["blocks"]), (&Value::Null, &Value::Null));
    assert_eq!(account["counted"]["bytes"].to_string(), program.said);
    assert!(bytes(&account, "heap") > 20 << 20 && bytes(&account, "profiler") > 0, "{account}");
    let missing =
        "The program counts its blocks, but not where they are: start it with MEM_PROFILE_LIVE=on.";
    assert_eq!(account["missing"], missing);
    let text = self::account(&folder, &program.id(), &[]).stdout;
    assert!(text.contains(" MiB are live\n") && text.contains(&format!("\n{missing}\n")), "{text}");
}

/// Root without the right to trace: it may read `smaps`, and not the memory.
#[test]
fn the_sum_of_blocks_is_known_where_memory_must_not_be_read() {
    let folder = Folder::new();
    let program = started(&folder, "on");
    let command = folder.command(&["account", "run.mprof", "--json"]);
    let mut setpriv = Command::new("setpriv");
    setpriv.args(["--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]);
    setpriv.arg(command.get_program()).args(command.get_args()).current_dir(folder.path(""));
    let Ok(ran) = setpriv.output() else { return };
    // Only root may take rights away, and not every system lets such a process read `smaps`.
    if !ran.status.success() {
        return eprintln!("not tested: {}", String::from_utf8_lossy(&ran.stderr));
    }
    let account: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(account["counted"]["bytes"].to_string(), program.said);
    assert_eq!((&account["counted"]["blocks"], &account["pins"]), (&4_009.into(), &Value::Null));
    let missing = account["missing"].as_str().unwrap();
    assert!(missing.contains("run this command as root, or set kernel.yama"), "{missing}");
}

#[test]
fn changes_of_blocks_and_pins_are_said_while_it_runs() {
    let folder = Folder::new();
    let mut program = started(&folder, "on");
    let mut command = folder.command(&["account", &program.id(), "--watch", "1s"]);
    let mut command = command.stdout(Stdio::piped()).spawn().unwrap();
    let output = BufReader::new(command.stdout.take().unwrap());
    let mut lines = output.lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("Read in ")), "the first account is whole");
    program.tell("+\n");
    // The whole block is touched.
    let grown = lines.find(|line| line.starts_with("  live blocks") && line.contains('+'));
    assert!(
        grown.as_ref().is_some_and(|line| line.ends_with(" +1.0 MiB   4,011 blocks, 2 more")),
        "{grown:?}"
    );
    drop(program);
    assert!(lines.all(|line| !line.contains("error")) && command.wait().unwrap().success());
}

/// C has 8 MiB in blocks of 1,008 bytes, which take 1,024.
#[test]
fn memory_of_c_is_known_where_the_allocator_was_asked() {
    let folder = Folder::new();
    let mut command = recorded(&program(), &folder, "run.mprof");
    command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_TIMELINE", "on").env("PLANT", "8192");
    let program = Program::start(&mut command);
    for _ in 0..2 {
        let account = account(&folder, "run.mprof", &["--full", "--json"]).stdout;
        let account: Value = serde_json::from_str(&account).unwrap();
        let c = bytes(&account, "c_libraries");
        assert!((8 << 20..(8 << 20) + (256 << 10)).contains(&c), "{account}");
        let free = ["free_whole_or_c", "free_pinned_or_c"].map(|kind| bytes(&account, kind));
        assert_eq!((free, bytes(&account, "free_pinned") > 0), ([0, 0], true));
        let classes = account["classes"].as_array().unwrap().iter();
        let sum: u64 = classes.map(|class| class["bytes"].as_u64().unwrap()).sum();
        assert_eq!(account["resident"], sum);
    }
    assert!(bytes(&json(&folder, &program.id()), "free_whole_or_c") > 0);
}

#[test]
fn who_cannot_answer_is_not_asked() {
    let folder = Folder::new();
    let refused = |process: &str| {
        let ran = folder.run(&["account", process, "--full"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
        ran.stderr.replace(process, "PROCESS")
    };
    let own = std::process::id().to_string();
    insta::assert_snapshot!(refused(&own), @"error: --full asks the allocator in the program, but process PROCESS does not record: call `mem_profile::account::full()` in it");
    let program = started(&folder, "on");
    insta::assert_snapshot!(refused(&program.id()), @"error: --full asks the allocator in a thread that takes samples, which process PROCESS does not have: start it with MEM_PROFILE_TIMELINE=on, or call `mem_profile::account::full()` in it");
    let mut command = recorded(&self::program(), &folder, "off.mprof");
    let not_live = Program::start(command.env("MEM_PROFILE_TIMELINE", "on"));
    insta::assert_snapshot!(refused(&not_live.id()), @"error: --full separates memory of C from free memory where live blocks are recorded: start process PROCESS with MEM_PROFILE_LIVE=on");
    insta::assert_snapshot!(refused("4194999"), @"error: there is no process PROCESS, or it is hidden");
    drop(program);
    insta::assert_snapshot!(refused("run.mprof"), @"error: --watch and --full need a program that runs: that of PROCESS has ended");
}

/// Eight threads that wait, of which one after the other has had 4 MiB, and keeps one block of 200.
const IN_TURN: &str = r#"
use std::sync::mpsc;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn work() -> Vec<Vec<u8>> {
    let blocks: Vec<_> = (0..16_000).map(|index| vec![1_u8; 16 + index * 7 % 514]).collect();
    blocks.into_iter().skip(199).step_by(200).collect()
}

#[mem_profile::mem_profile]
fn main() {
    let begin = |_| {
        let (sender, receiver) = mpsc::channel::<mpsc::Sender<Vec<Vec<u8>>>>();
        std::thread::spawn(move || receiver.iter().for_each(|answer| answer.send(work()).unwrap()));
        sender
    };
    let threads: Vec<_> = (0..8).map(begin).collect();
    let turn = |thread: &mpsc::Sender<_>| {
        let (sender, receiver) = mpsc::channel();
        thread.send(sender).unwrap();
        receiver.recv().unwrap()
    };
    let kept: Vec<_> = threads.iter().map(turn).collect();
    println!("ready {}", kept.len());
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
"#;

/// The command advises `MALLOC_ARENA_MAX`, and the program that follows it has at least as much less.
#[test]
fn advice_on_arenas_of_another_process_saves_what_it_says() {
    let program = build("in_turn", IN_TURN);
    let figures = |arenas: Option<&str>| {
        let folder = Folder::new();
        let mut command = recorded(&program, &folder, "run.mprof");
        command.env("MEM_PROFILE_LIVE", "on").env("MEM_PROFILE_TIMELINE", "on");
        command.envs(arenas.map(|number| ("MALLOC_ARENA_MAX", number)));
        let program = Program::start(&mut command);
        let full = account(&folder, &program.id(), &["--full", "--json"]).stdout;
        let full: Value = serde_json::from_str(&full).unwrap();
        let resident = full["resident"].as_u64().unwrap() - bytes(&full, "profiler");
        let advice = full["advice"].as_array().unwrap().iter();
        let advised = advice.filter_map(|it| it["arenas"]["bytes"].as_u64()).sum::<u64>();
        (resident, advised)
    };
    let (before, advised) = figures(None);
    let (after, none) = figures(Some("2"));
    assert!(advised > 16 << 20 && none == 0, "{advised} B and {none} B advised");
    let saved = before - after;
    assert!((advised..advised / 4 * 5).contains(&saved), "{saved} B of {advised} B saved");
}
