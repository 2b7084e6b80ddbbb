//! Monitors that cannot do their work say so once, and let the program live.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

const FAILS: &str = env!("CARGO_BIN_EXE_fails");

/// What it writes to standard error. It lives to its end.
fn lives(command: &mut Command) -> String {
    let output = command.env_remove("RUST_BACKTRACE").output().expect("the program starts");
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success() && stdout == "lives\n", "{stdout}{stderr}");
    stderr
}

/// A shell with a file system of its own, in which it runs this first; `None` where the system does not let that be.
fn unshared(first: &str) -> Option<Command> {
    let mut command = Command::new("unshare");
    let script = format!("{first} && exec \"$@\"");
    command.args(["--mount", "--", "sh", "-c", &script, "sh"]);
    let is_allowed = Command::new("unshare").args(["--mount", "true"]).status();
    let is_allowed = is_allowed.is_ok_and(|status| status.success());
    if !is_allowed {
        eprintln!("skipped: no namespace can be made");
    }
    is_allowed.then_some(command)
}

#[test]
fn a_monitor_without_a_thread_is_said() {
    let mut command = Command::new(FAILS);
    // SAFETY: these calls may be made between fork and exec.
    unsafe {
        command.pre_exec(|| {
            // The limit does not hold for the superuser.
            if libc::geteuid() == 0 && libc::setuid(65_534) != 0 {
                return Err(io::Error::last_os_error());
            }
            let none = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
            match libc::setrlimit(libc::RLIMIT_NPROC, &raw const none) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        });
    }
    command.env("MEM_PROFILE_MONITOR", "on");
    if let Err(error) = command.output() {
        return eprintln!("skipped: another user cannot run the program: {error}");
    }
    let expected =
        "mem-profile: MEM_PROFILE_MONITOR has no effect: the system has no thread left\n";
    assert_eq!(lives(&mut command), expected);
}

#[test]
fn a_monitor_without_proc_is_said() {
    let Some(mut command) = unshared("mount -t tmpfs none /proc") else { return };
    let stderr = lives(command.arg(FAILS).env("MEM_PROFILE_MONITOR", "on"));
    let start = "mem-profile: MEM_PROFILE_MONITOR has no effect: ";
    assert!(stderr.starts_with(start) && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_monitor_that_cannot_read_for_a_while_says_so_once_and_goes_on() {
    let Some(mut command) = unshared("true") else { return };
    let stderr = lives(command.args([FAILS, "hides"]).env_remove("MEM_PROFILE_MONITOR"));
    let says = "mem-profile: the monitor cannot read the memory of the process: ";
    let counts = [says, "warning: fails ("].map(|text| stderr.matches(text).count());
    assert!(counts[0] == 1 && counts[1] >= 1, "{stderr}");
}

#[test]
fn a_callback_that_panics_is_said_and_events_go_on() {
    let stderr = lives(Command::new(FAILS).arg("panics").env_remove("MEM_PROFILE_MONITOR"));
    let says = "mem-profile: the callback of the monitor has panicked, and is not called again\n";
    let counts = [says, "panicked at", "mem-profile: warning: fails ("];
    let counts = counts.map(|text| stderr.matches(text).count());
    assert!(counts[..2] == [1, 1] && counts[2] >= 2, "{stderr}");
}
