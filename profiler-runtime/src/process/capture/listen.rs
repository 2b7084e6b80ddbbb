//! A thread that captures when a signal asks for it: no handler could, on a stack of the program.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::process::semaphore::Semaphore;
use crate::process::{Thread, id, on_unload, spawn};

/// The signal that asks.
const SIGNAL: libc::c_int = libc::SIGUSR2;
/// By its name, whoever sends the signal knows that somebody listens.
const NAME: &std::ffi::CStr = c"heap-capture";

/// Why the heap is to be captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// By a signal.
    Signal,
    /// The time has come.
    Time,
}

struct Listener {
    work: fn(Occasion),
    after: Option<Duration>,
}

static LISTENER: OnceLock<Listener> = OnceLock::new();
static THREAD: Mutex<Option<Thread>> = Mutex::new(None);
static WOKEN: AtomicPtr<Semaphore> = AtomicPtr::new(ptr::null_mut());
static IS_OVER: AtomicBool = AtomicBool::new(false);
/// The process whose thread listens; 0 where there is none.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Has a thread of the profiler `work` on each SIGUSR2, and once `after` a time.
///
/// # Errors
/// `AddrInUse` where the program handles or ignores the signal: then the thread waits for the time alone. Else that of
/// the system.
pub fn listen(after: Option<Duration>, work: fn(Occasion)) -> io::Result<()> {
    if LISTENER.set(Listener { work, after }).is_err() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    WOKEN.store(ptr::from_ref(Semaphore::new()?).cast_mut(), SeqCst);
    OWNER.store(id(), SeqCst);
    // SAFETY: the handler stores to an atomic.
    unsafe { libc::pthread_atfork(None, None, Some(forget_owner)) };
    let thread = spawn(run).ok_or_else(io::Error::last_os_error)?;
    *THREAD.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    on_unload(stop);
    match disposition() {
        Some(libc::SIG_DFL) => install(),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}

/// A library that this code is part of is unloaded.
fn stop() {
    if disposition() == Some(on_signal as *const () as libc::sighandler_t) {
        set_default();
    }
    let thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(thread) = thread.filter(|_| OWNER.load(SeqCst) == id()) {
        IS_OVER.store(true, SeqCst);
        woken().map(Semaphore::raise);
        thread.join();
    }
}

/// A child has no such thread.
unsafe extern "C" fn forget_owner() {
    OWNER.store(0, SeqCst);
}

fn woken() -> Option<&'static Semaphore> {
    // SAFETY: null, or made by `listen` and never freed.
    unsafe { WOKEN.load(SeqCst).as_ref() }
}

fn run() {
    // SAFETY: the name is a C string of less than 16 bytes.
    unsafe { libc::pthread_setname_np(libc::pthread_self(), NAME.as_ptr()) };
    let (Some(listener), Some(woken)) = (LISTENER.get(), woken()) else { return };
    let mut rest = listener.after;
    loop {
        let begin = Instant::now();
        let is_woken = rest.map_or_else(|| woken.wait(), |rest| woken.wait_for(rest));
        if IS_OVER.load(SeqCst) || !is_woken && rest.is_none() {
            return;
        }
        if is_woken {
            (listener.work)(Occasion::Signal);
            rest = rest.map(|rest| rest.saturating_sub(begin.elapsed()));
        } else {
            rest = None;
            (listener.work)(Occasion::Time);
        }
    }
}

/// Runs inside the interrupted thread: nothing but atomics, and functions that are safe there.
extern "C" fn on_signal(_signal: libc::c_int) {
    if OWNER.load(SeqCst) != id() || !woken().is_some_and(Semaphore::raise) {
        set_default();
        // SAFETY: async-signal-safe; delivered when this handler returns.
        unsafe { libc::raise(SIGNAL) };
    }
}

fn disposition() -> Option<libc::sighandler_t> {
    let mut current = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action this only fills in the current one.
    let status = unsafe { libc::sigaction(SIGNAL, ptr::null(), current.as_mut_ptr()) };
    // SAFETY: zeroes are a valid action, and success filled it in.
    (status == 0).then(|| unsafe { current.assume_init() }.sa_sigaction)
}

fn install() -> io::Result<()> {
    // SAFETY: all fields of an action may be zero.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_signal as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the action is complete, and its handler is async-signal-safe.
    match unsafe { libc::sigaction(SIGNAL, &action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn set_default() {
    // SAFETY: the default action runs no code of the profiler.
    unsafe { libc::signal(SIGNAL, libc::SIG_DFL) };
}
