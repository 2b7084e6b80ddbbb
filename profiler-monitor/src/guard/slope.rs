//! How fast memory grows: the least-squares slope of a window.

use std::time::Duration;

/// More samples of a window are not kept: further apart, they say the same.
const MOST: usize = 4096;
/// A window has at least so many intervals, since a line through two or three samples says little.
const LEAST: u32 = 4;

/// The samples of a window, in a ring that is allocated once.
#[derive(Clone, Debug)]
pub(super) struct Slope {
    window: Duration,
    /// Samples that come sooner after the last one are left out.
    spacing: Duration,
    /// When so much time is missing, the window begins again: nobody knows how memory grew meanwhile.
    longest_gap: Duration,
    ring: Box<[(Duration, u64)]>,
    first: usize,
    length: usize,
}

impl Slope {
    /// For samples in this interval.
    pub(super) fn new(window: Duration, interval: Duration) -> Self {
        let window = window.max(interval.saturating_mul(LEAST));
        let spacing = (window / (MOST as u32 - 2)).max(interval / 2);
        let wanted = window.as_nanos() / spacing.as_nanos().max(1) + 2;
        let capacity = usize::try_from(wanted).unwrap_or(MOST).clamp(2, MOST);
        Self {
            window,
            spacing,
            longest_gap: (window / 4).max(interval.saturating_mul(3)),
            ring: vec![(Duration::ZERO, 0); capacity].into(),
            first: 0,
            length: 0,
        }
    }

    pub(super) fn window(&self) -> Duration {
        self.window
    }

    fn get(&self, index: usize) -> (Duration, u64) {
        self.ring[(self.first + index) % self.ring.len()]
    }

    fn drop_first(&mut self) {
        self.first = (self.first + 1) % self.ring.len();
        self.length -= 1;
    }

    pub(super) fn add(&mut self, at: Duration, bytes: u64) {
        if let Some(last) = self.length.checked_sub(1) {
            let last = self.get(last).0;
            // A clock that was set back, or a system that slept.
            if at < last || at - last > self.longest_gap {
                self.length = 0;
            } else if at < last + self.spacing {
                return;
            }
        }
        // The oldest one stays that shows that the window is full.
        while self.length > 1 && at.saturating_sub(self.get(1).0) >= self.window {
            self.drop_first();
        }
        if self.length == self.ring.len() {
            self.drop_first();
        }
        let end = (self.first + self.length) % self.ring.len();
        self.ring[end] = (at, bytes);
        self.length += 1;
    }

    /// Bytes a minute; `None` while the window is not full.
    pub(super) fn per_minute(&self) -> Option<f64> {
        let last = self.length.checked_sub(1)?;
        let ((begin, base), (end, _)) = (self.get(0), self.get(last));
        if last == 0 || end - begin < self.window {
            return None;
        }
        // Relative to the first, so that a long run loses no digits.
        let points = || {
            (0..self.length).map(|index| {
                let (at, bytes) = self.get(index);
                ((at - begin).as_secs_f64() / 60.0, bytes as f64 - base as f64)
            })
        };
        let count = self.length as f64;
        let (times, sizes) = points().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let (time, size) = (times / count, sizes / count);
        let products = points().map(|it| (it.0 - time) * (it.1 - size)).sum::<f64>();
        let squares = points().map(|it| (it.0 - time).powi(2)).sum::<f64>();
        Some(products / squares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(30);

    fn slope_of(minutes: u64, sizes: impl Fn(u64) -> u64) -> Slope {
        let mut slope = Slope::new(Duration::from_secs(20 * 60), INTERVAL);
        for index in 0..=minutes * 2 {
            slope.add(INTERVAL * index as u32, sizes(index));
        }
        slope
    }

    #[test]
    fn a_line_has_its_own_slope() {
        let grows = slope_of(60, |index| 1 << 30 | index << 20);
        assert_eq!(grows.per_minute(), Some(f64::from(2 << 20)));
        assert_eq!(slope_of(60, |_| 77).per_minute(), Some(0.0));
        let shrinks = slope_of(20, |index| (1 << 30) - (index << 10));
        assert_eq!(shrinks.per_minute(), Some(-2048.0));
    }

    #[test]
    fn the_sample_beside_the_line_counts_by_its_distance_from_the_middle() {
        // By hand: 0, 0, 3 at 0, 1, 2 min has the slope 1.5.
        let mut slope = Slope::new(Duration::from_secs(120), INTERVAL);
        for (minute, bytes) in [(0, 0), (1, 0), (2, 3)] {
            slope.add(Duration::from_secs(60 * minute), bytes);
        }
        assert_eq!(slope.per_minute(), Some(1.5));
    }

    #[test]
    fn a_window_that_is_not_full_has_no_slope() {
        assert_eq!(slope_of(19, |index| index << 30).per_minute(), None);
        assert!(slope_of(20, |index| index << 30).per_minute().is_some());
    }

    /// A cache that is emptied every 5 min: 90 MiB up in 4.5 min, and down at once. From one tooth to the next it grows
    /// by 20 MiB a minute, from the first sample of the window to the last by up to 4.5 MiB a minute.
    #[test]
    fn a_sawtooth_has_hardly_a_slope() {
        for (end, parts) in [(40, 240.0), (41, 80.0), (44, -160.0), (47, -40.0), (49, 240.0)] {
            let mut slope = Slope::new(Duration::from_secs(20 * 60), INTERVAL);
            for index in 0..=100 + end {
                slope.add(INTERVAL * index, (100 + 10 * u64::from(index % 10)) << 20);
            }
            // Exact, in integers: 2 (n Σxy − Σx Σy) ÷ (n Σx² − (Σx)²) for 41 samples.
            let expected = f64::from(1 << 20) * parts / 287.0;
            assert!((slope.per_minute().unwrap() - expected).abs() < 1e-3, "{end}");
        }
    }

    #[test]
    fn a_window_begins_again_after_a_gap_and_when_the_clock_is_set_back() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for start in [minutes(8 * 60), minutes(0)] {
            let mut slope = slope_of(60, |index| index << 30);
            for index in 0..40 {
                slope.add(start + INTERVAL * index, u64::from(index) << 20);
                assert_eq!(slope.per_minute(), None, "{start:?}, {index}");
            }
            slope.add(start + minutes(20), 40 << 20);
            assert_eq!(slope.per_minute(), Some(f64::from(2 << 20)), "{start:?}");
        }
    }

    #[test]
    fn samples_that_are_late_or_missed_make_no_gap() {
        let mut slope = Slope::new(Duration::from_secs(20 * 60), INTERVAL);
        for index in (0..=80).filter(|index| ![3, 7, 8, 9, 30].contains(index)) {
            let late = Duration::from_millis(u64::from(index * 7919 % 2000));
            let at = INTERVAL * index + late;
            slope.add(at, at.as_millis() as u64 * 1024);
        }
        assert_eq!(slope.per_minute().map(f64::round), Some(60_000.0 * 1024.0));
    }

    #[test]
    fn a_window_has_four_intervals_at_least() {
        let mut slope = Slope::new(Duration::from_secs(1), INTERVAL);
        assert_eq!(slope.window(), INTERVAL * 4);
        for index in 0..4 {
            slope.add(INTERVAL * index, u64::from(index) << 20);
            assert_eq!(slope.per_minute(), None);
        }
        slope.add(INTERVAL * 4, 4 << 20);
        assert_eq!(slope.per_minute(), Some(f64::from(2 << 20)));
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let steps = slope_of(41, |index| if index < 41 { 0 } else { 1 << 30 });
        assert_eq!(steps.per_minute(), Some(0.0));
        assert_eq!(steps.length, 41);
    }

    #[test]
    fn a_window_of_a_month_needs_no_more_memory() {
        let mut slope = Slope::new(Duration::from_secs(30 * 86_400), Duration::from_secs(1));
        for second in 0..31 * 86_400 {
            slope.add(Duration::from_secs(second), second << 10);
        }
        assert_eq!(slope.ring.len(), MOST);
        assert_eq!(slope.per_minute().map(f64::round), Some(60.0 * 1024.0));
    }
}
