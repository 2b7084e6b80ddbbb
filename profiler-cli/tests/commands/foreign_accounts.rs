//! Accounts of programs that know nothing of this project, in many languages, while they are stopped.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::run::{Folder, wait_for};

/// A program that takes some memory, says that it is ready, and waits.
struct Program {
    name: &'static str,
    words: &'static [&'static str],
    /// It is asked this.
    input: &'static str,
    /// A part of the line by which it is known to be ready.
    ready: &'static str,
}

const fn program(
    name: &'static str,
    words: &'static [&'static str],
    input: &'static str,
    ready: &'static str,
) -> Program {
    Program { name, words, input, ready }
}

const PROGRAMS: &[Program] = &[
    program(
        "bash",
        &["bash", "-c", "for i in {1..50000}; do a+=(x$i); done; echo ready; read"],
        "",
        "ready",
    ),
    program("chromium", CHROMIUM, "", "DevTools listening on"),
    program("ed", &["ed"], "a\nready\n.\np\n", "ready"),
    program("gdb", &["gdb", "-nx", "-q", "-ex", "echo ready\\n"], "", "ready"),
    program("git", &["git", "cat-file", "--batch"], "HEAD\n", "HEAD missing"),
    program("go", &["./go"], "", "ready"),
    program("java", &["java", "Ready.java"], "", "ready"),
    program(
        "node",
        &[
            "node",
            "-e",
            "a=[...Array(2e5).keys()].map(String);process.stdin.resume();console.log('ready')",
        ],
        "",
        "ready",
    ),
    program(
        "perl",
        &["perl", "-e", "$|=1; @a=map {qq(x$_)} 1..200000; print qq(ready\\n); <STDIN>"],
        "",
        "ready",
    ),
    program("postgres", &["postgres", "-D", "data", "-h", "", "-k", "."], "", "ready to accept"),
    program(
        "python3",
        &[
            "python3",
            "-c",
            "a=[str(i) for i in range(300000)]; print('ready', flush=True); input()",
        ],
        "",
        "ready",
    ),
    program(
        "redis",
        &["redis-server", "--port", "0", "--unixsocket", "socket"],
        "",
        "ready to accept",
    ),
    program("sqlite3", &["sqlite3", "-interactive", ":memory:"], SQLITE, "ready"),
];

const CHROMIUM: &[&str] = &[
    "chromium",
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
    "--user-data-dir=profile",
    "about:blank",
];

const SQLITE: &str = "CREATE TABLE t (x); \
    WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 20000) \
    INSERT INTO t SELECT randomblob(1000) FROM r;\n.print ready\n";

const GO: &str = r#"package main

import (
	"fmt"
	"os"
)

var kept [][]byte

func main() {
	for range make([]int, 50000) {
		kept = append(kept, make([]byte, 500))
	}
	fmt.Println("ready")
	os.Stdin.Read(make([]byte, 1))
}
"#;

const JAVA: &str = "class Ready { public static void main(String[] words) throws Exception {
    var kept = new java.util.ArrayList<byte[]>();
    for (int i = 0; i < 50000; i++) kept.add(new byte[500]);
    System.out.println(\"ready\");
    System.in.read();
} }";

/// A user who is nobody: servers refuse to be root.
const NOBODY: u32 = 65534;

/// A program and all that it has started. They are ended with it.
struct Running(Child);

impl Running {
    /// `None` if the machine has no such program.
    fn start(program: &Program, folder: &Folder) -> Option<Self> {
        let mut command = Command::new(program.words[0]);
        let (reader, writer) = std::io::pipe().unwrap();
        command.args(&program.words[1..]).current_dir(folder.path("")).stdin(Stdio::piped());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        prepare(program.name, &mut command, folder)?;
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => panic!("{}: {error}", program.name),
        };
        drop(command);
        child.stdin.as_ref().unwrap().write_all(program.input.as_bytes()).unwrap();
        let running = Self(child);
        wait_until_ready(reader, program);
        Some(running)
    }

    /// Its processes, which stand still from here on.
    fn stop(&self) -> Vec<u32> {
        let mut stopped = Vec::new();
        // One that was about to start another has done so, or no longer will.
        while let Some(&id) = self.family().iter().find(|id| !stopped.contains(*id)) {
            signal(id, libc::SIGSTOP);
            wait_for(|| !matches!(state(id), Some('R' | 'S' | 'D')));
            stopped.push(id);
        }
        stopped
    }

    /// The process and its descendants.
    fn family(&self) -> Vec<u32> {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let parents: Vec<(u32, u32)> =
            ids.filter_map(|id| Some((id, stat(id)?.1.parse().ok()?))).collect();
        let mut family = vec![self.0.id()];
        let mut next = 0;
        while let Some(&parent) = family.get(next) {
            family.extend(parents.iter().filter(|it| it.1 == parent).map(|it| it.0));
            next += 1;
        }
        family
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let family = self.stop();
        // A server gives back what would outlive it, as shared memory with a number.
        signal(self.0.id(), libc::SIGTERM);
        family.iter().for_each(|&id| signal(id, libc::SIGCONT));
        let mut looks = (0..1000).inspect(|_| thread::sleep(Duration::from_millis(10)));
        if !looks.any(|_| self.0.try_wait().is_ok_and(|status| status.is_some())) {
            self.stop().into_iter().for_each(|id| signal(id, libc::SIGKILL));
            let _ = self.0.wait();
        }
    }
}

/// Makes what a program needs; `None` if that cannot be had.
fn prepare(name: &str, command: &mut Command, folder: &Folder) -> Option<()> {
    let make = |command: &mut Command| {
        let made = command.current_dir(folder.path("")).output().ok()?;
        assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
        Some(())
    };
    match name {
        "git" => make(Command::new("git").args(["init", "--quiet"])),
        "go" => {
            folder.write("ready.go", GO);
            make(Command::new("go").args(["build", "-o", "go", "ready.go"]))
        }
        "java" => {
            folder.write("Ready.java", JAVA);
            Some(())
        }
        "postgres" => {
            let mut cluster = Command::new("initdb");
            cluster.args(["-D", "data", "--no-sync"]);
            // SAFETY: it may be called at any time.
            if unsafe { libc::geteuid() } == 0 {
                chown(folder.path(""), Some(NOBODY), Some(NOBODY)).unwrap();
                for it in [&mut cluster, command] {
                    it.uid(NOBODY).gid(NOBODY);
                }
            }
            make(&mut cluster)
        }
        _ => Some(()),
    }
}

/// What it says is read on, so that it never waits for a reader.
fn wait_until_ready(reader: impl Read + Send + 'static, program: &Program) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
            let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
        }
    });
    let mut said = String::new();
    loop {
        let line = receiver.recv_timeout(Duration::from_secs(120));
        let line = line.unwrap_or_else(|error| panic!("{}: {error}\n{said}", program.name));
        said += &format!("{line}\n");
        if line.contains(program.ready) {
            return;
        }
    }
}

fn signal(id: u32, number: i32) {
    // SAFETY: the process is a descendant of this one.
    unsafe { libc::kill(id.cast_signed(), number) };
}

/// The words of `/proc/PID/stat` behind the name.
fn stat(id: u32) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut words = text.rsplit_once(')')?.1.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}

fn state(id: u32) -> Option<char> {
    stat(id)?.0.chars().next()
}

/// The resident set as the system adds it up; `None` if it does not say so, or the process has no memory.
fn resident(id: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?;
    let kib =
        text.lines().find_map(|line| line.strip_prefix("Rss:")?.trim().strip_suffix(" kB"))?;
    Some(kib.parse::<u64>().unwrap() * 1024)
}

/// The classes of a stopped process add up to the page, and at most 1 % has no name.
fn check(name: &str, id: u32, folder: &Folder) {
    let Some(resident) = resident(id).filter(|&resident| resident > 0) else { return };
    let ran = folder.run(&["account", &id.to_string(), "--json"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{name}");
    let account: Value = serde_json::from_str(&ran.stdout).unwrap();
    let classes = account["classes"].as_array().unwrap().iter();
    let classes: Vec<(&str, u64)> =
        classes.map(|it| (it["kind"].as_str().unwrap(), it["bytes"].as_u64().unwrap())).collect();
    let sum: u64 = classes.iter().map(|class| class.1).sum();
    assert_eq!(
        (sum, account["resident"].as_u64(), &account["moved"]),
        (resident, Some(resident), &0.into()),
        "{name}"
    );
    let other = classes.iter().find(|class| class.0 == "other").map_or(0, |class| class.1);
    assert!(other * 100 < resident, "{name}: {other} B of {resident} B are of no known kind");
    let shares = classes
        .iter()
        .map(|(kind, bytes)| format!("{kind} {:.1} %", *bytes as f64 * 100.0 / resident as f64));
    let shares: Vec<String> = shares.collect();
    println!("{name}: {:.1} MiB, {}", resident as f64 / (1 << 20) as f64, shares.join(", "));
}

#[test]
#[ignore = "it takes a machine with many programs: .ci/run account"]
fn accounts_of_ten_foreign_programs_add_up_to_the_page() {
    let (mut found, mut missing) = (0, Vec::new());
    for program in PROGRAMS {
        let folder = Folder::new();
        let Some(running) = Running::start(program, &folder) else {
            missing.push(program.name);
            continue;
        };
        let processes = running.stop();
        assert!(resident(processes[0]).is_some_and(|bytes| bytes > 0), "{}", program.name);
        // The command needs to write nothing here, and may not if the folder is another user's.
        processes.iter().for_each(|&id| check(program.name, id, &Folder::new()));
        found += 1;
    }
    assert!(found >= 10, "of ten programs, {found} are here; missing: {}", missing.join(", "));
}
