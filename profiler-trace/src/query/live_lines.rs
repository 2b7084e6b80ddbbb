//! The live blocks and their lines, for accounts of the resident set.

use std::collections::HashMap;

use crate::capture::collect;
use crate::capture::control::{self, is_tracing};
use crate::live;
use crate::names::symbols::Symbols;
use crate::query::group;
use crate::tables::{mapped_array, sample, shadow};
use mem_profile_runtime::internal::{Quiet, TracedBlocks};

/// The runtime asks it for each of its accounts.
pub(crate) static TRACED_BLOCKS: TracedBlocks = TracedBlocks {
    traces_all: || is_tracing().then(|| sample::mean_bytes() == 0),
    live_bytes: || control::traced_memory().0,
    visit: shadow::visit,
    times_forgotten: control::times_forgotten,
    lines,
    regions: || mapped_array::regions().collect(),
};

/// The line of each site that has live blocks, as in [`Snapshot::lines`](crate::Snapshot::lines).
fn lines() -> HashMap<u32, String> {
    let _quiet = Quiet::enter();
    let _control = control::lock();
    let sites: Vec<u32> = live::sites().map(|site| site.number()).collect();
    let data = collect::stacks(sites.iter().copied(), control::frames());
    let symbols = Symbols::resolve(&data, &HashMap::new(), true);
    let lines = data.traces.iter().map(|trace| group::line(&symbols, trace).place());
    sites.into_iter().zip(lines).collect()
}
