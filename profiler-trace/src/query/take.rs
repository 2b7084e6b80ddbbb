//! Taking a snapshot of the process that runs.

use std::collections::HashMap;

use crate::capture::{collect, control};
use crate::names::symbols::Symbols;
use crate::query::for_caller::clone_for_caller;
use crate::query::snapshot::{Snapshot, shown};
use crate::query::statistic::{By, Statistic};
use crate::tables::shadow;
use mem_profile_names::Frame;
use mem_profile_runtime::internal::Quiet;

/// The traces so far.
///
/// Exact for the calling thread and for threads at rest; others are read while they run.
#[must_use]
pub fn snapshot() -> Snapshot {
    let _quiet = Quiet::enter();
    let _control = control::lock();
    Snapshot::now()
}

/// The stack that the live block at `block` comes from, the innermost frame first; `None` where
/// it is not traced.
#[must_use]
pub fn traceback_of<T: ?Sized>(block: *const T) -> Option<Vec<Frame>> {
    let site = shadow::get(block.addr());
    if site == 0 {
        return None;
    }
    clone_for_caller(|| {
        let data = collect::stacks([site].into_iter(), control::frames());
        let symbols = Symbols::resolve(&data, &HashMap::new(), true);
        data.traces.first().map(|trace| shown(&data, &symbols, trace).cloned().collect())
    })
}

impl Snapshot {
    /// To be called with the control of the tracer.
    pub(crate) fn now() -> Self {
        Self::of_this_process(collect::collect(control::frames()))
    }
}

/// The changes by line since `older`, at most `count`, the largest first.
///
/// ```
/// # use mem_profile_trace as trace;
/// # #[global_allocator]
/// # static ALLOC: mem_profile_runtime::Alloc = mem_profile_runtime::Alloc::new();
/// # fn work() {}
/// trace::start(trace::Config::exact())?;
/// let before = trace::snapshot();
/// work();
/// for statistic in trace::top(&before, 5) {
///     println!("{statistic}");
/// }
/// # Ok::<(), trace::StartError>(())
/// ```
#[must_use]
pub fn top(older: &Snapshot, count: usize) -> Vec<Statistic> {
    let mut all = snapshot().compare_to(older, By::Line, false);
    all.retain(Statistic::has_changed);
    all.truncate(count);
    all
}
