//! If a report cannot be written, the program ends as without the profiler.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;
use std::{io, ptr};

use tempfile::TempDir;

use crate::run::{Report, bin, program, run};

const COUNTED: &str = env!("CARGO_BIN_EXE_counted");

#[test]
fn closed_streams_do_no_harm() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report.json");
    for closed in ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let script = format!("exec \"$0\" work {closed}");
        let shell = || program("sh", &["-c", &script, COUNTED]);
        assert_eq!(run(&mut shell()).code(), Some(3), "{closed}");
        assert_eq!(run(shell().env("MEM_PROFILE_OUTPUT", "stdout")).code(), Some(3), "{closed}");
        let to_file = &mut shell();
        to_file.env("MEM_PROFILE_OUTPUT", &path).env("MEM_PROFILE_FORMAT", "json");
        assert_eq!(run(to_file).code(), Some(3), "{closed}");
        let report = Report::parse(&fs::read_to_string(&path).unwrap());
        assert_eq!(report.function("grow").calls, 1);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_reader_that_has_left_does_no_harm() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let status = bin!("counted", "work").stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(3));
}

#[test]
fn a_report_is_written_to_the_current_standard_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("stderr");
    let ended = run(&mut bin!("counted", "close_stderr", path.to_str().unwrap()));
    assert_eq!((ended.code(), ended.stderr.as_str()), (Some(3), ""));
    assert!(fs::read_to_string(&path).unwrap().contains("Function: counted::grow"));
}

#[test]
fn a_path_that_cannot_be_written_costs_one_line() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing/report");
    for path in [missing.to_str().unwrap(), folder.path().to_str().unwrap(), "/dev/full"] {
        let ended = run(bin!("counted", "work").env("MEM_PROFILE_OUTPUT", path));
        assert_eq!(ended.code(), Some(3));
        let start = format!("mem-profile: cannot write {path}: ");
        assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}

#[test]
fn a_full_disk_behind_standard_error_does_no_harm() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(bin!("counted", "work").stderr(full).status().unwrap().code(), Some(3));
}

#[test]
fn a_terminal_gets_colour_and_its_width() {
    let (mut ours, theirs) = terminal(90);
    let mut command = bin!("counted", "work");
    command.env("TERM", "xterm").env("MEM_PROFILE_UNIT", "B");
    let mut child = command.stderr(theirs).spawn().unwrap();
    command.stderr(Stdio::null());
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    // A terminal without a program at its other end returns an error instead of an end.
    while let Ok(length @ 1..) = ours.read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
    }
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("\u{1b}[1;31m").count(), 2, "{text}");
    let rows = text.lines().filter(|line| line.contains('…'));
    let plain = rows.map(|row| row.replace("\u{1b}[1;31m", "").replace("\u{1b}[0m", ""));
    let widths: Vec<_> = plain.map(|row| row.trim_end().chars().count()).collect();
    assert!(!widths.is_empty() && widths.iter().all(|&width| width == 90), "{widths:?} {text}");
}

/// The two ends of a terminal with this many columns: the one we read and the program's.
fn terminal(columns: u16) -> (File, OwnedFd) {
    let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: the descriptors are writable, and the name and the modes may be left out.
    let status = unsafe {
        libc::openpty(&raw mut ours, &raw mut theirs, ptr::null_mut(), ptr::null(), &raw const size)
    };
    assert_eq!(status, 0);
    // SAFETY: the descriptors were just made and are nobody else's.
    unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) }
}
