//! `account`: processes that end, are hidden, run something else, or are of another kind.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::account::{Program, bytes};
use crate::run::{COMMAND, Folder, Ran, ran, wait_for};
use crate::terminal::in_terminal;

fn refused(ran: &Ran) -> &str {
    assert_eq!((ran.code, ran.stdout.as_str()), (125, ""), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches('\n').count(), 1, "one line: {}", ran.stderr);
    ran.stderr.trim_end()
}

/// A process that has ended, and whose parent does not know it yet.
struct Zombie(Child);

impl Zombie {
    fn new(program: &Path) -> Self {
        let child = Command::new(program).arg("0").spawn().unwrap();
        let stat = format!("/proc/{}/stat", child.id());
        wait_for(|| fs::read_to_string(&stat).unwrap().contains(") Z "));
        Self(child)
    }
}

impl Drop for Zombie {
    fn drop(&mut self) {
        let _ = self.0.wait();
    }
}

#[test]
fn what_has_no_memory_is_one_line() {
    let folder = Folder::new();
    let zombie = Zombie::new(Path::new("sleep"));
    let id = zombie.0.id().to_string();
    for options in [&[][..], &["--watch", "1s"], &["--json"]] {
        let ran = folder.run(&[&["account", &id], options].concat());
        let expected =
            format!("error: process {id} has no memory: it has ended, or is part of the system");
        assert_eq!(refused(&ran), expected);
    }
    // Threads of the system have no name of a program, and nor has this.
    insta::assert_snapshot!(refused(&folder.run(&["account", ""])), @r#"error: no process is named "": use a name or an id"#);
    // The first thread of the system, where it can be seen.
    if fs::read_to_string("/proc/2/comm").is_ok_and(|name| name == "kthreadd\n") {
        let ran = folder.run(&["account", "2"]);
        insta::assert_snapshot!(refused(&ran), @"error: process 2 has no memory: it has ended, or is part of the system");
    }
}

#[test]
fn a_name_stands_for_the_first_process_that_has_memory() {
    let folder = Folder::new();
    let program = folder.path("napper");
    // A copy could be open in another child for a moment, and then it could not be run.
    symlink("/bin/sleep", &program).unwrap();
    let _zombie = Zombie::new(&program);
    let [mut first, mut second] =
        [(); 2].map(|()| Command::new(&program).arg("100").spawn().unwrap());
    // A moment after it has begun, it still has the name of what started it.
    for child in [&first, &second] {
        let name = format!("/proc/{}/comm", child.id());
        wait_for(|| fs::read_to_string(&name).unwrap() == "napper\n");
    }
    let ran = folder.run(&["account", "napper", "--json"]);
    let note = format!(
        "note: processes {}, {} have this name: reading the first\n",
        first.id(),
        second.id()
    );
    assert_eq!((ran.code, ran.stderr), (0, note));
    second.kill().and_then(|()| second.wait()).unwrap();
    let ran = folder.run(&["account", "napper"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    first.kill().and_then(|()| first.wait()).unwrap();
}

/// A container, as far as processes see it.
pub(crate) const CONTAINER: [&str; 3] = ["--pid", "--fork", "--mount-proc"];

/// Whether the system permits these namespaces.
pub(crate) fn are_permitted(namespaces: &[&str]) -> bool {
    let made = Command::new("unshare").args(namespaces).arg("true").output();
    let are_permitted = made.is_ok_and(|made| made.status.success());
    if !are_permitted {
        eprintln!("not tested: no namespaces are permitted here");
    }
    are_permitted
}

/// Runs a script in namespaces of its own, where that is permitted; `MEM` is the command.
fn unshared(namespaces: &[&str], script: &str) -> Option<Ran> {
    if !are_permitted(namespaces) {
        return None;
    }
    let script = script.replace("MEM", COMMAND);
    let output = Command::new("unshare").args(namespaces).args(["sh", "-c", &script]).output();
    Some(ran(&output.unwrap()))
}

#[test]
fn hidden_processes_are_one_line() {
    // Another user sees no process, or none but by its number.
    let script = |hidden: &str| {
        format!(
            "sleep 100 &
             mount -o remount,hidepid={hidden} /proc
             setpriv --reuid=65534 --regid=65534 --clear-groups MEM account $!
             code=$?; kill $!; exit $code"
        )
    };
    for (hidden, expected) in [
        ("2", "there is no process 2, or it is hidden"),
        ("1", "process 2 cannot be read: run this command as its user, or as root"),
    ] {
        let Some(ran) = unshared(&CONTAINER, &script(hidden)) else { return };
        if !ran.stderr.contains("setpriv:") {
            assert_eq!(refused(&ran), format!("error: {expected}"));
        }
    }
}

#[test]
fn a_system_without_proc_is_one_line() {
    for process in ["1", "sh"] {
        let script = format!("mount -t tmpfs none /proc && MEM account {process}");
        let Some(ran) = unshared(&["--mount"], &script) else { return };
        let expected = "error: /proc cannot be read here: No such file or directory (os error 2)";
        assert_eq!(refused(&ran), expected);
    }
}

/// By the number that it has outside.
#[test]
fn a_process_in_a_container_adds_up() {
    if !are_permitted(&CONTAINER) {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(CONTAINER).args(["sh", "-c", "echo ready; read line"]);
    let program = Program::start(&mut command);
    let children = format!("/proc/{0}/task/{0}/children", program.id());
    let id = fs::read_to_string(children).unwrap();
    check_sums(id.trim());
}

/// The account by the system, of which no heap is known but by `[heap]`.
fn check_sums(id: &str) -> Value {
    let ran = Folder::new().run(&["account", id, "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let account: Value = serde_json::from_str(&ran.stdout).unwrap();
    let statm = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap();
    let resident = statm.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
    let resident = resident.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10;
    let classes = account["classes"].as_array().unwrap().iter();
    let sum: u64 = classes.map(|class| class["bytes"].as_u64().unwrap()).sum();
    assert_eq!((sum, &account["moved"]), (resident, &0.into()), "{account}");
    account
}

/// Without a C library, and so for any x86 machine with a compiler.
const ALONE: &str = r#"
static char touched[4 << 20];
static long call(long n, long a, long b, long c) {
    long result;
#ifdef __x86_64__
    __asm__ volatile ("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#else
    __asm__ volatile ("int $0x80" : "=a"(result) : "a"(n), "b"(a), "c"(b), "d"(c) : "memory");
#endif
    return result;
}
#ifdef __x86_64__
enum { READ = 0, WRITE = 1, EXIT = 60 };
#else
enum { READ = 3, WRITE = 4, EXIT = 1 };
#endif
void _start(void) {
    char sign;
    for (int page = 0; page < sizeof touched; page += 4096) ((volatile char *)touched)[page] = 1;
    call(WRITE, 1, (long)"ready\n", 6);
    call(READ, 0, (long)&sign, 1);
    call(EXIT, 0, 0, 0);
}
"#;

/// Programs without symbols, without a C library, and of 32 bits.
#[cfg(target_arch = "x86_64")]
#[test]
fn static_and_stripped_programs_add_up() {
    let folder = Folder::new();
    folder.write("alone.c", ALONE);
    for bits in ["-m64", "-m32"] {
        let mut cc = Command::new("cc");
        cc.args([
            bits,
            "-O1",
            "-static",
            "-nostdlib",
            "-fno-pic",
            "-no-pie",
            "-fno-stack-protector",
        ]);
        cc.args(["-s", "-o", "alone", "alone.c"]).current_dir(folder.path(""));
        let built = cc.status().unwrap().success();
        assert!(built || bits == "-m32", "the compiler makes programs of its own machine");
        // A kernel may run no programs of 32 bits.
        let run = Command::new(folder.path("alone")).stdin(Stdio::null()).output();
        if !built || !run.is_ok_and(|run| run.stdout == b"ready\n") {
            eprintln!("not tested: {bits}");
            continue;
        }
        let program = Program::start(&mut Command::new(folder.path("alone")));
        let account = check_sums(&program.id());
        // Its one array is touched, and lies behind the program without a file of its own.
        let array = bytes(&account, "statics") + bytes(&account, "heap");
        let array = array + bytes(&account, "anonymous");
        assert!((4 << 20..(4 << 20) + (64 << 10)).contains(&array), "{account}");
    }
}

#[test]
fn a_watched_program_may_run_another_one() {
    let folder = Folder::new();
    let mut program = Program::start(
        Command::new("sh")
            .args(["-c", "echo ready; read line; exec perl -e '$a = q(x) x (8 << 20); <STDIN>'"]),
    );
    let mut command = folder.command(&["account", &program.id(), "--watch", "50ms"]);
    let mut command = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(command.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("Read in ")), "the first account is whole");
    program.tell("\n");
    // It has 8 MiB more.
    assert!(lines.any(|line| line.starts_with("resident set") && line.contains('+')));
    let id = program.id();
    drop(program);
    lines.for_each(drop);
    let ran = ran(&command.wait_with_output().unwrap());
    let (note, file) = ran.stderr.split_once(" runs ").unwrap();
    assert_eq!((ran.code, note), (0, format!("note: process {id}").as_str()));
    assert!(file.ends_with(" from now on\n") && file.contains("perl"), "{file}");
}

#[test]
fn watched_accounts_are_lines_of_json_until_nobody_reads() {
    let folder = Folder::new();
    let program = Program::shell();
    let mut command = folder.command(&["account", &program.id(), "--watch", "20ms", "--json"]);
    let mut command = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(command.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        let account: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert!(account["resident"].as_u64().unwrap() > 0);
    }
    drop(lines);
    // The program goes on.
    assert!(command.wait().unwrap().success());
    drop(program);
}

#[test]
fn ctrl_c_ends_a_watch_but_not_the_program() {
    let folder = Folder::new();
    let program = Program::shell();
    let line = format!("MEM account {} --watch 50ms", program.id());
    let mut child = in_terminal(&folder, &line);
    let mut keys = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    // The second time it is a change.
    for _ in 0..2 {
        assert!(output.any(|line| line.unwrap().starts_with("resident set")));
    }
    keys.write_all(b"\x03").unwrap();
    // Else it could not write what it has.
    output.for_each(drop);
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(130));
    check_sums(&program.id());
}

/// Files that were cut, changed, or written by another version.
#[test]
fn damaged_recordings_are_one_line() {
    let folder = Folder::new();
    let mut recording = b"memprof\0\xff\x7f".to_vec();
    recording.resize(4096, 0);
    fs::write(folder.path("other.mprof"), &recording).unwrap();
    fs::write(folder.path("short.mprof"), &recording[..9]).unwrap();
    recording[8..10].copy_from_slice(&[3, 0]);
    fs::write(folder.path("zero.mprof"), &recording).unwrap();
    let said = |name: &str| refused(&folder.run(&["account", name])).to_owned();
    insta::assert_snapshot!(said("other.mprof"), @"error: cannot use other.mprof: this recording has version 32767 and is read by 3 only; use the version of mem-profile that the program was built with");
    insta::assert_snapshot!(said("short.mprof"), @"error: cannot use short.mprof: this recording was cut short: the 9 bytes that are left hold no figures; record the run again");
    insta::assert_snapshot!(said("zero.mprof"), @"error: cannot use zero.mprof: this recording is damaged: a segment has an impossible length at byte 0; record the run again");
}
