//! Recordings contain all that was recorded, at each kind of end of the program.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mem_profile::recording::{Reason, Recording, RecordingError, State};
use mem_profile::{LineSnapshot, Snapshot};
use tempfile::TempDir;

use crate::run::{Ended, Report, bin, json, program, run};

/// The program `recorded`, recorded to a file of this name in the folder.
fn recorded(folder: &TempDir, name: &str, arguments: &[&str]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_recorded"), arguments);
    command.env("MEM_PROFILE_OUTPUT", folder.path().join(name));
    command
}

fn open(path: &Path) -> Recording {
    Recording::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The line of `function` that contains `text`.
fn line<'a>(snapshot: &'a Snapshot, function: &str, text: &str) -> &'a LineSnapshot {
    let path = format!("::{function}");
    let function = snapshot.functions.iter().find(|f| f.name.ends_with(&path)).expect("it ran");
    function.lines.iter().find(|line| line.source.contains(text)).expect("there is such a line")
}

/// Increment, peak, allocations and occurrences.
fn figures(line: &LineSnapshot) -> (i64, u64, u64, u64) {
    let figures = (line.increment, line.peak, line.allocations, line.occurrences);
    let (Some(increment), Some(peak), Some(allocations), Some(occurrences)) = figures else {
        panic!("{line:?} did not run");
    };
    (increment, peak, allocations, occurrences)
}

/// The figures of `work` before it called the function that ended it.
fn assert_worked(snapshot: &Snapshot) {
    assert_eq!(figures(line(snapshot, "keep", "kept.push")), (10_000, 1000, 10, 10));
    assert_eq!(figures(line(snapshot, "work", "with_capacity")), (240, 240, 1, 1));
    assert_eq!(figures(line(snapshot, "work", "keep(&mut")), (10_000, 1000, 10, 10));
}

/// The line that ran when the program ended, and the one that never ran.
fn assert_open(snapshot: &Snapshot) {
    assert_worked(snapshot);
    assert_eq!(figures(line(snapshot, "work", "end(&vec!")), (700, 700, 1, 1));
    assert!(!line(snapshot, "work", "look_at").ran());
}

#[test]
fn no_end_loses_a_recorded_figure() {
    let ends =
        [("kill", Some(9), None), ("abort", Some(6), None), ("leave_at_once", None, Some(9))];
    for (scene, signal, code) in ends {
        let folder = TempDir::new().unwrap();
        let ended = run(&mut recorded(&folder, "run.mprof", &[scene]));
        assert_eq!((ended.status.signal(), ended.code()), (signal, code), "{scene}");
        assert_eq!(ended.stderr, "", "{scene}");
        let recording = open(&folder.path().join("run.mprof"));
        assert_eq!(recording.state, State::Incomplete(vec![Reason::Ended]), "{scene}");
        assert!(recording.program.ends_with(&format!("recorded {scene}")), "{recording:?}");
        assert_open(&recording.snapshot);
        let banner = recording.banner().unwrap();
        assert!(banner.starts_with("mem-profile: this recording is incomplete: "), "{banner}");
    }
}

#[test]
fn lines_that_wait_for_a_callee_are_read_from_the_frame_stack() {
    let folder = TempDir::new().unwrap();
    let ended = run(&mut recorded(&folder, "run.mprof", &["unchanged"]));
    assert_eq!(ended.status.signal(), Some(9));
    let Recording { snapshot, .. } = open(&folder.path().join("run.mprof"));
    assert_eq!(figures(line(&snapshot, "innermost", "end(")), (600, 600, 3, 3));
    assert_eq!(figures(line(&snapshot, "between", "innermost(")), (600, 600, 3, 3));
    assert_eq!(figures(line(&snapshot, "between", "return")), (0, 600, 0, 6));
    assert_eq!(figures(line(&snapshot, "outermost", "between(")), (600, 600, 3, 3));
    assert_eq!(figures(line(&snapshot, "work", "end(")), (1300, 1300, 4, 1));
}

/// Starts a program that runs until its standard input is closed.
fn started(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_program_that_is_replaced_by_another_leaves_an_incomplete_recording() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    let mut child = started(&mut recorded(&folder, "run.mprof", &["become_another"]));
    let start = Instant::now();
    let recording = loop {
        // The same process continues, as another program.
        match Recording::open(&path) {
            Ok(recording) if recording.state == State::Incomplete(vec![Reason::Ended]) => {
                break recording;
            }
            other => assert!(start.elapsed() < Duration::from_secs(60), "{other:?}"),
        }
    };
    assert_eq!((recording.process, child.try_wait().unwrap()), (child.id(), None));
    assert_open(&recording.snapshot);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());

    // The same program once more in the same process: the path is the same.
    let folder = TempDir::new().unwrap();
    let ended = run(&mut recorded(&folder, "%p.mprof", &["become_itself"]));
    assert!(ended.status.success(), "{}", ended.stderr);
    assert!(ended.stderr.contains(".1.mprof: %p in the path"), "{}", ended.stderr);
    let mut recordings = recordings(&folder);
    recordings.sort_by_key(|recording| recording.state.is_complete());
    assert_eq!((recordings.len(), recordings[0].process), (2, recordings[1].process));
    assert_eq!(recordings[0].state, State::Incomplete(vec![Reason::Ended]));
    assert_open(&recordings[0].snapshot);
    assert_eq!(recordings[1].state, State::Complete);
    assert_worked(&recordings[1].snapshot);
}

fn recordings(folder: &TempDir) -> Vec<Recording> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| open(&path)).collect()
}

#[test]
fn a_recording_is_read_while_it_is_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    let mut child = started(&mut recorded(&folder, "run.mprof", &["wait"]));
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");
    let recording = open(&path);
    assert_eq!((recording.state.clone(), recording.process), (State::Running, child.id()));
    assert_open(&recording.snapshot);
    let banner = format!("mem-profile: process {} is still running;", child.id());
    assert!(recording.banner().unwrap().starts_with(&banner));

    // No other run takes its name.
    let other = run(&mut recorded(&folder, "run.mprof", &["complete"]));
    assert_eq!((other.code(), other.stderr.lines().count()), (Some(0), 1));
    assert!(other.stderr.starts_with(&format!("mem-profile: process {} records to ", child.id())));
    assert_eq!(open(&folder.path().join("run.1.mprof")).state, State::Complete);

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let recording = open(&path);
    assert_eq!((recording.state.clone(), recording.banner()), (State::Complete, None));
    assert_eq!(recording.process, child.id());
    // Once it is complete, the next run takes its place.
    assert_eq!(run(&mut recorded(&folder, "run.mprof", &["complete"])).code(), Some(0));
    assert_ne!(open(&path).process, child.id());
}

#[test]
fn a_complete_recording_is_the_report() {
    let folder = TempDir::new().unwrap();
    let command = &mut recorded(&folder, "run.mprof", &["complete"]);
    let ended = run(command.env("MEM_PROFILE_FORMAT", "json"));
    let report = Report::parse(&ended.stderr);
    let recording = open(&folder.path().join("run.mprof"));
    assert_eq!(recording.state, State::Complete);
    assert_eq!(recording.snapshot.backend.name(), report.0.backend);
    assert_eq!(recording.snapshot.functions.len(), report.0.functions.len());
    for (recorded, reported) in recording.snapshot.functions.iter().zip(&report.0.functions) {
        assert_eq!((&recorded.name, recorded.calls), (&reported.name, reported.calls));
        for (recorded, reported) in recorded.lines.iter().zip(&reported.lines) {
            assert_eq!(recorded.source, reported.source);
            let ours = (recorded.increment, recorded.peak, recorded.allocations);
            assert_eq!(ours, (reported.increment, reported.peak, reported.allocations));
            assert_eq!(recorded.occurrences, reported.occurrences);
        }
    }
    assert_eq!(figures(line(&recording.snapshot, "work", "end(&vec!")), (0, 700, 1, 1));
}

#[test]
fn a_recording_is_the_only_output_unless_a_format_is_requested() {
    let folder = TempDir::new().unwrap();
    let Ended { stdout, stderr, .. } = run(&mut recorded(&folder, "run.mprof", &["complete"]));
    assert_eq!((stdout.as_str(), stderr.as_str()), ("", ""));
    let command = &mut recorded(&folder, "run.MPROF", &["complete"]);
    let ended = run(command.env("MEM_PROFILE_FORMAT", "table"));
    assert!(ended.stderr.contains("\nFilename: tests/hard/src/bin/recorded.rs"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_recording_that_cannot_be_made_costs_one_line_and_the_report_comes() {
    let folder = TempDir::new().unwrap();
    let ended = run(&mut recorded(&folder, "missing/run.mprof", &["complete"]));
    assert!(ended.status.success());
    let (warning, report) = ended.stderr.split_once('\n').unwrap();
    assert!(warning.starts_with("mem-profile: cannot record to "), "{warning}");
    assert!(warning.contains("No such file or directory"), "{warning}");
    assert!(report.contains("\nFilename: "), "{report}");
}

#[test]
fn processes_and_a_forked_child_write_side_by_side() {
    let folder = TempDir::new().unwrap();
    let children = folder.path().join("child-%p.mprof");
    let mut command = recorded(&folder, "parent-%p.mprof", &["fork", children.to_str().unwrap()]);
    let mut processes = [command.spawn().unwrap(), command.spawn().unwrap()];
    for process in &mut processes {
        assert!(process.wait().unwrap().success());
    }
    let (parents, children): (Vec<_>, Vec<_>) = recordings(&folder)
        .into_iter()
        .partition(|recording| processes.iter().any(|process| process.id() == recording.process));
    assert_eq!((parents.len(), children.len()), (2, 2));
    for Recording { snapshot, state, .. } in &parents {
        assert_eq!(*state, State::Complete);
        assert_worked(snapshot);
        assert_eq!(figures(line(snapshot, "work", "end(&vec!")), (0, 700, 1, 1));
    }
    // The figures of its parent until the fork, and its own.
    for Recording { snapshot, state, .. } in &children {
        assert_eq!(*state, State::Complete);
        assert_eq!(figures(line(snapshot, "keep", "kept.push")), (10_350, 1000, 17, 17));
        assert_eq!(figures(line(snapshot, "work", "keep(&mut")), (10_000, 1000, 10, 10));
        assert!(!line(snapshot, "work", "look_at").ran());
    }
}

#[test]
fn children_of_a_busy_process_do_not_write_to_its_recording() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    let ended = run(bin!("forks", "with_threads").env("MEM_PROFILE_OUTPUT", &path));
    assert!(ended.status.success(), "{}", ended.stderr);
    let recording = open(&path);
    assert_eq!(recording.state, State::Complete);
    let (increment, peak, allocations, turns) = figures(line(&recording.snapshot, "step", "vec!"));
    assert_eq!(ended.stdout.trim().parse(), Ok(increment));
    assert_eq!(increment, 1000 + 100 * (turns.cast_signed() - 1));
    assert_eq!((allocations, peak), (turns, 1000));
}

#[test]
fn threads_from_before_the_recording_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let ended = run(&mut recorded(&folder, "run.mprof", &["early"]));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("10000\n", ""));
    let Recording { snapshot, state, .. } = open(&folder.path().join("run.mprof"));
    assert_eq!(state, State::Complete);
    assert_eq!(figures(line(&snapshot, "keep", "kept.push")), (20_000, 1000, 20, 20));
    assert_eq!(figures(line(&snapshot, "work", "keep(&mut")), (20_000, 1000, 20, 20));
}

#[test]
fn a_late_recording_includes_earlier_figures_or_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("late.mprof");
    let command = &mut program(env!("CARGO_BIN_EXE_recorded"), &["late", path.to_str().unwrap()]);
    let ended = run(command.env("MEM_PROFILE_FORMAT", "none"));
    let lines: Vec<_> = ended.stdout.lines().collect();
    let [refused, made, twice] = lines[..] else { panic!("{ended:?}", ended = ended.stderr) };
    assert!(refused.ends_with("call `record_to` first thing in `main`"), "{refused}");
    assert_eq!((made, twice), (path.to_str().unwrap(), "the process is recorded already"));
    let recording = open(&path);
    assert_eq!(recording.state, State::Incomplete(vec![Reason::Ended]));
    let snapshot = recording.snapshot;
    assert_eq!(figures(line(&snapshot, "keep", "kept.push")), (20_000, 1000, 20, 20));
    assert_eq!(figures(line(&snapshot, "work", "end(&vec!")), (700, 700, 2, 2));
}

/// The command records each run, and nobody may notice.
#[test]
fn the_command_s_recording_takes_nothing_from_the_program() {
    let folder = TempDir::new().unwrap();
    let [path, own] = ["100%-%p.mprof", "own.mprof"].map(|name| folder.path().join(name));
    let of_command = |arguments: &[&str]| {
        let mut command = program(env!("CARGO_BIN_EXE_recorded"), arguments);
        command.env("MEM_PROFILE_RECORDING", &path).env("MEM_PROFILE_FORMAT", "json");
        command
    };
    let (_, report) = json(&mut of_command(&["complete"]));
    let recording = open(&path);
    assert_eq!(recording.state, State::Complete);
    assert_worked(&recording.snapshot);
    assert_eq!(report.function("work").calls, 1);

    // A program that records itself has its file as well.
    let ended = run(&mut of_command(&["twice", own.to_str().unwrap()]));
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines, [own.to_str().unwrap(), "the process is recorded already"]);
    for path in [&path, &own] {
        let recording = open(path);
        assert_eq!(recording.state, State::Complete);
        assert_worked(&recording.snapshot);
    }

    // Of two processes, the first is recorded.
    let mut child = started(of_command(&["wait"]).stderr(Stdio::null()));
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    json(&mut of_command(&["complete"]));
    assert_eq!((open(&path).state, open(&path).process), (State::Running, child.id()));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());

    // A file that is no recording stays.
    fs::write(&path, "mine").unwrap();
    json(&mut of_command(&["complete"]));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn a_program_that_is_switched_off_makes_no_file() {
    let folder = TempDir::new().unwrap();
    let command = &mut recorded(&folder, "run.mprof", &["complete"]);
    assert_eq!(run(command.env("MEM_PROFILE", "off")).code(), Some(0));
    let path = folder.path().join("late.mprof");
    let command = &mut recorded(&folder, "run.mprof", &["late", path.to_str().unwrap()]);
    run(command.env("MEM_PROFILE", "off"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

/// In a container, where each program has the number 1.
fn contained(path: &Path, scene: &str) -> Command {
    let program = env!("CARGO_BIN_EXE_recorded");
    let arguments = ["--pid", "--fork", "--mount-proc", program, scene];
    let mut command = self::program("unshare", &arguments);
    command.env("MEM_PROFILE_OUTPUT", path);
    command
}

#[test]
fn each_run_of_a_container_takes_the_path_of_the_last_one() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    for scene in ["leave_at_once", "abort", "complete"] {
        let ended = run(&mut contained(&path, scene));
        if ended.stderr.contains("unshare failed") {
            return eprintln!("not tried, for want of containers: {}", ended.stderr);
        }
        assert_eq!(ended.stderr, "", "{scene}");
        let recording = open(&path);
        assert_eq!((recording.process, recording.program.ends_with(scene)), (1, true));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
    assert_eq!(open(&path).state, State::Complete);
}

#[test]
fn the_recording_of_a_running_container_is_kept_with_a_message() {
    let folder = TempDir::new().unwrap();
    let [path, next] = ["run.mprof", "run.1.mprof"].map(|name| folder.path().join(name));
    let mut child = started(&mut contained(&path, "wait"));
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    if line.is_empty() {
        child.wait().unwrap();
        return eprintln!("not tried, for want of containers");
    }
    assert_eq!(open(&path).state, State::Running);
    let line = format!(
        "mem-profile: process 1 records to {}; recording to {}: %p in the path gives each process \
         its own\n",
        path.display(),
        next.display()
    );
    assert_eq!(run(&mut contained(&path, "complete")).stderr, line);
    assert_eq!(open(&next).state, State::Complete);
    // A process outside does not take it either, and the complete one beside it is still replaced.
    assert_eq!(run(&mut recorded(&folder, "run.mprof", &["complete"])).stderr, line);
    assert_ne!(open(&next).process, 1);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(open(&path).state, State::Complete);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
}

/// As on systems that do not identify a process beyond its number.
#[test]
fn a_recording_without_the_start_of_its_process_is_read() {
    for (scene, state) in
        [("complete", State::Complete), ("kill", State::Incomplete(vec![Reason::Ended]))]
    {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("run.mprof");
        run(&mut recorded(&folder, "run.mprof", &[scene]));
        let now = open(&path);
        let mut bytes = fs::read(&path).unwrap();
        // The first block of the first segment.
        let words = &mut bytes[64 + 80..64 + 112];
        assert!(words.chunks(8).all(|word| word != [0; 8]), "{words:?}");
        words.fill(0);
        fs::write(&path, bytes).unwrap();
        assert_eq!((&open(&path), &now.state), (&now, &state));
        // And replaced by the next run.
        assert_eq!(run(&mut recorded(&folder, "run.mprof", &["complete"])).stderr, "");
        assert_ne!(open(&path).process, now.process);
    }
}

/// A run of a thousand functions on a disk that is full before all of them have run.
fn assert_filled(ended: &Ended, path: &Path, reason: &str) {
    assert_eq!((ended.code(), ended.stdout.as_str()), (Some(0), "10000\n"), "{}", ended.stderr);
    let Recording { snapshot, state, .. } = open(path);
    let State::Incomplete(reasons) = state else { panic!("{state:?}") };
    let [Reason::Full { error }] = &reasons[..] else { panic!("{reasons:?}") };
    assert!(error.starts_with(reason), "{error}");
    // The existing ones are complete.
    assert!((100..1000).contains(&snapshot.functions.len()), "{}", snapshot.functions.len());
    assert!(snapshot.functions.iter().all(|function| function.calls == 1));
}

#[test]
fn a_limit_on_file_sizes_does_no_harm_and_has_a_message() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    let mut command = bin!("functions");
    command.env("MEM_PROFILE_OUTPUT", &path);
    let limit = libc::rlimit { rlim_cur: 200 << 10, rlim_max: 200 << 10 };
    // SAFETY: one system call, in a child that has just been forked.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    assert_filled(&run(&mut command), &path, "File too large");
}

#[test]
fn a_full_disk_does_no_harm_and_has_a_message() {
    let folder = TempDir::new().unwrap();
    let (disk, copy) = (folder.path().join("disk"), folder.path().join("copy.mprof"));
    fs::create_dir(&disk).unwrap();
    let path = disk.join("run.mprof");
    // A file system of 200 KiB that only this shell can access.
    let script = "mount -t tmpfs -o size=200k disk \"$1\" || exit 77; \"$0\"; code=$?; \
                  cp \"$2\" \"$3\"; exit $code";
    let namespace = ["--user", "--map-root-user", "--mount", "sh", "-c", script];
    let mut command = program("unshare", &namespace);
    command.arg(env!("CARGO_BIN_EXE_functions")).args([&disk, &path, &copy]);
    let ended = run(command.env("MEM_PROFILE_OUTPUT", &path));
    if ended.stderr.contains("unshare failed") || ended.code() == Some(77) {
        return eprintln!("not tried, for want of a disk: {}", ended.stderr);
    }
    assert_filled(&ended, &copy, "No space left on device");
}

#[test]
fn a_truncated_recording_is_never_reported_as_complete() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("run.mprof");
    assert_eq!(run(bin!("functions").env("MEM_PROFILE_OUTPUT", &path)).code(), Some(0));
    let whole = open(&path);
    assert_eq!((whole.state.clone(), whole.snapshot.functions.len()), (State::Complete, 1000));
    let bytes = fs::read(&path).unwrap();
    let mut functions = 0;
    for sixteenths in 0..16 {
        fs::write(&path, &bytes[..bytes.len() * sixteenths / 16]).unwrap();
        match (sixteenths, Recording::open(&path)) {
            (0, Err(RecordingError::NotARecording)) => {}
            (1.., Ok(Recording { snapshot, state: State::Incomplete(reasons), .. })) => {
                let (expected, found) = (bytes.len() as u64, fs::metadata(&path).unwrap().len());
                assert_eq!(reasons, [Reason::Truncated { expected, found }]);
                assert!(snapshot.functions.iter().all(|f| whole.snapshot.functions.contains(f)));
                assert!(snapshot.functions.len() >= functions);
                functions = snapshot.functions.len();
            }
            (_, other) => panic!("{sixteenths}: {other:?}"),
        }
    }
    assert!(functions > 100);
}

#[test]
fn files_that_are_not_recordings_are_refused_with_a_message() {
    let folder = TempDir::new().unwrap();
    let error_of = |name: &str, bytes: &[u8]| {
        let path: PathBuf = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        Recording::open(&path).unwrap_err().to_string()
    };
    assert!(error_of("text", b"Filename: a.rs\n").starts_with("this is not a recording"));
    assert!(error_of("empty", b"").starts_with("this is not a recording"));
    assert_eq!(run(&mut recorded(&folder, "run.mprof", &["complete"])).code(), Some(0));
    let mut bytes = fs::read(folder.path().join("run.mprof")).unwrap();
    bytes[8] = 2;
    assert!(
        error_of("other", &bytes).starts_with("this recording has version 2 and is read by 3 only")
    );
    let endless = Recording::open(Path::new("/dev/zero")).unwrap_err().to_string();
    assert!(endless.starts_with("this is not a recording"), "{endless}");
    let missing = Recording::open(&folder.path().join("missing")).unwrap_err().to_string();
    assert!(missing.contains("missing: No such file or directory"), "{missing}");
}
