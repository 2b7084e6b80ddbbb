//! `watch`: warnings about running programs, each process by itself.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::account::Program;
use crate::recorded::{build, recorded};
use crate::run::Folder;

/// Takes 16 MiB at each line of its input.
const SOURCE: &str = r#"
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile]
fn leak() -> Vec<u8> {
    vec![1; 16 << 20]
}

#[mem_profile]
fn main() {
    let mut kept = vec![vec![1_u8; 1 << 20]];
    println!("ready");
    for line in std::io::stdin().lines() {
        if line.unwrap() != "+" {
            return;
        }
        kept.push(leak());
        println!("took");
    }
}
"#;

fn line_of(source: &str) -> String {
    let line = SOURCE.lines().position(|line| line.contains(source)).unwrap() + 1;
    format!("examples/grows.rs:{line}")
}

/// The command, and what it prints.
struct Watch {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Watch {
    fn start(folder: &Folder, program: &Program, options: &[&str]) -> Self {
        let id = program.id();
        let arguments = [&["watch", &id, "--interval", "50ms"], options].concat();
        let mut command = folder.command(&arguments);
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The rest, after the program has ended.
    fn end(mut self) -> String {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
        rest
    }
}

/// A threshold that the second block of a program crosses: so near to its end that a sample in the middle of it has no
/// tenth above.
fn in_second_block(program: &Program) -> String {
    let statm = std::fs::read_to_string(format!("/proc/{}/statm", program.id())).unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    format!("{}MiB", pages * 4096 / (1 << 20) + 31)
}

#[test]
fn a_warning_names_the_lines_of_a_program_that_records() {
    let folder = Folder::new();
    let program = build("grows", SOURCE);
    let mut command = recorded(&program, &folder, "run.mprof");
    let mut program = Program::start(command.env("MEM_PROFILE_LIVE", "on"));
    let above = in_second_block(&program);
    let mut watch = Watch::start(&folder, &program, &["--above", &above]);
    program.tell("+\n");
    program.tell("+\n");
    let line = watch.line();
    assert!(
        line.starts_with(&format!("warning: grows ({}): resident set ", program.id())),
        "{line}"
    );
    let above = above.replace("MiB", ".0 MiB");
    assert!(line.contains(&format!(" MiB, above {above}, limit ")), "{line}");
    let [leak, main] = ["vec![1; 16 << 20]", "vec![vec!"].map(line_of);
    assert_eq!(watch.line(), format!("  {leak} grows::leak +32.0 MiB, holds 32.0 MiB"));
    assert_eq!(watch.line(), format!("  {main} grows::main +1.0 MiB, holds 1.0 MiB"));
    program.tell("end\n");
    let rest = watch.end();
    assert!(rest.contains("\n  resident set ") && rest.contains(": live blocks "), "{rest}");
    assert!(!rest.contains("warning: "), "{rest}");
}

#[test]
fn each_process_is_watched_by_itself() {
    let folder = Folder::new();
    // What a shell starts behind itself has no input to wait for.
    let script = "echo ready; read line; \
                  sh -c 'echo $$ > child; x=$(head -c 30000000 /dev/zero | tr \"\\0\" x); sleep 10' & \
                  read line";
    let mut command = Command::new("sh");
    let mut program = Program::start(command.args(["-c", script]).current_dir(folder.path("")));
    let mut watch = Watch::start(&folder, &program, &["--above", "25MiB"]);
    program.tell("go\n");
    let line = watch.line();
    let child = folder.read("child");
    let start = format!("warning: sh ({}): resident set ", child.trim());
    assert!(line.starts_with(&start) && !line.contains(&program.id()), "{line}");
    let why = watch.line();
    assert!(why.starts_with("  no line is known: the program records live blocks with "), "{why}");
    let line = watch.line();
    assert!(line.starts_with("  resident set ") && line.contains(": "), "{line}");
    drop(program);
    watch.end();
}

#[test]
fn a_warning_lists_the_child_processes_each_by_itself() {
    let folder = Folder::new();
    let script = "sleep 60 & echo $! > child; x=$(head -c 30000000 /dev/zero | tr '\\0' x); \
                  echo ready; read line; kill $!";
    let mut command = Command::new("sh");
    let program = Program::start(command.args(["-c", script]).current_dir(folder.path("")));
    let mut watch = Watch::start(&folder, &program, &["--above", "25MiB"]);
    let lines = [watch.line(), watch.line(), watch.line(), watch.line()];
    let child = folder.read("child");
    let start = format!("warning: sh ({}): resident set ", program.id());
    assert!(lines[0].starts_with(&start), "{lines:#?}");
    // Less than what the shell holds, which is not in it.
    let start = format!("  child process sleep ({}): resident set ", child.trim());
    let resident = lines[3].strip_prefix(&start).unwrap_or_else(|| panic!("{lines:#?}"));
    let mebibytes: Option<f64> = resident.strip_suffix(" MiB").map(|text| text.parse().unwrap());
    assert!(mebibytes.is_none_or(|mebibytes| mebibytes < 8.0), "{lines:#?}");
    drop(program);
    assert_eq!(watch.end(), "");
}

#[test]
fn it_ends_quietly_when_nobody_reads_it_any_more() {
    let folder = Folder::new();
    let script = "echo ready; read line; x=$(head -c 30000000 /dev/zero | tr '\\0' x); read line";
    let mut program = Program::start(Command::new("sh").args(["-c", script]));
    let Watch { mut child, stdout } = Watch::start(&folder, &program, &["--above", "25MiB"]);
    drop(stdout);
    program.tell("go\n");
    let begin = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(20), "it goes on");
        std::thread::sleep(Duration::from_millis(50));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn wrong_options_are_refused() {
    let folder = Folder::new();
    for (options, expected) in [
        (["--above", "lots"], "not an amount of memory, such as 500MiB or 90%"),
        (["--growth", "fast"], "not a growth, such as 3MiB/min:20min"),
        (["--interval", "1ms"], "the interval must be at least 10ms"),
        (["--listen", "localhost"], "not an address, such as 127.0.0.1:9464"),
    ] {
        let ran = folder.run(&[&["watch", "1"], &options[..]].concat());
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    let ran = folder.run(&["watch", "1", "--token-file", "token"]);
    assert!(ran.code == 2 && ran.stderr.contains("--listen <ADDR>"), "{}", ran.stderr);
    let ran = folder.run(&["watch", "4194999"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: there is no process 4194999, or it is hidden");
}

#[cfg(not(feature = "listen"))]
#[test]
fn a_build_that_cannot_listen_says_how_to_get_one() {
    let own = std::process::id().to_string();
    let ran = Folder::new().run(&["watch", &own, "--listen", "9464"]);
    assert_eq!(ran.code, 125);
    insta::assert_snapshot!(ran.stderr, @"error: this build has no `--listen`: install the command with `--features listen`");
}

#[cfg(feature = "listen")]
mod listening {
    use std::io::Write;
    use std::net::TcpStream;

    use super::*;

    /// The status of an answer, and the answer.
    fn get(address: &str, path: &str) -> (u16, String) {
        get_with(address, path, "")
    }

    /// The same, with more lines of the head.
    fn get_with(address: &str, path: &str, more: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\n{more}\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// The figures of a name, each with its label's value.
    fn figures<'a>(metrics: &'a str, name: &str) -> Vec<(&'a str, u64)> {
        let lines = metrics.lines().filter(|line| !line.starts_with('#'));
        let figures = lines.filter_map(|line| {
            let (series, figure) = line.rsplit_once(' ')?;
            let labels = series.strip_prefix(name)?;
            (labels.is_empty() || labels.starts_with('{'))
                .then(|| (labels.split('"').nth(1).unwrap_or(""), figure.parse().unwrap()))
        });
        figures.collect()
    }

    fn sum(figures: &[(&str, u64)]) -> u64 {
        figures.iter().map(|(_, figure)| figure).sum()
    }

    /// A line that it says. Unbuffered: the rest is read when the command has ended.
    fn said(watch: &mut Watch) -> String {
        let mut line = String::new();
        let stderr = watch.child.stderr.as_mut().unwrap();
        while !line.ends_with('\n') {
            let mut byte = [0];
            stderr.read_exact(&mut byte).unwrap();
            line.push(byte[0].into());
        }
        line
    }

    /// The command, and the address on which it listens.
    fn listen(folder: &Folder, program: &Program, options: &[&str]) -> (Watch, String) {
        let options = [&["--listen", "127.0.0.1:0"], options].concat();
        let mut watch = Watch::start(folder, program, &options);
        let line = said(&mut watch);
        let address = line.strip_prefix("note: metrics are at http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics\n"));
        (watch, address.unwrap_or_else(|| panic!("{line}")).to_owned())
    }

    /// The metrics when both blocks are written: the warning comes before the end of the second one.
    fn metrics_when_full(address: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let (status, metrics) = get(address, "/metrics");
            assert_eq!(status, 200, "{metrics}");
            let classes = figures(&metrics, "mem_profile_memory_bytes");
            if classes.iter().any(|&(class, bytes)| class == "live_blocks" && bytes >= 33 << 20) {
                return metrics;
            }
            assert!(Instant::now() < deadline, "{metrics}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    #[test]
    fn metrics_of_a_program_that_records_have_its_lines_and_classes() {
        let folder = Folder::new();
        let program = build("grows", SOURCE);
        let mut command = recorded(&program, &folder, "run.mprof");
        let mut program = Program::start(command.env("MEM_PROFILE_LIVE", "on"));
        let above = in_second_block(&program);
        let (mut watch, address) = listen(&folder, &program, &["--above", &above]);
        program.tell("+\n+\n");
        let warning = watch.line();
        assert!(warning.starts_with("warning: grows "), "{warning}");
        let metrics = metrics_when_full(&address);
        let resident = sum(&figures(&metrics, "process_resident_memory_bytes"));
        let classes = figures(&metrics, "mem_profile_memory_bytes");
        assert_eq!(sum(&classes), resident, "{metrics}");
        let lines = figures(&metrics, "mem_profile_line_live_bytes");
        let [leak, main] = ["vec![1; 16 << 20]", "vec![vec!"].map(line_of);
        assert_eq!(lines[0], (&*leak, 32 << 20));
        let of_main = lines.iter().find(|(line, _)| *line == main).unwrap();
        assert_eq!(of_main.1 >> 10, 1 << 10);
        let live = sum(&figures(&metrics, "mem_profile_heap_live_bytes"));
        assert_eq!(sum(&lines), live, "{metrics}");
        let events = figures(&metrics, "mem_profile_events_total");
        assert_eq!(events, [("warning", 1), ("critical", 0)]);
        assert_eq!(figures(&metrics, "mem_profile_limit_bytes").len(), 1);
        program.tell("end\n");
        watch.end();
    }

    #[test]
    fn metrics_of_any_program_are_its_resident_set_by_class() {
        let folder = Folder::new();
        let mut command = Command::new("sh");
        let program = Program::start(command.args(["-c", "echo ready; read line"]));
        let (watch, address) = listen(&folder, &program, &[]);
        let (status, metrics) = get(&address, "/metrics");
        let status_of = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", program.id()));
        let kibibytes = status_of.unwrap();
        let kibibytes = kibibytes.lines().find_map(|line| line.strip_prefix("Rss:")).unwrap();
        let resident = kibibytes.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10;
        assert_eq!(
            (status, sum(&figures(&metrics, "process_resident_memory_bytes"))),
            (200, resident)
        );
        assert_eq!(sum(&figures(&metrics, "mem_profile_memory_bytes")), resident);
        assert!(figures(&metrics, "mem_profile_line_live_bytes").is_empty(), "{metrics}");
        assert_eq!(get(&address, "/").0, 404);
        assert_eq!(get(&address, "/metrics/../etc/passwd").0, 404);
        let (status, why) = get(&address, "/debug/pprof/heap");
        assert_eq!(status, 503);
        insta::assert_snapshot!(why, @"heap profiles are answered by the program itself, with the feature `http` of mem-profile");
        drop(program);
        watch.end();
        assert!(TcpStream::connect(&address).is_err(), "nothing listens any more");
    }

    #[test]
    fn requests_bear_the_token_of_the_file_and_faults_do_not_show_it() {
        let folder = Folder::new();
        folder.write("token", "secret\n");
        let program = Program::shell();
        let (watch, address) = listen(&folder, &program, &["--token-file", "token"]);
        assert_eq!(get(&address, "/metrics").0, 401);
        let ask = |token| get_with(&address, "/metrics", token).0;
        assert_eq!(ask("authorization: Bearer secret\r\n"), 200);
        assert_eq!(ask("authorization: Bearer secrets\r\n"), 401);
        folder.write("token", "two words");
        let id = program.id();
        let options = ["watch", &id, "--listen", "127.0.0.1:0", "--token-file", "token"];
        let ran = folder.run(&options);
        assert_eq!(ran.code, 125);
        insta::assert_snapshot!(ran.stderr, @"error: token has no token: it is one word of visible ASCII");
        let mut command = folder.command(&options[..4]);
        let ran = command.env("MEM_PROFILE_WATCH_TOKEN", "two words").output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        insta::assert_snapshot!(stderr.trim_end(), @"error: MEM_PROFILE_WATCH_TOKEN has no token: it is one word of visible ASCII");
        drop(program);
        watch.end();
    }

    #[test]
    fn an_address_that_others_reach_is_said_if_there_is_no_token() {
        let folder = Folder::new();
        let program = Program::shell();
        let start = |options: &[&str]| {
            let options = [&["--listen", "0.0.0.0:0"], options].concat();
            let mut watch = Watch::start(&folder, &program, &options);
            let line = said(&mut watch);
            watch.child.kill().unwrap();
            watch.child.wait().unwrap();
            line
        };
        let line = start(&[]);
        let is_warned = line.starts_with("warning: everybody who reaches 0.0.0.0:")
            && line.ends_with(" is answered: set --token-file\n");
        assert!(is_warned, "{line}");
        folder.write("token", "secret");
        let line = start(&["--token-file", "token"]);
        assert!(line.starts_with("note: metrics are at http://0.0.0.0:"), "{line}");
    }

    #[test]
    fn an_address_that_is_taken_is_said() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let own = std::process::id().to_string();
        let ran = Folder::new().run(&["watch", &own, "--listen", &address]);
        let start = format!("error: cannot listen on {address}: ");
        assert_eq!((ran.code, ran.stderr.starts_with(&start)), (125, true), "{}", ran.stderr);
    }
}
