//! Input from pipes, which can be read only once and have no length.

use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::thread;

use crate::recorded::{build, example, recorded};
use crate::run::{Folder, Ran, ran};
use crate::sample;

/// Runs the command with these bytes in a pipe as its standard input.
fn piped(folder: &Folder, arguments: &[&str], bytes: &[u8]) -> Ran {
    let mut command = folder.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    thread::scope(|scope| {
        // The command may end before it has read everything.
        scope.spawn(move || _ = stdin.write_all(bytes));
        ran(&child.wait_with_output().unwrap())
    })
}

/// Runs the command while another thread writes these bytes into a named pipe, `fifo`.
fn by_name(folder: &Folder, arguments: &[&str], bytes: &[u8]) -> Ran {
    let path = folder.path("fifo");
    let name = CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: the name ends in a zero.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let ran = thread::scope(|scope| {
        scope.spawn(|| fs::File::options().write(true).open(&path).unwrap().write_all(bytes));
        folder.run(arguments)
    });
    fs::remove_file(path).unwrap();
    ran
}

fn assert_same(folder: &Folder, name: &str, commands: &[&str]) {
    let bytes = fs::read(folder.path(name)).unwrap();
    for command in commands {
        let with = |input: &str| command.replace("INPUT", input);
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let run = |input: &str, run: &dyn Fn(&[&str]) -> Ran| {
            let words = words(&with(input));
            let ran = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            (ran.code, ran.stdout.replace(input, "INPUT"), ran.stderr.replace(input, "INPUT"))
        };
        let expected = run(name, &|arguments| folder.run(arguments));
        assert!(expected.0 != 125 && expected.1.len() > 10, "{command}: {expected:?}");
        let piped = run("/dev/stdin", &|arguments| piped(folder, arguments, &bytes));
        assert_eq!(piped, expected, "{command} of a pipe");
        let by_name = run("fifo", &|arguments| by_name(folder, arguments, &bytes));
        assert_eq!(by_name, expected, "{command} of a named pipe");
    }
}

#[test]
fn reports_are_read_from_pipes() {
    let folder = Folder::with("run.json", &sample::by_line());
    let mut timed = sample::by_line();
    timed.timeline = Some(sample::timeline());
    folder.record("timed.json", &timed);
    let commands = [
        "report INPUT",
        "report INPUT --format html",
        "flame INPUT",
        "export INPUT --format folded",
        "diff INPUT timed.json",
        "diff timed.json INPUT",
        "check INPUT --baseline timed.json",
        "check timed.json --baseline INPUT",
    ];
    assert_same(&folder, "run.json", &commands);
    assert_same(&folder, "timed.json", &["plot INPUT", "peak INPUT"]);
}

#[test]
fn sample_files_are_read_from_pipes() {
    let folder = Folder::new();
    let samples = (0..10_000).map(|time| format!("MEM {}.5 {time}.0\n", time % 9));
    folder.write("run.dat", &samples.collect::<String>());
    assert_same(&folder, "run.dat", &["plot INPUT", "plot INPUT --window 5,9", "peak INPUT"]);
}

#[test]
fn recordings_are_read_from_pipes() {
    let folder = Folder::new();
    let leak = build("leak", &example("leak"));
    let mut command = recorded(&leak, &folder, "run.mprof");
    command.env("MEM_PROFILE_TIMELINE", "1").env("MEM_PROFILE_LIVE", "1");
    assert!(command.output().unwrap().status.success());
    let commands = [
        "report INPUT",
        "flame INPUT",
        "export INPUT --format speedscope",
        "plot INPUT",
        "peak INPUT",
        "diff INPUT copy.mprof",
        "check INPUT --baseline copy.mprof",
    ];
    fs::copy(folder.path("run.mprof"), folder.path("copy.mprof")).unwrap();
    assert_same(&folder, "run.mprof", &commands);
}

#[test]
fn truncated_empty_and_endless_input_is_one_line() {
    let folder = Folder::with("run.json", &sample::leak());
    let report = ["report", "/dev/stdin"];
    let error = |bytes: &[u8], arguments: &[&str]| {
        let ran = piped(&folder, arguments, bytes);
        assert_eq!((ran.code, ran.stdout.as_str()), (125, ""));
        ran.stderr
    };
    insta::assert_snapshot!(error(b"", &report), @"error: /dev/stdin is empty: nothing was recorded");
    insta::assert_snapshot!(error(b"{\"a", &report), @"error: cannot use /dev/stdin: it is truncated: the disk was full, or the writer was killed");
    let endless = folder.run(&["report", "/dev/zero"]);
    insta::assert_snapshot!(endless.stderr, @"error: cannot use /dev/zero: this is not a recording of mem-profile; run the program with MEM_PROFILE_OUTPUT=run.mprof to make one");
    let endless = folder.run(&["plot", "/dev/zero"]);
    assert!(endless.stderr.contains("/dev/zero is not a sample file"), "{endless:?}");
    assert_eq!(endless.code, 125);
}
