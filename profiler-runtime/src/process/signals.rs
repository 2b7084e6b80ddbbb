//! Signals on Unix: which ones are ours, and a thread that hears of them.
//!
//! The handler is installed by hand rather than through a registry of handlers: a program that
//! takes over a signal later, through whatever library, chains to our handler, and only a handler
//! of our own can tell that it is no longer the one in charge.

use std::ffi::c_void;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, Ordering::SeqCst};

/// What the user asked for by sending a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A report now; the program goes on.
    Report,
    /// The end of the program. The process dies of the signal once this was handled.
    End,
}

const SIGNALS: [(libc::c_int, Request); 3] =
    [(libc::SIGINT, Request::End), (libc::SIGTERM, Request::End), (libc::SIGUSR1, Request::Report)];

static LISTENING: AtomicBool = AtomicBool::new(false);
static OWNER: AtomicU32 = AtomicU32::new(0);
/// One bit per entry of [`SIGNALS`] that arrived and was not handled yet.
static PENDING: AtomicU32 = AtomicU32::new(0);
static WAKE: AtomicI32 = AtomicI32::new(-1);

/// Takes over the signals whose default action nobody has changed, and handles what they ask for
/// on a thread of its own.
///
/// `handle` returns whether the process shall now die of the signal, if that was an
/// [`Request::End`]. A second signal of the same kind kills at once.
///
/// # Errors
/// When the thread or its pipe cannot be made, or when somebody listens already.
pub(crate) fn listen(handle: impl Fn(Request) -> bool + Send + 'static) -> io::Result<()> {
    if LISTENING.swap(true, SeqCst) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let (wake, mut woken) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    spawn(move || {
        let mut byte = [0];
        while woken.read_exact(&mut byte).is_ok() {
            handle_pending(&handle);
        }
    })?;
    WAKE.store(wake.into_raw_fd(), SeqCst);
    OWNER.store(super::id(), SeqCst);
    for (signal, _) in SIGNALS {
        if disposition(signal) == Some(libc::SIG_DFL) {
            install(signal);
        }
    }
    Ok(())
}

/// Runs `work` on a thread of its own, which is never joined.
///
/// A thread of the standard library frees and keeps a few blocks before it comes to its work, too
/// early to keep them from being counted.
fn spawn<W: FnMut() + Send + 'static>(work: W) -> io::Result<()> {
    extern "C" fn run<W: FnMut()>(work: *mut c_void) -> *mut c_void {
        // SAFETY: made from a box of this type, for this thread alone, and never freed.
        unsafe { (*work.cast::<W>())() };
        ptr::null_mut()
    }
    let work: *mut W = Box::into_raw(Box::new(work));
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the thread is writable, and `run` gets the pointer that it expects.
    let status =
        unsafe { libc::pthread_create(thread.as_mut_ptr(), ptr::null(), run::<W>, work.cast()) };
    if status != 0 {
        // SAFETY: there is no thread that could use the box.
        drop(unsafe { Box::from_raw(work) });
        return Err(io::Error::from_raw_os_error(status));
    }
    // SAFETY: success filled it in, and nobody joins the thread.
    unsafe { libc::pthread_detach(thread.assume_init()) };
    Ok(())
}

fn handle_pending(handle: &impl Fn(Request) -> bool) {
    let pending = PENDING.swap(0, SeqCst);
    for (index, (signal, request)) in SIGNALS.into_iter().enumerate() {
        if pending & (1 << index) == 0 {
            continue;
        }
        match request {
            Request::Report => _ = handle(request),
            // Whoever replaced our handler decides what the signal means.
            Request::End if disposition(signal) != Some(our_handler()) => {}
            Request::End => {
                // An impatient second signal need not wait for the report.
                set_default(signal);
                if handle(request) {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
            }
        }
    }
}

fn our_handler() -> libc::sighandler_t {
    on_signal as *const () as libc::sighandler_t
}

/// Runs inside the interrupted thread: nothing but atomics, `write`, `signal` and `raise`.
extern "C" fn on_signal(signal: libc::c_int) {
    if super::id() != OWNER.load(SeqCst) {
        // A forked child has no listening thread: the signal means there what it always did.
        set_default(signal);
        // SAFETY: async-signal-safe; delivered when this handler returns.
        unsafe { libc::raise(signal) };
        return;
    }
    let Some(index) = SIGNALS.iter().position(|entry| entry.0 == signal) else { return };
    // One byte per batch: the pipe can never fill up, so `write` never fails and `errno` stays.
    if PENDING.fetch_or(1 << index, SeqCst) == 0 {
        // SAFETY: one byte is readable; the descriptor stays open for good.
        unsafe { libc::write(WAKE.load(SeqCst), [0_u8].as_ptr().cast(), 1) };
    }
}

fn disposition(signal: libc::c_int) -> Option<libc::sighandler_t> {
    let mut current = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action this only fills in the current one.
    let status = unsafe { libc::sigaction(signal, ptr::null(), current.as_mut_ptr()) };
    // SAFETY: zeroes are a valid action, and success filled it in.
    (status == 0).then(|| unsafe { current.assume_init() }.sa_sigaction)
}

fn install(signal: libc::c_int) {
    // SAFETY: all fields of an action may be zero.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = our_handler();
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is complete, and its handler is async-signal-safe.
    unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
}

fn set_default(signal: libc::c_int) {
    // SAFETY: the default action needs no code of ours.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}
