//! Captures that the environment of a program asks for.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use mem_profile_graph::{HeapGraph, Image};
use tempfile::TempDir;

/// A program that waits, and the folder of its captures.
struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Program {
    fn start(environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_requested"));
        command.current_dir(&folder).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { child, stdout, folder };
        program.expect("ready\n");
        program
    }

    fn expect(&mut self, line: &str) {
        let mut found = String::new();
        self.stdout.read_line(&mut found).unwrap();
        assert_eq!(found, line);
    }

    /// Has it drop one of its blocks.
    fn drop_one(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.expect("dropped\n");
    }

    fn signal(&self) {
        // SAFETY: the child was not waited for.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, libc::SIGUSR2) }, 0);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wait_for(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let mut looks = (0..6_000).inspect(|_| sleep(Duration::from_millis(10)));
        assert!(looks.any(|_| path.exists()), "{name} never came");
        path
    }

    /// Lets it end. Returns the files in its folder, and its messages.
    fn end(&mut self) -> (Vec<String>, String) {
        drop(self.child.stdin.take());
        let mut messages = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
        assert!(self.child.wait().unwrap().success(), "{messages}");
        let entries = self.folder.path().read_dir().unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        (names, messages)
    }
}

/// How many blocks of the program's are in a capture, and the names of its threads.
fn captured(path: &Path) -> (usize, Vec<String>) {
    let image = Image::open(path).unwrap();
    let blocks = image.blocks().filter(|block| block.size == 12_345).count();
    let mut threads: Vec<_> = image.threads().iter().map(|thread| thread.name.clone()).collect();
    threads.sort();
    (blocks, threads)
}

#[test]
fn a_signal_and_the_end_are_captured_each_under_its_own_name() {
    let mut program = Program::start(&[("MEM_PROFILE_GRAPH", "a.mheap")]);
    program.signal();
    let first = captured(&program.wait_for("a.mheap"));
    // The thread that captures is not the program's.
    assert_eq!(first, (3, vec!["requested".to_owned(), "requested".to_owned()]));
    // It is traced from before `main`, so no holder is older.
    let graph = HeapGraph::load(program.path("a.mheap")).unwrap();
    assert_eq!(graph.classes().unseen.blocks, 0, "{}", graph.classes());
    program.drop_one();
    program.signal();
    assert_eq!(captured(&program.wait_for("a.2.mheap")).0, 2);
    program.drop_one();
    let (names, messages) = program.end();
    assert_eq!(names, ["a.2.mheap", "a.3.mheap", "a.mheap"]);
    assert_eq!(captured(&program.path("a.3.mheap")).0, 1);
    assert_eq!(messages.lines().filter(|line| line.contains("captured")).count(), 3, "{messages}");
}

#[test]
fn a_name_may_have_placeholders_and_takes_no_place_of_an_older_file() {
    let mut program = Program::start(&[("MEM_PROFILE_GRAPH", "%n.mheap")]);
    std::fs::write(program.path("requested.mheap"), "older").unwrap();
    let (names, messages) = program.end();
    assert_eq!(names, ["requested.2.mheap", "requested.mheap"]);
    assert_eq!(std::fs::read(program.path("requested.mheap")).unwrap(), b"older");
    let path = program.path("requested.2.mheap");
    let bytes = std::fs::metadata(&path).unwrap().len();
    assert!(bytes < 1 << 20, "{bytes}");
    let (start, end) = ("mem-profile: captured ", " shows who holds them\n");
    assert!(messages.starts_with(start) && messages.ends_with(end), "{messages}");
    assert!(messages.contains(&format!("graph report {}`", path.display())), "{messages}");
}

#[test]
fn a_time_takes_the_place_of_the_end() {
    let mut program =
        Program::start(&[("MEM_PROFILE_GRAPH", "a.mheap"), ("MEM_PROFILE_GRAPH_AFTER", "20ms")]);
    assert_eq!(captured(&program.wait_for("a.mheap")).0, 3);
    assert_eq!(program.end().0, ["a.mheap"]);
    let mut program =
        Program::start(&[("MEM_PROFILE_GRAPH", "a.mheap"), ("MEM_PROFILE_GRAPH_AFTER", "1000s")]);
    let (names, messages) = program.end();
    assert_eq!(names, ["a.mheap"]);
    assert!(messages.contains("the program ends before 1000s are over"), "{messages}");
}

#[test]
fn what_cannot_be_captured_is_said() {
    let said = |environment: &[(&str, &str)]| {
        let (names, messages) = Program::start(environment).end();
        assert!(names.iter().all(|name| !name.contains("mheap")), "{names:?}");
        messages
    };
    let sample = said(&[("MEM_PROFILE_GRAPH", "a.mheap"), ("MEM_PROFILE_TRACE", "sample")]);
    let line = "mem-profile: MEM_PROFILE_GRAPH: nothing is captured of a sample: leave out \
                MEM_PROFILE_TRACE=sample";
    assert_eq!(sample.lines().next(), Some(line));
    let gone = said(&[("MEM_PROFILE_GRAPH", "gone/a.mheap")]);
    assert!(
        gone.contains("gone/a.mheap: the capture could not be written: No such file"),
        "{gone}"
    );
    assert_eq!(said(&[("MEM_PROFILE_GRAPH", "off")]), "");
    assert_eq!(
        said(&[("MEM_PROFILE_GRAPH_AFTER", "5s")]),
        "mem-profile: MEM_PROFILE_GRAPH_AFTER has no effect without MEM_PROFILE_GRAPH\n"
    );
    let hashes = ("MEM_PROFILE_GRAPH_DUPLICATES", "yes");
    assert!(said(&[hashes]).contains("MEM_PROFILE_GRAPH_DUPLICATES=yes is neither on nor off"));
    let after = [("MEM_PROFILE_GRAPH", "/dev/null/a"), ("MEM_PROFILE_GRAPH_AFTER", "soon")];
    assert!(said(&after).contains("MEM_PROFILE_GRAPH_AFTER=soon is not a time from 1ms up"));
}

#[test]
fn copies_are_found_where_contents_are_hashed() {
    let hashes = ("MEM_PROFILE_GRAPH_DUPLICATES", "on");
    let mut program = Program::start(&[("MEM_PROFILE_GRAPH", "a.mheap"), hashes]);
    assert_eq!(program.end().0, ["a.mheap"]);
    let graph = HeapGraph::load(program.path("a.mheap")).unwrap();
    let duplicates = graph.duplicates().unwrap();
    assert_eq!(duplicates[0].bytes, 2 * 12_345, "{duplicates:?}");
}

#[test]
fn the_report_of_the_tracer_comes_after_the_capture() {
    let mut program =
        Program::start(&[("MEM_PROFILE_GRAPH", "a.mheap"), ("MEM_PROFILE_TRACE", "1")]);
    let (names, messages) = program.end();
    assert_eq!(names, ["a.mheap"]);
    let place = |text: &str| messages.find(text).unwrap_or_else(|| panic!("{text}: {messages}"));
    assert!(place("mem-profile: captured") < place("requested.rs"), "{messages}");
}
