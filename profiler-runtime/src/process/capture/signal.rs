//! The signal that stops threads.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;

use super::child::last_error;
use super::handler::our_handler;
use crate::process::on_unload;

/// Sends the signal with a request. False where there is no room for it in the system's queue.
pub(super) fn send(signal: i32, number: u32, request: u64) -> bool {
    /// The beginning of a `siginfo_t` of a queued signal, which has 128 bytes.
    #[repr(C)]
    struct Queued {
        signal: i32,
        error: i32,
        code: i32,
        _gap: i32,
        process: i32,
        user: u32,
        value: u64,
        _rest: [u64; 12],
    }
    let queued = Queued {
        signal,
        error: 0,
        code: libc::SI_QUEUE,
        _gap: 0,
        process: std::process::id() as i32,
        user: 0,
        value: request,
        _rest: [0; 12],
    };
    // SAFETY: the information is as long as the system expects.
    let sent = unsafe {
        let process = queued.process;
        libc::syscall(libc::SYS_rt_tgsigqueueinfo, process, number, signal, &raw const queued)
    };
    // A thread that has ended meanwhile is not in the next list.
    sent == 0 || last_error() != libc::EAGAIN
}

/// Has the signal stop threads, from now on and for good: it may come late to some.
pub(super) fn install(signal: Option<i32>) -> io::Result<i32> {
    let is_free = |signal: &i32| {
        action(*signal).is_some_and(|action| [libc::SIG_DFL, our_handler()].contains(&action))
    };
    let chosen = match signal {
        Some(signal) => Some(signal).filter(is_free),
        None => (libc::SIGRTMIN()..=libc::SIGRTMAX()).rev().find(is_free),
    };
    let signal = chosen.ok_or(io::ErrorKind::AddrInUse)?;
    if action(signal) == Some(our_handler()) {
        return Ok(signal);
    }
    on_unload(ignore);
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all fields of an action may be zero. The handler takes what `SA_SIGINFO` passes.
    let result = unsafe {
        let place = action.as_mut_ptr();
        (*place).sa_sigaction = our_handler();
        (*place).sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        libc::sigfillset(&raw mut (*place).sa_mask);
        libc::sigaction(signal, place, ptr::null_mut())
    };
    if result == 0 { Ok(signal) } else { Err(io::Error::last_os_error()) }
}

fn action(signal: i32) -> Option<libc::sighandler_t> {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action this only fills in the current one; zeroes are valid.
    unsafe {
        let result = libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        (result == 0).then(|| action.assume_init().sa_sigaction)
    }
}

/// The code of the handler goes: signals that come late do nothing.
fn ignore() {
    for signal in libc::SIGRTMIN()..=libc::SIGRTMAX() {
        if action(signal) == Some(our_handler()) {
            // SAFETY: no code runs.
            unsafe { libc::signal(signal, libc::SIG_IGN) };
        }
    }
}
