//! Runs a program and reads its report.

use std::env;
use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

/// Every variable that can affect a report, besides the profiler's own.
const VARIABLES: [&str; 6] = [
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "RUST_BACKTRACE",
    "RUST_LIB_BACKTRACE",
    "LLVM_PROFILE_FILE",
];

/// The program at `path` with these arguments, in a clean environment.
pub(crate) fn program(path: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(arguments);
    let own = env::vars_os().map(|(name, _)| name);
    own.filter(|name| name.to_string_lossy().starts_with("MEM_PROFILE"))
        .for_each(|name| _ = command.env_remove(name));
    VARIABLES.iter().for_each(|name| _ = command.env_remove(name));
    command
}

/// A program of this package.
macro_rules! bin {
    ($name:literal $(, $argument:expr)*) => {
        crate::run::program(env!(concat!("CARGO_BIN_EXE_", $name)), &[$($argument),*])
    };
}
pub(crate) use bin;

/// The program's output, as text.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// Runs the program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("the output is UTF-8");
    Ended { status, stdout: text(stdout), stderr: text(stderr) }
}

/// Runs the program with a report in JSON. It may write nothing else to standard error.
pub(crate) fn json(command: &mut Command) -> (Ended, Report) {
    let ended = run(command.env("MEM_PROFILE_FORMAT", "json"));
    let report = Report::parse(&ended.stderr);
    (ended, report)
}

/// Runs the program and returns each write to its standard error.
pub(crate) fn writes(command: &mut Command) -> (ExitStatus, Vec<String>) {
    let (ours, theirs) = packets();
    let mut child = command.stdout(Stdio::null()).stderr(theirs).spawn().unwrap();
    // The command keeps its end of the socket.
    command.stderr(Stdio::null());
    let mut packets = Vec::new();
    let mut socket = std::fs::File::from(ours);
    let mut buffer = vec![0; 1 << 20];
    loop {
        match socket.read(&mut buffer).expect("the socket can be read") {
            0 => break,
            length => packets.push(String::from_utf8(buffer[..length].to_vec()).unwrap()),
        }
    }
    (child.wait().unwrap(), packets)
}

/// Two ends of a socket that keeps the bounds of each write.
fn packets() -> (OwnedFd, OwnedFd) {
    let mut ends = [0; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: the two descriptors are writable.
    let status = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) };
    assert_eq!(status, 0);
    // SAFETY: the descriptors were just made and are nobody else's.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) }).into()
}

/// Waits for the end of a program that might never end.
pub(crate) fn within(patience: Duration, command: &mut Command) -> Ended {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read = |mut pipe: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).expect("the output is UTF-8");
            text
        })
    };
    let stdout = read(Box::new(child.stdout.take().unwrap()));
    let stderr = read(Box::new(child.stderr.take().unwrap()));
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > patience => {
                child.kill().unwrap();
                panic!("the program hangs: {:?}", child.wait());
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    Ended { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// One line of a report in JSON.
#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) source: String,
    pub(crate) usage: Option<i64>,
    pub(crate) increment: Option<i64>,
    pub(crate) peak: Option<u64>,
    pub(crate) allocations: Option<u64>,
    pub(crate) occurrences: Option<u64>,
}

/// One function of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) calls: u64,
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) backend: String,
    pub(crate) functions: Vec<Function>,
}

/// A report in JSON.
#[derive(Debug)]
pub(crate) struct Report(pub(crate) Snapshot);

impl Report {
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}")))
    }

    /// The names of all functions, without the crate's.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names = self.0.functions.iter().map(|function| function.name.as_str());
        names.map(|name| name.split_once("::").map_or(name, |(_, path)| path)).collect()
    }

    pub(crate) fn function(&self, name: &str) -> &Function {
        let path = format!("::{name}");
        let mut found = self.0.functions.iter().filter(|f| f.name.ends_with(&path));
        let function = found.next().unwrap_or_else(|| panic!("no {name} in {:?}", self.names()));
        assert!(found.next().is_none(), "two functions {name}");
        function
    }

    /// The line of `function` that contains `text`.
    pub(crate) fn line(&self, function: &str, text: &str) -> &Line {
        let lines = &self.function(function).lines;
        let mut found = lines.iter().filter(|line| line.source.contains(text));
        let line = found.next().unwrap_or_else(|| panic!("no {text} in {function}"));
        assert!(found.next().is_none(), "{text} is on two lines of {function}");
        line
    }

    /// Increment, peak, allocations and occurrences of the line of `function` that contains `text`.
    pub(crate) fn heap(&self, function: &str, text: &str) -> (i64, u64, u64, u64) {
        let line = self.line(function, text);
        let numbers = (line.increment, line.peak, line.allocations, line.occurrences);
        let (Some(increment), Some(peak), Some(allocations), Some(occurrences)) = numbers else {
            panic!("{text} of {function} has no numbers: {line:?}");
        };
        (increment, peak, allocations, occurrences)
    }
}
