//! The order of the steps.
//!
//! ```text
//! before:  lock · modules · file · memory         on the heap, quietly
//! stop:    signal to every thread · copy · go on  system calls alone
//! after:   wait for the copy · name the file
//! ```

mod file;
mod frozen;
mod labels;
mod modules;
mod prelude;

use std::ffi::c_void;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::Path;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use mem_profile_runtime::internal::{
    self, Quiet,
    capture::{
        Copied, Copy, Ended, Frozen, SavedRegisters, SignalsBlocked, Stopper, is_own_thread,
        shared_memory, stopper, with_registers,
    },
};

use crate::capture::control;
pub(crate) use mem_profile_runtime::internal::capture::{Occasion, listen};

use crate::graph::config::{Captured, Config};
use crate::graph::error::CaptureError;
use crate::system;
use crate::tables::sample;

use self::file::Unfinished;
use self::frozen::{Job, Outcome, Threads};
pub(super) use self::labels::track;

struct Request<'a> {
    config: &'a Config,
    path: &'a Path,
    result: Option<Result<Captured, CaptureError>>,
}

/// What the caller keeps in registers lies on the stack from here on. Frames above this one are not looked at:
/// they hold stale words of frames that are gone.
#[inline(never)]
pub(super) fn capture(config: &Config, path: &Path) -> Result<Captured, CaptureError> {
    let mut request = Request { config, path, result: None };
    with_registers(quietly, (&raw mut request).cast());
    match request.result {
        Some(Err(CaptureError::ThreadsMissing(names))) => {
            // The caller's own, whose memory is counted.
            let copy = names.clone();
            let _quiet = Quiet::enter();
            drop(names);
            Err(CaptureError::ThreadsMissing(copy))
        }
        result => result.unwrap_or(Err(CaptureError::Unsupported)),
    }
}

extern "C" fn quietly(saved: &SavedRegisters, request: *mut c_void) {
    // SAFETY: `capture` passes one.
    let request = unsafe { &mut *request.cast::<Request<'_>>() };
    let _quiet = Quiet::enter();
    request.result = Some(run(&Frozen::caller(saved), request.config, request.path));
}

fn run(asker: &Frozen, config: &Config, path: &Path) -> Result<Captured, CaptureError> {
    let begin = Instant::now();
    let _turn = Turn::take().ok_or(CaptureError::Busy)?;
    let file = Unfinished::create(path).map_err(CaptureError::Io)?;
    let outcome = SharedOutcome::new().map_err(CaptureError::Io)?;
    let (copy, mut captured) = copy(asker, config, &file, outcome.get())?;
    let ended = copy.wait(config.deadline);
    let figures = match (outcome.get().get(), ended) {
        (Ok(figures), _) => figures,
        (Err(_), Ended::Late) => return Err(CaptureError::Late),
        (Err(0), Ended::Killed(signal)) => return Err(CaptureError::ChildEnded(signal)),
        (Err(0), _) => return Err(CaptureError::ChildEnded(0)),
        (Err(error), _) => return Err(CaptureError::Io(io::Error::from_raw_os_error(error))),
    };
    file.finish(path).map_err(CaptureError::Io)?;
    [captured.blocks, captured.bytes, captured.file_bytes] = figures;
    Ok(Captured { took: begin.elapsed(), ..captured })
}

/// Stops all threads, copies the process, and lets them go on. Nobody starts or stops the tracer meanwhile.
fn copy(
    asker: &Frozen,
    config: &Config,
    file: &Unfinished,
    outcome: &Outcome,
) -> Result<(Copy, Captured), CaptureError> {
    let _control = control::lock();
    if !control::is_tracing() {
        return Err(CaptureError::NotTracing);
    }
    if sample::mean_bytes() != 0 {
        return Err(CaptureError::Sampled);
    }
    let modules = modules::all();
    let prelude = prelude::prelude(config, &modules);
    let mut stopper =
        stopper(config.signal, config.is_guarded).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => CaptureError::SignalTaken(config.signal.unwrap_or(0)),
            _ => CaptureError::Io(error),
        })?;
    let asker_counts = !is_own_thread(asker.number);
    // By chance, so that nobody guesses contents by their hashes.
    let hash_key = RandomState::new().hash_one(0);
    let threads = Threads {
        asker,
        asker_counts,
        process: internal::id(),
        first_stack: system::initial_stack(),
        record_bytes: system::glibc::thread_record_bytes(),
    };
    let (paused, copied) = stopped(&mut stopper, config, |stopper| match Copy::make()? {
        Copied::There(copy) => Ok(copy),
        Copied::Here => {
            let descriptor = file.descriptor();
            let (prelude, modules) = (&prelude[..], &modules[..]);
            frozen::run(&Job {
                config,
                prelude,
                modules,
                threads,
                stopper,
                descriptor,
                hash_key,
                outcome,
            })
        }
    });
    match copied {
        Some(copied) => {
            let threads = u32::from(asker_counts) + stopper.stopped().count() as u32;
            let copied = copied.map_err(CaptureError::NoCopy)?;
            Ok((copied, Captured { threads, paused, ..NOTHING }))
        }
        None => Err(CaptureError::ThreadsMissing(names(&stopper))),
    }
}

const NOTHING: Captured = Captured {
    blocks: 0,
    bytes: 0,
    threads: 0,
    paused: Duration::ZERO,
    took: Duration::ZERO,
    file_bytes: 0,
};

/// Does this while all other threads stand still, unless some do not stop; and how long they did.
fn stopped<T>(
    stopper: &mut Stopper,
    config: &Config,
    work: impl FnOnce(&Stopper) -> T,
) -> (Duration, Option<T>) {
    // A handler of the program would run while all others stand still, and in the copy.
    let _signals = SignalsBlocked::begin();
    let begin = Instant::now();
    if !config.stops {
        let done = work(stopper);
        return (begin.elapsed(), Some(done));
    }
    let all_stand = stopper.stop(config.stop_within);
    let done = (all_stand || config.is_incomplete).then(|| work(stopper));
    stopper.resume();
    (begin.elapsed(), done)
}

fn names(stopper: &Stopper) -> Vec<String> {
    let name = |number| {
        let name = stopper.name(number);
        let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        format!("{} ({number})", String::from_utf8_lossy(&name[..length]))
    };
    stopper.missing().map(name).collect()
}

/// The process that captures; zero where none does. A forked child has another number than its parent, of whom
/// another thread may have captured just then.
static CAPTURES: AtomicU32 = AtomicU32::new(0);

struct Turn;

impl Turn {
    fn take() -> Option<Self> {
        let (own, found) = (internal::id(), CAPTURES.load(Relaxed));
        let is_free = found != own;
        (is_free && CAPTURES.compare_exchange(found, own, Relaxed, Relaxed).is_ok()).then_some(Self)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        CAPTURES.store(0, Relaxed);
    }
}

/// An outcome in shared memory.
struct SharedOutcome(NonNull<Outcome>);

impl SharedOutcome {
    fn new() -> io::Result<Self> {
        Ok(Self(shared_memory(system::PAGE)?.cast()))
    }

    fn get(&self) -> &Outcome {
        // SAFETY: zeroes are numbers, it is no longer than a page, and the page stays as long as this.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for SharedOutcome {
    fn drop(&mut self) {
        // SAFETY: made by `shared_memory`, and borrowed no longer.
        unsafe { system::release(self.0.as_ptr().cast(), system::PAGE) };
    }
}
