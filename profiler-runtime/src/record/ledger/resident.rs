//! The end of a line with `rss`: each reading is a system call.

use super::ledger::Ledger;
use super::row::Row;
use crate::process;

/// Lines that have ended or called more often than this are not always read.
const OFTEN: i64 = 1000;

/// Nanoseconds between two readings of such lines by one thread.
///
/// PERF: an event 4,060 → 70 ns (cost bench, busy machine). A reading takes 2,200 ns of that there, this clock
/// 55 ns, and the time stamp counter 22 ns. The coarse clock takes 7 ns, but only moves every 4 ms.
const INTERVAL: u64 = 20_000;

impl Ledger {
    /// Reads, unless both lines end often and the thread has read a moment ago. What has changed since is then
    /// on the line that the next reading ends.
    #[inline(never)]
    pub(super) fn flush_rss_before(&self, next: &Row) -> i64 {
        let (row, now) = (self.row(), process::steady_nanoseconds());
        // Not their executions: a line that runs once may call a million times.
        let ends_often = row.caller.add(1).min(next.caller.get()) > OFTEN;
        let is_recent = (now.wrapping_sub(self.next_sample_at.get()) as u64) < INTERVAL;
        if ends_often && is_recent {
            row.usage.raise(self.live.get());
            return self.live.get();
        }
        self.next_sample_at.set(now);
        self.flush_rss()
    }

    #[inline(never)]
    pub(super) fn flush_rss(&self) -> i64 {
        self.complete();
        // Where the system gives no reading, the last one stands: nothing is recorded.
        let live = process::rss().map_or(self.live.get(), |bytes| bytes as i64);
        self.live.set(live);
        let row = self.row();
        row.increment.add(live - self.recorded_live.get());
        self.recorded_live.set(live);
        row.usage.raise(live);
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ledger::kind::Kind;

    static ROWS: [Row; 2] = [const { Row::new() }; 2];
    static LEDGER: Ledger = Ledger::of_thread(Kind::Rss, &ROWS[0]);

    /// Ends the line of the first row before `next` goes on. Whether it was read.
    fn is_read(next: &'static Row) -> bool {
        let before = LEDGER.next_sample_at.get();
        LEDGER.flush_rss_before(next);
        LEDGER.next_sample_at.get() != before
    }

    #[test]
    fn lines_that_end_often_are_read_every_20_microseconds() {
        let [often, rarely] = &ROWS;
        assert_eq!((0..OFTEN).filter(|_| is_read(often)).count(), OFTEN as usize);
        let begun = process::steady_nanoseconds();
        let read = (0..100_000).filter(|_| is_read(often)).count();
        let passed = process::steady_nanoseconds() - begun;
        assert!(
            (1..=passed as usize / INTERVAL as usize + 2).contains(&read),
            "{read} in {passed} ns"
        );
        assert_eq!((0..100).filter(|_| is_read(rarely)).count(), 100);
    }
}
