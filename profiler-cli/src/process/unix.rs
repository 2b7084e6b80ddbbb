//! Signals that come to this command while another program runs.

use std::io::{IsTerminal, stderr, stdin};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// The number of a signal that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal(i32);

/// Hands each signal that comes from now on to `receive`, on a thread of its own, until that says
/// that it has seen enough. What was ignored stays ignored.
pub(crate) fn receive(mut receive: impl FnMut(Signal) -> bool + Send + 'static) {
    let heeded = PASSED_ON.into_iter().filter(|number| !is_ignored(*number));
    // Without a handler a signal ends this command as it ends any.
    let Ok(mut signals) = Signals::new(heeded) else { return };
    std::thread::spawn(move || signals.forever().all(|number| receive(Signal(number))));
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
pub(crate) fn pass_on(Signal(number): Signal, child: u32) {
    let is_typed = matches!(number, SIGINT | SIGQUIT) && has_terminal();
    if let (false, Ok(child)) = (is_typed, child.try_into()) {
        // SAFETY: takes two numbers; whatever they are, no memory of ours is touched.
        unsafe { libc::kill(child, number) };
    }
}

fn has_terminal() -> bool {
    stdin().is_terminal() || stderr().is_terminal()
}

/// The code with which a shell ends whose program ended so: 128 + the number of a signal.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|number| 128 + number));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
