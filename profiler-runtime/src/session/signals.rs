//! Reports on a signal, after which the program dies of it or goes on.
//!
//! The handler raises a semaphore, so no descriptor is needed. It sets the default action before
//! the report of a signal that ends the process: a second signal kills at once, and ten seconds
//! later the process dies of the first, even if the report hangs. Where no thread listens, as in a
//! forked child, the handler itself takes the default action.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::exit;
use crate::process::{self, Request};

/// Makes SIGINT and SIGTERM report before the process dies of them, and SIGUSR1 report right away.
///
/// Signals that the program handles itself are left alone, also when it starts to do so later.
/// `quiet` runs a piece of the profiler's own work so that its memory is not recorded. Returns
/// whether there are signals to listen to.
pub(crate) fn install(report: fn(), quiet: fn(&mut dyn FnMut())) -> bool {
    let handle = move |request| {
        let mut ended = false;
        quiet(&mut || match request {
            Request::Report => drop(catch_unwind(AssertUnwindSafe(report))),
            // A process that is already on its way out shall finish its report.
            Request::End => ended = exit::fire() || !exit::fired(),
        });
        ended
    };
    process::listen(handle).is_ok()
}

/// How many threads of the profiler's own wait for signals, or do what one asks for.
pub(crate) fn listeners() -> usize {
    process::listeners()
}
