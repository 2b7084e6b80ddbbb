//! Recordings and reports destroy no file of another kind or owner.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mem_profile::recording::{Recording, State};
use tempfile::TempDir;

use crate::run::{Ended, bin, run, within};

const TEXT: &str = "something else";

/// Whether it is a report, from its summary on.
fn is_report(text: &str) -> bool {
    let (summary, tables) = text.split_once("\n\n").unwrap_or_default();
    summary.lines().next().is_some_and(|line| line.contains(" live at the end"))
        && tables.starts_with("Filename: tests/hard/src/bin/recorded.rs")
}

fn recorded(path: &Path, arguments: &[&str]) -> Command {
    let mut command = crate::run::program(env!("CARGO_BIN_EXE_recorded"), arguments);
    command.env("MEM_PROFILE_OUTPUT", path);
    command
}

/// Runs the program to its end. A pipe might block it.
fn complete(path: &Path) -> Ended {
    within(Duration::from_secs(60), &mut recorded(path, &["complete"]))
}

fn is_complete(path: &Path) -> bool {
    Recording::open(path).is_ok_and(|recording| recording.state == State::Complete)
}

fn command(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// Every kind of file that must not be replaced, and its name in the message.
fn foreign(folder: &Path, extension: &str) -> Vec<(PathBuf, &'static str)> {
    let path = |name: &str| folder.join(name).with_extension(extension);
    let [text, empty, link] = ["text", "empty", "link"].map(path);
    let [pipe, device, socket, directory] = ["pipe", "device", "socket", "folder"].map(path);
    fs::write(&text, TEXT).unwrap();
    fs::write(&empty, "").unwrap();
    symlink(&text, &link).unwrap();
    assert!(command("mkfifo", &[pipe.to_str().unwrap()]));
    drop(UnixListener::bind(&socket).unwrap());
    fs::create_dir(&directory).unwrap();
    let special = "a device, pipe or socket";
    let mut all = vec![
        (text, "a file of another kind"),
        (empty, "a file of another kind"),
        (link, "a file of another kind"),
        (pipe, special),
        (socket, special),
        (directory, "a folder"),
    ];
    // Only root can make devices.
    if command("mknod", &[device.to_str().unwrap(), "c", "1", "3"]) {
        all.push((device, special));
    }
    all
}

/// All visible properties of the file: a file that is replaced is another one.
fn look(path: &Path) -> (u64, u32, u64) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.ino(), metadata.mode(), metadata.len())
}

#[test]
fn nothing_but_a_recording_is_replaced_by_one() {
    let folder = TempDir::new().unwrap();
    for (path, what) in foreign(folder.path(), "mprof") {
        let before = look(&path);
        let refusal =
            format!("{what} is there, no recording, and would be lost: name another file");
        let ended = complete(&path);
        assert_eq!(ended.code(), Some(0));
        let (warning, report) = ended.stderr.split_once('\n').unwrap();
        let expected = format!("mem-profile: cannot record to {}: {refusal}", path.display());
        assert_eq!(warning, expected);
        assert!(is_report(report), "{report}");

        let mut command = recorded(Path::new(""), &["refused", path.to_str().unwrap()]);
        assert_eq!(run(&mut command).stdout.trim_end(), refusal);
        assert_eq!(look(&path), before, "{what}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("text.mprof")).unwrap(), TEXT);
}

#[test]
fn a_link_to_a_recording_stays_one() {
    let folder = TempDir::new().unwrap();
    let [path, link] = ["run.mprof", "link.mprof"].map(|name| folder.path().join(name));
    symlink("run.mprof", &link).unwrap();
    for _ in 0..2 {
        assert_eq!(complete(&link).stderr, "");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(is_complete(&path) && fs::symlink_metadata(&path).unwrap().is_file());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
}

/// The report that goes to `path`.
fn report_to(path: impl AsRef<Path>) -> Command {
    let mut command = bin!("recorded", "announced");
    command.env("MEM_PROFILE_OUTPUT", path.as_ref());
    command
}

#[test]
fn a_report_is_written_into_the_existing_file() {
    let folder = TempDir::new().unwrap();
    for (path, _) in foreign(folder.path(), "txt") {
        let (inode, mode, _) = look(&path);
        let kind = fs::metadata(&path).unwrap().file_type();
        let (ended, read) = thread::scope(|scope| {
            let is_read = kind.is_fifo() || kind.is_file();
            let read = || fs::read_to_string(&path).unwrap();
            let reader = kind.is_fifo().then(|| scope.spawn(read));
            let ended = within(Duration::from_secs(60), &mut report_to(&path));
            let reader = reader.map(|reader| reader.join().unwrap());
            (ended, reader.or_else(|| is_read.then(read)))
        });
        assert!(read.is_none_or(|text| is_report(&text)), "{}", path.display());
        let is_refused = kind.is_socket() || kind.is_dir();
        let refusal = format!("mem-profile: cannot write {}: ", path.display());
        assert_eq!(ended.stderr.starts_with(&refusal), is_refused, "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), usize::from(is_refused), "{}", ended.stderr);
        assert_eq!((look(&path).0, look(&path).1), (inode, mode), "{}", path.display());
    }
}

#[test]
fn a_pipe_without_a_reader_costs_ten_seconds_and_one_line() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe");
    assert!(command("mkfifo", &[path.to_str().unwrap()]));
    let start = Instant::now();
    let ended = within(Duration::from_secs(60), &mut report_to(&path));
    let line = format!("mem-profile: cannot write {}: nobody reads the pipe\n", path.display());
    assert_eq!((ended.stdout.as_str(), ended.stderr), ("here\nthere\n", line));
    assert!(start.elapsed() > Duration::from_secs(10));
}

#[test]
fn a_report_to_a_file_of_the_program_comes_after_its_own_text() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("all.txt");
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", path.to_str().unwrap()] {
        let mut file = File::create(&path).unwrap();
        file.write_all(b"first\n").unwrap();
        assert!(report_to(name).stdout(file).status().unwrap().success());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.strip_prefix("first\nhere\nthere\n").is_some_and(is_report), "{name}: {text}");
    }
    // By another descriptor, as a shell's `3>>log` gives it.
    fs::write(&path, "first\n").unwrap();
    let script = "exec \"$0\" announced 3>>\"$1\"";
    let arguments = ["-c", script, env!("CARGO_BIN_EXE_recorded"), path.to_str().unwrap()];
    let mut shell = crate::run::program("sh", &arguments);
    assert_eq!(run(shell.env("MEM_PROFILE_OUTPUT", "/dev/fd/3")).stderr, "");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.strip_prefix("first\n").is_some_and(is_report), "{text}");
}

#[test]
fn standard_output_gets_a_report_by_its_path_where_it_is_a_pipe() {
    let ended = run(&mut report_to("/dev/stdout"));
    assert!(ended.stdout.strip_prefix("here\nthere\n").is_some_and(is_report), "{}", ended.stdout);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_report_does_not_replace_a_recording() {
    let folder = TempDir::new().unwrap();
    let [recording, text] = ["run.mprof", "run.txt"].map(|name| folder.path().join(name));
    assert_eq!(complete(&recording).stderr, "");
    fs::rename(&recording, &text).unwrap();
    let mut before = Vec::new();
    File::open(&text).unwrap().read_to_end(&mut before).unwrap();
    let ended = run(&mut report_to(&text));
    let line = format!(
        "mem-profile: cannot write {}: it is a recording, and would be lost: name another file\n",
        text.display()
    );
    assert_eq!(ended.stderr, line);
    assert_eq!(fs::read(&text).unwrap(), before);
}
