//! Signals on Unix: which ones are ours, and a thread that hears of them.
//!
//! The handler is installed by hand rather than through a registry of handlers: a program that
//! takes over a signal later, through whatever library, chains to our handler, and only a handler
//! of our own can tell that it is no longer the one in charge.
//!
//! No descriptor is kept, since programs close those that they do not know. Whatever goes wrong on
//! the way from the handler to a report, the signal comes to its default action.

use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use super::Thread;
use super::semaphore::Semaphore;

/// The user's request, made by a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A report now; the program goes on.
    Report,
    /// The end of the program. The process dies of the signal once this was handled.
    End,
}

const SIGNALS: [(libc::c_int, Request); 3] =
    [(libc::SIGINT, Request::End), (libc::SIGTERM, Request::End), (libc::SIGUSR1, Request::Report)];

/// How long the process outlives a signal that ends it. A report may hang, as on a full pipe that
/// nobody reads.
const PATIENCE: Duration = Duration::from_secs(10);

type Handle = Box<dyn Fn(Request) -> bool + Send + Sync>;

static HANDLE: OnceLock<Handle> = OnceLock::new();
static WOKEN: AtomicPtr<Semaphore> = AtomicPtr::new(ptr::null_mut());
static LISTENER: Mutex<Option<Thread>> = Mutex::new(None);
static IS_OVER: AtomicBool = AtomicBool::new(false);
/// The process whose thread listens; 0 where there is none.
static OWNER: AtomicU32 = AtomicU32::new(0);
/// One bit per entry of [`SIGNALS`] that arrived and was not handled yet.
static PENDING: AtomicU32 = AtomicU32::new(0);
static IS_REPORTING: AtomicBool = AtomicBool::new(false);
/// The signal that the process dies of.
static ENDING: AtomicI32 = AtomicI32::new(0);

/// Takes over the signals whose default action nobody has changed, and handles what they ask for
/// on threads of its own.
///
/// `handle` returns whether the process shall now die of the signal, if that was an
/// [`Request::End`]. A second signal of the same kind kills at once.
///
/// # Errors
/// When the thread cannot be made, or when somebody listens already.
pub(crate) fn listen(handle: impl Fn(Request) -> bool + Send + Sync + 'static) -> io::Result<()> {
    if HANDLE.set(Box::new(handle)).is_err() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    WOKEN.store(ptr::from_ref(Semaphore::new()?).cast_mut(), SeqCst);
    let listener = super::spawn(run).ok_or_else(io::Error::last_os_error)?;
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    super::on_unload(stop_listening);
    OWNER.store(super::id(), SeqCst);
    // A child has no listening thread, and in a namespace of its own it may have the same number.
    // SAFETY: the handler stores to an atomic.
    unsafe { libc::pthread_atfork(None, None, Some(forget_owner)) };
    for (signal, _) in SIGNALS {
        if disposition(signal) == Some(libc::SIG_DFL) {
            install(signal);
        }
    }
    Ok(())
}

/// A library that this code is part of is unloaded: signals do again what they do by default, and none of
/// the threads runs on.
pub(crate) fn stop_listening() {
    for (signal, _) in SIGNALS {
        if disposition(signal) == Some(our_handler()) {
            set_default(signal);
        }
    }
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(listener) = listener.filter(|_| is_heard()) {
        IS_OVER.store(true, SeqCst);
        woken().map(Semaphore::raise);
        listener.join();
    }
}

/// How many threads this file has started in this process.
pub(crate) fn listeners() -> usize {
    if !is_heard() {
        return 0;
    }
    1 + usize::from(IS_REPORTING.load(SeqCst)) + usize::from(ENDING.load(SeqCst) != 0)
}

fn is_heard() -> bool {
    OWNER.load(SeqCst) == super::id()
}

unsafe extern "C" fn forget_owner() {
    OWNER.store(0, SeqCst);
}

fn woken() -> Option<&'static Semaphore> {
    // SAFETY: null, or made by `listen` and never freed.
    unsafe { WOKEN.load(SeqCst).as_ref() }
}

/// The loop of the listening thread. It makes no report itself, so it hears of the next signal while
/// one is made.
fn run() {
    let mut reporter = None;
    while woken().is_some_and(Semaphore::wait) && !IS_OVER.load(SeqCst) {
        for (index, (signal, request)) in SIGNALS.into_iter().enumerate() {
            let bit = 1 << index;
            match request {
                _ if PENDING.load(SeqCst) & bit == 0 => {}
                Request::Report => {
                    if !IS_REPORTING.swap(true, SeqCst) {
                        PENDING.fetch_and(!bit, SeqCst);
                        join(reporter.take());
                        reporter = start(report);
                    }
                }
                Request::End => {
                    PENDING.fetch_and(!bit, SeqCst);
                    ENDING.store(signal, SeqCst);
                    if let Some(ending) = start(end) {
                        ending.detach();
                    }
                    sleep(PATIENCE);
                    die_of(signal);
                    ENDING.store(0, SeqCst);
                }
            }
        }
    }
    OWNER.store(0, SeqCst);
    join(reporter);
}

fn join(thread: Option<Thread>) {
    if let Some(thread) = thread {
        thread.join();
    }
}

/// `None` where the work is done already, because the system has no thread left.
fn start(work: fn()) -> Option<Thread> {
    let thread = super::spawn(work);
    if thread.is_none() {
        work();
    }
    thread
}

fn report() {
    handle(Request::Report);
    IS_REPORTING.store(false, SeqCst);
    // One that came meanwhile waits for this.
    woken().map(Semaphore::raise);
}

fn end() {
    let signal = ENDING.load(SeqCst);
    if handle(Request::End) {
        die_of(signal);
    }
}

fn handle(request: Request) -> bool {
    HANDLE.get().is_some_and(|handle| handle(request))
}

fn our_handler() -> libc::sighandler_t {
    on_signal as *const () as libc::sighandler_t
}

/// Runs inside the interrupted thread: nothing but atomics, and functions that are safe there.
extern "C" fn on_signal(signal: libc::c_int) {
    if !is_taken(signal) {
        set_default(signal);
        // SAFETY: async-signal-safe; delivered when this handler returns.
        unsafe { libc::raise(signal) };
    }
}

/// Whether the signal has come to somebody who handles it.
fn is_taken(signal: libc::c_int) -> bool {
    let mut known = SIGNALS.into_iter().enumerate();
    let Some((index, (_, request))) = known.find(|(_, entry)| entry.0 == signal) else {
        return true;
    };
    if !is_heard() {
        return false;
    }
    if request == Request::End {
        // A handler that replaced ours, and calls it, decides what the signal means.
        if disposition(signal) != Some(our_handler()) {
            return true;
        }
        // An impatient second signal need not wait for the report.
        set_default(signal);
    }
    PENDING.fetch_or(1 << index, SeqCst);
    woken().is_some_and(Semaphore::raise)
}

/// Has the signal do what it does by default. Returns where that is nothing: the first process of a
/// container only dies of what it handles.
fn die_of(signal: libc::c_int) {
    set_default(signal);
    let mut only = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is writable, and filled in before it is used.
    unsafe {
        libc::sigemptyset(only.as_mut_ptr());
        libc::sigaddset(only.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, only.as_ptr(), ptr::null_mut());
        libc::raise(signal);
        libc::pthread_sigmask(libc::SIG_BLOCK, only.as_ptr(), ptr::null_mut());
    }
    install(signal);
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
    // SAFETY: the default action runs no code of the profiler.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}
