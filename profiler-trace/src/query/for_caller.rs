//! Memory that the profiler needs is not counted; what it returns is.

use mem_profile_runtime::internal::Quiet;

/// Runs `make` without counting its memory, and returns a copy that belongs to the caller.
pub(crate) fn clone_for_caller<T: Clone>(make: impl FnOnce() -> T) -> T {
    let made = {
        let _quiet = Quiet::enter();
        make()
    };
    let copy = made.clone();
    let _quiet = Quiet::enter();
    drop(made);
    copy
}
