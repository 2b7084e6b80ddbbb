//! The ends of threads, of the process and of this code.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::contract::ThreadExit;
use super::system;

static CLEANS_UP: AtomicBool = AtomicBool::new(false);
static HAS_CLEANED_UP: AtomicBool = AtomicBool::new(false);

/// Has `callback` run at the end of every thread that is [armed](super::arm) from now on.
///
/// The first callback stays; whether there is one now is returned. Unlike a destructor of a
/// thread-local this neither allocates through the Rust allocator nor runs before the other
/// thread-locals are gone. The main thread ends without it.
///
/// When the process ends, or the shared library that this code is part of is unloaded, all is
/// [disarmed](disarm_all).
pub(crate) fn on_thread_exit(callback: ThreadExit) -> bool {
    let works = system::on_thread_exit(callback);
    if works && !CLEANS_UP.swap(true, Relaxed) {
        system::at_exit(clean_up);
    }
    works
}

/// Drops every pending notification, so that no callback outlives the code it lives in.
pub(crate) fn disarm_all() {
    system::disarm_all();
}

extern "C" fn clean_up() {
    HAS_CLEANED_UP.store(true, Relaxed);
    disarm_all();
}

/// Whether the process ends, or this code is unloaded; `None` where nobody will say so.
#[cfg(all(target_os = "linux", not(miri)))]
pub(super) fn has_cleaned_up() -> Option<bool> {
    CLEANS_UP.load(Relaxed).then(|| HAS_CLEANED_UP.load(Relaxed))
}
