//! Signals that this command receives while it runs a program.
//!
//! A terminal sends a signal to its whole group, so such a signal is not forwarded: the signal says
//! that the system sent it. A signal that a process sends to the command is forwarded, at a
//! terminal too. If it sends one to the whole group, it reaches the program twice.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithRawSiginfo;

const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// A received signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    number: i32,
    /// Whether the system sent it, as for a key at a terminal, rather than a process.
    is_of_system: bool,
}

impl Signal {
    fn new(info: &libc::siginfo_t) -> Self {
        let is_of_system = match cfg!(target_os = "linux") {
            true => info.si_code > 0,
            // SAFETY: a signal from a process has its sender here. For any other signal, the field has
            // whatever the system left in it, which is a valid number.
            false => unsafe { info.si_pid() == 0 },
        };
        Self { number: info.si_signo, is_of_system }
    }
}

/// Calls `receive` with each signal from now on, on a separate thread, until it returns false. Ignored
/// signals stay ignored.
pub(crate) fn receive(mut receive: impl FnMut(Signal) -> bool + Send + 'static) {
    let received = PASSED_ON.into_iter().filter(|number| !is_ignored(*number));
    // Without a handler, a signal ends this command as usual.
    let Ok(mut signals) = SignalsInfo::<WithRawSiginfo>::new(received) else { return };
    std::thread::spawn(move || signals.forever().all(|info| receive(Signal::new(&info))));
}

fn is_ignored(number: i32) -> bool {
    // SAFETY: an all-zero `sigaction` is a valid value: a null handler, an empty mask, no flags.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action changes nothing, and `action` may be written.
    let read = unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) };
    read == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Forwards a signal to a child that has not been waited for. The terminal itself sends its signals to
/// the child.
pub(crate) fn pass_on(signal: Signal, child: u32) {
    if let (false, Ok(child)) = (signal.is_of_system, child.try_into()) {
        // SAFETY: `kill` takes two numbers and accesses no memory, whatever they are.
        unsafe { libc::kill(child, signal.number) };
    }
}

/// Asks a process to capture its heap, by the signal for which it listens.
///
/// # Errors
/// If there is no such process, or it belongs to somebody else.
pub(crate) fn ask_for_capture(process: u32) -> io::Result<()> {
    let process = process.try_into().map_err(|_| io::ErrorKind::NotFound)?;
    // SAFETY: `kill` takes two numbers and accesses no memory, whatever they are.
    match unsafe { libc::kill(process, SIGUSR2) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The largest resident set that one of all processes below this one had, in bytes, once they have ended and
/// were waited for; `None` if it may be this command's, since each child begins as a copy of its parent.
pub(crate) fn largest_below() -> Option<u64> {
    // In KiB on Linux.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    let largest = |who| {
        // SAFETY: an all-zero `rusage` is a valid value: it has only numbers.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `usage` may be written.
        let read = unsafe { libc::getrusage(who, &raw mut usage) };
        u64::try_from(usage.ru_maxrss).ok().filter(|_| read == 0).map(|size| size * unit)
    };
    let below = largest(libc::RUSAGE_CHILDREN)?;
    (below > largest(libc::RUSAGE_SELF)?).then_some(below)
}

/// A duplicate of a file that this process has open already: the one behind standard output or error,
/// or one by its descriptor, as `/dev/fd/3`.
pub(crate) fn own_file(path: &Path) -> Option<File> {
    let found = fs::metadata(path).ok()?;
    let standard =
        [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()];
    let is_found = |file: &File| {
        file.metadata().is_ok_and(|own| (own.dev(), own.ino()) == (found.dev(), found.ino()))
    };
    if let Some(file) = standard.into_iter().flatten().map(File::from).find(is_found) {
        return Some(file);
    }
    let folder = fs::canonicalize(path.parent()?).ok()?;
    let own = fs::canonicalize("/dev/fd").is_ok_and(|own| own == folder);
    // Appending keeps the file from being truncated; pipes are not affected.
    own.then(|| File::options().append(true).open(path).ok()).flatten()
}

/// The exit code as in a shell: 128 + the number of a signal.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
