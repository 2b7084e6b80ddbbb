//! When the next sample is due.

use std::time::Duration;

/// Moments in a fixed interval: however late one is handled, the next ones do not move.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    interval: Duration,
    next: Duration,
}

impl Schedule {
    /// The first moment is one interval after `now`.
    #[must_use]
    pub fn new(interval: Duration, now: Duration) -> Self {
        Self { interval, next: now.saturating_add(interval) }
    }

    /// How long to wait; zero if a moment has come, which counts as handled from then on. Moments that were missed
    /// are not made up for.
    pub fn wait(&mut self, now: Duration) -> Duration {
        if now < self.next {
            return self.next - now;
        }
        let missed = (now - self.next).as_nanos() / self.interval.as_nanos().max(1);
        let steps = u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1);
        self.next = self.next.saturating_add(self.interval.saturating_mul(steps));
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_late_handling_does_not_move_a_moment() {
        let interval = Duration::from_secs(30);
        let mut schedule = Schedule::new(interval, Duration::ZERO);
        let mut random = fastrand::Rng::with_seed(7);
        let (mut now, mut moments) = (Duration::ZERO, 0_u32);
        while moments < 2880 {
            let wait = schedule.wait(now);
            if wait.is_zero() {
                moments += 1;
                let late = now - interval * moments;
                assert!(late < Duration::from_millis(50), "{late:?} late");
            }
            // The system wakes a thread too late, and handling takes time.
            now += wait + Duration::from_micros(random.u64(0..40_000));
        }
        assert_eq!(now.as_secs(), 24 * 60 * 60);
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let mut schedule = Schedule::new(Duration::from_secs(10), Duration::ZERO);
        let at = |seconds| Duration::from_secs(seconds);
        assert_eq!(schedule.wait(at(4)), at(6));
        assert_eq!(schedule.wait(at(47)), at(0));
        assert_eq!(schedule.wait(at(47)), at(3));
    }
}
