//! The report at the end of the process: once, and only in the process that asked for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use crate::process::{self, Lineage};

struct Hook {
    report: fn(),
    /// Closes the recording, which a forked child may have of its own.
    close: fn(),
    /// A forked child inherits the hook, but what it would report is its parent's.
    owner: Lineage,
}

static HOOK: OnceLock<Hook> = OnceLock::new();
static FIRED: AtomicBool = AtomicBool::new(false);

/// Has `report` and then `close` run when the process ends. Only the first call counts.
///
/// It runs on return from `main`, on `exit` from any thread, after a panic that unwinds out of
/// `main`, and on a panic that aborts. Not on `abort`, a stack overflow or `_exit`.
pub(crate) fn install(report: fn(), close: fn()) {
    if HOOK.set(Hook { report, close, owner: Lineage::current() }).is_ok() {
        process::at_exit(at_exit);
        on_aborting_panic(|| _ = fire());
    }
}

/// Runs the installed report, unless it ran already or belongs to another process.
///
/// Returns whether it ran. A panic inside it ends here.
pub(crate) fn fire() -> bool {
    let Some(hook) = HOOK.get() else { return false };
    if FIRED.swap(true, SeqCst) {
        return false;
    }
    let is_owner = hook.owner == Lineage::current();
    if is_owner {
        let _ = catch_unwind(AssertUnwindSafe(hook.report));
    }
    let _ = catch_unwind(AssertUnwindSafe(hook.close));
    is_owner
}

/// Whether the report was made, or is being made right now.
pub(crate) fn fired() -> bool {
    FIRED.load(SeqCst)
}

extern "C" fn at_exit() {
    fire();
}

/// A panic that aborts skips everything registered for the exit, but not the panic hook.
pub fn on_aborting_panic(report: fn()) {
    // Inside a panic the hook cannot be replaced.
    if cfg!(panic = "abort") && !std::thread::panicking() {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            previous(info);
            report();
        }));
    }
}
