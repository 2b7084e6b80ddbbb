//! Starting, stopping, and the totals.

use std::sync::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, fence};

use crate::capture::config::{Config, StartError};
use crate::capture::own_frames;
use crate::hook::{thread_state, watcher};
use crate::tables::{mapped_array, peak, sample, shadow, tree};
use crate::{system, unwind};
use mem_profile_runtime::internal::{self, Quiet};

/// Held by whoever starts, stops or reads, never inside the allocator.
static CONTROL: Mutex<()> = Mutex::new(());
static FRAMES: AtomicUsize = AtomicUsize::new(usize::MAX);
/// Bytes that were in use when tracing began: the tracer does not know these blocks.
static OLDER: AtomicU64 = AtomicU64::new(0);
static FORGOTTEN: AtomicU64 = AtomicU64::new(0);
/// A forked child has tables, but is not traced.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// See [`crate::start`].
pub(crate) fn start(config: Config) -> Result<(), StartError> {
    let counted = internal::allocations_are_counted();
    let _quiet = Quiet::enter();
    let _control = lock();
    if is_tracing() {
        return Ok(());
    }
    if !counted {
        return Err(StartError::AllocatorMissing);
    }
    if !unwind::prepare() {
        return Err(StartError::Unsupported);
    }
    if !(shadow::reserve() && tree::reserve() && thread_state::reserve()) {
        return Err(StartError::OutOfMemory);
    }
    own_frames::prepare();
    watch_forks();
    forget();
    FRAMES.store(config.frames, Relaxed);
    sample::set_mean_bytes(config.mean_bytes);
    watcher::set_temporary_within(config.temporary_within);
    internal::on_thread_end(&thread_state::THREAD_ENDS);
    IS_ON.store(true, Relaxed);
    internal::watch(Some(watcher::watcher(config.mean_bytes != 0)));
    Ok(())
}

/// Stops tracing and forgets all that was traced: take a [`snapshot`](crate::snapshot()) before.
pub fn stop() {
    let _quiet = Quiet::enter();
    let _control = lock();
    internal::watch(None);
    IS_ON.store(false, Relaxed);
    forget();
}

/// Whether blocks are being traced.
#[must_use]
pub fn is_tracing() -> bool {
    IS_ON.load(Relaxed)
}

/// Whether every block is being traced, and not a sample.
pub(crate) fn is_tracing_all() -> bool {
    is_tracing() && sample::mean_bytes() == 0
}

/// Forgets all that was traced, and traces on.
///
/// Exact while no other thread allocates or frees.
pub fn clear() {
    let _quiet = Quiet::enter();
    let _control = lock();
    forget();
}

/// How often the map of blocks was wiped. Whoever has read it meanwhile has read nothing whole.
pub(crate) fn times_forgotten() -> u64 {
    // What was read of the map comes first.
    fence(Acquire);
    FORGOTTEN.load(Relaxed)
}

fn forget() {
    FORGOTTEN.fetch_add(1, Relaxed);
    // Who sees a part of the map that is wiped sees this too.
    fence(Release);
    shadow::wipe();
    thread_state::clear();
    peak::clear();
    OLDER.store(internal::live_bytes(), Relaxed);
}

/// Bytes of the traced blocks that are alive, and the most that were at one time.
///
/// Exact with one thread. With several, a moment's total is known within 64 KiB for each of them.
#[must_use]
pub fn traced_memory() -> (u64, u64) {
    let live = live_bytes();
    let highest = thread_state::all().map(|state| state.part.highest());
    let highest = highest.fold(peak::mark().0, i64::max).max(live);
    (live.max(0).unsigned_abs(), highest.max(0).unsigned_abs())
}

/// The moment when the most was in use.
pub(crate) struct Peak {
    /// Bytes of traced blocks.
    pub(crate) bytes: u64,
    /// Nanoseconds since the runtime's clock was first read.
    pub(crate) after: u64,
    /// By how many bytes the true peak may differ.
    pub(crate) uncertainty: u64,
    /// Bytes that were in use when tracing began, in blocks that are not traced.
    pub(crate) older: u64,
}

pub(crate) fn peak() -> Peak {
    Peak {
        bytes: traced_memory().1,
        after: peak::time(live_bytes() < peak::mark().0),
        uncertainty: peak::uncertainty(thread_state::all().count()),
        older: OLDER.load(Relaxed),
    }
}

pub(crate) fn live_bytes() -> i64 {
    peak::live() + thread_state::all().map(|state| state.part.unpublished()).sum::<i64>()
}

/// The highest mark starts again from the bytes that are alive now.
///
/// Exact while no other thread allocates or frees.
pub fn reset_peak() {
    let _control = lock();
    let live = live_bytes();
    thread_state::all().for_each(|state| state.part.restart_at(live));
    peak::reset(live);
}

/// Memory that the tracer's tables take, in bytes: resident pages, asked of the system.
#[must_use]
pub fn overhead() -> u64 {
    mapped_array::resident_bytes() + shadow::resident_bytes()
}

pub(crate) fn frames() -> usize {
    FRAMES.load(Relaxed)
}

pub(crate) fn lock() -> impl Drop {
    CONTROL.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A child has one thread and its parent's figures: it stops.
fn watch_forks() {
    static WATCHES: AtomicBool = AtomicBool::new(false);
    if !WATCHES.swap(true, Relaxed) {
        system::on_fork(stop_in_child);
    }
}

unsafe extern "C" fn stop_in_child() {
    internal::watch(None);
    IS_ON.store(false, Relaxed);
}
