//! Live blocks by line, for readers that must not allocate, lock or wait.

use mem_profile_format::layout::paths::OUTSIDE;

use super::paths;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::notes;
use crate::record::memory::counters;

/// Blocks of one line, as one thread counts them: what one thread has made and another one freed is right in the sum
/// alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    pub(crate) holder: Holder,
    pub(crate) bytes: i64,
    pub(crate) blocks: i64,
}

/// Who holds blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A row of the function with this number.
    Row(i64, usize),
    Outside,
    Unattributed,
}

/// What lines hold; `None` where that is not recorded.
pub(crate) fn all() -> Option<impl Iterator<Item = Holding>> {
    notes::records_live().then(|| {
        counters::all().filter_map(|counter| {
            let site = u32::try_from(counter.site.get()).ok().filter(|&site| site != 0)?;
            let holder = match paths::line_of(site) {
                Some((function, row)) => Holder::Row(function, row),
                None if site == OUTSIDE => Holder::Outside,
                None => Holder::Unattributed,
            };
            let (bytes, blocks) = (counter.live.get(), counter.live_blocks.get());
            Some(Holding { holder, bytes, blocks })
        })
    })
}

/// The line that runs on the calling thread; `None` outside of measured functions.
pub(crate) fn running() -> Option<Holder> {
    let ledger = current_ledger();
    let chunk = ledger.chunk()?;
    Some(Holder::Row(chunk.table.get(), chunk.find_row(ledger.row())?))
}
