//! The end of a frame.

use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::Chunk;
use crate::record::timeline::open_spans;

/// The frame of `chunk` ends, on the stack that it began on. The ledger is busy.
pub(super) fn end(ledger: &'static Ledger, chunk: Chunk) {
    if ledger.leave(chunk) {
        open_spans::left(ledger);
    }
}
