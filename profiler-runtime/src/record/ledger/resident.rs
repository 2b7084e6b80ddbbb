//! The end of a line with `rss`: each reading is a system call.
//!
//! The first readings of a row show how long it takes. From then on neither the system nor the clock is asked
//! before about 20 µs have passed, by these estimates.

use mem_profile_format::layout::ledger::ALWAYS_READ;

use super::ledger::Ledger;
use super::pending::RSS;
use super::row::Row;
use crate::process;

/// A row that has ended or called so often is not always read.
const OFTEN: i64 = 1000;

/// Nanoseconds between two readings of such rows by one thread.
const INTERVAL: i64 = 20_000;

/// The longest time that counts for an estimate, so that one wait does not make a row seem slow for long.
const LONG: i64 = 50 * INTERVAL;

/// How many readings are made up for at most.
const MOST_MISSED: i64 = 1000;

/// [`Row::caller`] keeps the estimate. It is zero at first. While each execution is read, it has this bit, which no
/// path has, their number in the lower bits and the sum of their nanoseconds above. Then it is the nanoseconds of
/// one execution, as a negative number.
const IS_COUNTED: i64 = 1 << 62;
const NUMBER_BITS: u32 = 10;

impl Row {
    /// Whether it was read often enough.
    #[inline(always)]
    fn is_known(&self) -> bool {
        self.caller.get() < 0
    }

    /// It was read at the start and the end of an execution that took this long.
    fn learn(&self, nanoseconds: i64) {
        let nanoseconds = nanoseconds.clamp(1, LONG);
        let word = self.caller.get();
        if word < 0 {
            return self.caller.set((word * 7 - nanoseconds) / 8);
        }
        let counted = if word & IS_COUNTED == 0 { 0 } else { word ^ IS_COUNTED };
        let counted = counted + (nanoseconds << NUMBER_BITS) + 1;
        let is_last = counted & ((1 << NUMBER_BITS) - 1) == OFTEN;
        let mean = (counted >> NUMBER_BITS) / OFTEN;
        self.caller.set(if is_last { -mean } else { counted | IS_COUNTED });
    }
}

impl Ledger {
    /// Whether the current row need not be read before `next` goes on. Changes since the last reading are then
    /// on the row that the next one ends.
    ///
    /// PERF: no system call and no clock: num-bigint's `modpow` tests, debug, everything annotated, 7.6 ← 35.2 s
    /// where each event read the clock, and 0.87 s plain.
    #[inline(always)]
    pub(crate) fn skips_reading(&self, next: &Row) -> bool {
        let row = self.row();
        let left = self.next_sample_at.get().wrapping_add(row.caller.get());
        let skips = self.mode.get() == RSS && left > 0 && row.is_known() && next.is_known();
        if skips {
            self.skip(row, left);
        }
        skips
    }

    #[inline(always)]
    fn skip(&self, row: &Row, left: i64) {
        self.next_sample_at.set(left);
        row.usage.raise(self.live.get());
    }

    /// Reads, unless both rows are known and the thread has read a moment ago.
    #[inline(never)]
    pub(super) fn flush_rss_before(&self, next: &Row) -> i64 {
        if !self.skips_reading(next) {
            self.read_or_wait(next);
        }
        self.live.get()
    }

    fn read_or_wait(&self, next: &Row) {
        let (row, left) = (self.row(), self.next_sample_at.get());
        let passed = process::steady_nanoseconds().wrapping_sub(self.stack_start.get());
        let is_behind = left < 0 && left != ALWAYS_READ;
        let are_known = row.is_known() && next.is_known();
        if are_known && !is_behind && (0..INTERVAL).contains(&passed) {
            // The estimates are too high.
            return self.skip(row, if self.guarded().is_some() { 0 } else { INTERVAL / 2 });
        }
        // Nothing was skipped since the last reading.
        let is_exact = is_behind || !row.is_known() || left == INTERVAL;
        if is_exact {
            row.learn(passed);
        }
        self.flush_rss();
        self.stack_start.set(process::steady_nanoseconds());
        let missed = if is_exact { 0 } else { passed / INTERVAL };
        let missed = if is_behind { -left - 1 } else { missed - 1 };
        self.next_sample_at.set(match missed {
            _ if left == ALWAYS_READ => left,
            1.. => -missed.min(MOST_MISSED),
            _ if self.guarded().is_some() => 0,
            _ => INTERVAL,
        });
    }

    /// Has each event take the slow path, which asks more than whether to read.
    pub(super) fn stop_skipping(&self) {
        self.next_sample_at.set(self.next_sample_at.get().min(0));
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

    /// Ends the current line before `next` starts. Whether it was read.
    fn is_read(ledger: &Ledger, next: &'static Row) -> bool {
        let before = ledger.stack_start.get();
        ledger.flush_rss_before(next);
        ledger.set_row(next);
        ledger.stack_start.get() != before
    }

    fn learn(row: &Row, nanoseconds: i64) {
        (0..OFTEN).for_each(|_| row.learn(nanoseconds));
    }

    #[test]
    fn lines_that_end_often_are_read_every_20_microseconds() {
        static ROWS: [Row; 2] = [const { Row::new() }; 2];
        static LEDGER: Ledger = Ledger::of_thread(Kind::Rss, &ROWS[0]);
        let [often, rarely] = &ROWS;
        assert_eq!((0..OFTEN).filter(|_| is_read(&LEDGER, often)).count(), OFTEN as usize);
        let begun = process::steady_nanoseconds();
        let read = (0..100_000).filter(|_| is_read(&LEDGER, often)).count();
        let passed = process::steady_nanoseconds() - begun;
        assert!(
            (1..=passed as usize / INTERVAL as usize + 2).contains(&read),
            "{read} in {passed} ns"
        );
        assert_eq!((0..100).filter(|_| is_read(&LEDGER, rarely)).count(), 100);
    }

    #[test]
    fn the_estimate_of_a_row_is_the_mean_of_its_first_executions_and_follows_it_then() {
        let row = Row::new();
        // As an allocator with live blocks leaves it.
        row.caller.set(1);
        (1..OFTEN).for_each(|_| row.learn(400));
        assert!(!row.is_known());
        row.learn(1400);
        assert_eq!(row.caller.get(), -401);
        row.learn(8401);
        assert_eq!(row.caller.get(), -1401);
        (0..100).for_each(|_| row.learn(i64::MIN));
        assert!(row.is_known(), "an execution takes some time");
    }

    #[test]
    fn a_row_that_takes_longer_than_the_interval_is_read_each_time() {
        static ROWS: [Row; 2] = [const { Row::new() }; 2];
        static LEDGER: Ledger = Ledger::of_thread(Kind::Rss, &ROWS[0]);
        let [slow, fast] = &ROWS;
        learn(slow, INTERVAL);
        learn(fast, 10);
        LEDGER.next_sample_at.set(INTERVAL);
        assert!(!LEDGER.skips_reading(fast));
        LEDGER.set_row(fast);
        assert!(LEDGER.skips_reading(slow));
        assert_eq!(LEDGER.next_sample_at.get(), INTERVAL - 10);
    }

    #[test]
    fn a_change_that_was_not_read_is_on_the_line_that_runs_when_it_is_seen() {
        static ROWS: [Row; 2] = [const { Row::new() }; 2];
        static LEDGER: Ledger = Ledger::of_thread(Kind::Rss, &ROWS[0]);
        let [changes, runs] = &ROWS;
        ROWS.iter().for_each(|row| learn(row, 10));
        LEDGER.flush_rss();
        LEDGER.next_sample_at.set(INTERVAL);
        let before = ROWS.each_ref().map(|row| row.increment.get());
        if let Some(memory) = process::map_memory(4 << 20) {
            process::populate(memory, 4 << 20);
        }
        assert!(LEDGER.skips_reading(runs));
        LEDGER.set_row(runs);
        LEDGER.next_sample_at.set(1);
        assert!(is_read(&LEDGER, changes));
        let gained = [0, 1].map(|row| ROWS[row].increment.get() - before[row]);
        assert_eq!(gained[0], 0);
        assert!(gained[1] >= 2 << 20, "{gained:?}");
    }

    #[test]
    fn missed_readings_are_made_up_for() {
        static ROWS: [Row; 1] = [const { Row::new() }; 1];
        static LEDGER: Ledger = Ledger::of_thread(Kind::Rss, &ROWS[0]);
        let [row] = &ROWS;
        learn(row, 10);
        // Fifty intervals ago the thread was read, and had left to skip some, which it has.
        LEDGER.stack_start.set(process::steady_nanoseconds() - 50 * INTERVAL);
        LEDGER.next_sample_at.set(1);
        let read = (0..50).filter(|_| is_read(&LEDGER, row)).count();
        assert_eq!(read, 50);
    }
}
