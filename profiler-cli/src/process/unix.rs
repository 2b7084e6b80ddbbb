//! Signals that come to this command while another program runs.
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

/// A signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    number: i32,
    /// By the system, as what is typed at a terminal, and not by a process.
    is_of_system: bool,
}

impl Signal {
    fn new(info: &libc::siginfo_t) -> Self {
        let is_of_system = match cfg!(target_os = "linux") {
            true => info.si_code > 0,
            // SAFETY: of a signal that was sent there is a sender; of any other one it is what the
            // system left there, which is a number whatever it says.
            false => unsafe { info.si_pid() == 0 },
        };
        Self { number: info.si_signo, is_of_system }
    }
}

/// Hands each signal that comes from now on to `receive`, on a thread of its own, until that says
/// that it has seen enough. What was ignored stays ignored.
pub(crate) fn receive(mut receive: impl FnMut(Signal) -> bool + Send + 'static) {
    let heeded = PASSED_ON.into_iter().filter(|number| !is_ignored(*number));
    // Without a handler a signal ends this command as it ends any.
    let Ok(mut signals) = SignalsInfo::<WithRawSiginfo>::new(heeded) else { return };
    std::thread::spawn(move || signals.forever().all(|info| receive(Signal::new(&info))));
}

fn is_ignored(number: i32) -> bool {
    // SAFETY: an all-zero `sigaction` is a valid value: a null handler, an empty mask, no flags.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null new action changes nothing, and `action` is ours to be written.
    let read = unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) };
    read == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Passes a signal on to a child that has not been waited for. What is typed at a terminal is sent
/// to the child by that already.
pub(crate) fn pass_on(signal: Signal, child: u32) {
    if let (false, Ok(child)) = (signal.is_of_system, child.try_into()) {
        // SAFETY: takes two numbers; whatever they are, no memory of ours is touched.
        unsafe { libc::kill(child, signal.number) };
    }
}

/// Another hold of a file that this command has open already: by its path, as the one behind
/// standard output, or by its number, as `/dev/fd/3`.
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
    // To append is what keeps it from being emptied; a pipe does not mind.
    own.then(|| File::options().append(true).open(path).ok()).flatten()
}

/// The code with which a shell ends whose program ended so: 128 + the number of a signal.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
