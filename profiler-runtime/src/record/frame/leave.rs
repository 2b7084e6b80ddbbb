//! The end of a frame.

use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Chunk, IDLE};
use crate::record::timeline::open_spans;

/// The frame of `chunk` ends, on the stack that it began on. The ledger is busy.
pub(in crate::record) fn end(ledger: &'static Ledger, chunk: Chunk) {
    ledger.settle_open();
    if ledger.pop_unchanged(chunk) {
        return open_spans::left(ledger);
    }
    ledger.complete();
    let now = ledger.booked_totals();
    let Some(aside) = ledger.stack.pop_of(chunk, &now) else { return };
    open_spans::left(ledger);
    if aside.outer.get() != IDLE {
        chunk.set_last(&now);
    }
    let caller = ledger.chunk();
    if let Some(caller) = caller.filter(|&caller| caller != chunk) {
        caller.book_suspended(&now);
    }
    chunk.suspended.set(aside.outer.get());
    ledger.resume(aside);
    let rise = ledger.restore_marks(aside);
    if caller.is_some() {
        aside.row().peak.raise(rise);
    }
}
