//! Decides when there is something to say. Pure: the clock is in the samples, and nothing is allocated meanwhile.

mod alarm;
mod crossing;
mod slope;

pub use self::alarm::{Alarm, Cause, Growth, GrowthError, Level, Rules};

use std::time::Duration;

use self::crossing::Crossing;
use self::slope::Slope;
use crate::limit::Threshold;
use crate::sample::Sample;

#[cfg(test)]
mod tests;

/// `some avg10` of the pressure, in percent, from which on tasks wait so long for memory that it is said.
const PRESSURE: f32 = 20.0;

/// Looks at one sample after the other, and raises an alarm once for each crossing.
///
/// An alarm is raised again only when a further 10 % are in use, or after the memory had fallen below nine tenths of the
/// threshold; pressure and growth, below a half.
#[derive(Clone, Debug)]
pub struct Guard {
    rules: Rules,
    warning: Crossing,
    critical: Crossing,
    growth: Option<(Growth, Slope)>,
    growing: Crossing,
    pressure: Crossing,
    /// Processes of the group that the system had ended by the last sample.
    killed: Option<u64>,
}

impl Guard {
    /// For samples in this interval.
    #[must_use]
    pub fn new(rules: Rules, interval: Duration) -> Self {
        let growth = rules.growth.map(|growth| (growth, Slope::new(growth.window, interval)));
        Self {
            rules,
            warning: Crossing::AMOUNT,
            critical: Crossing::AMOUNT,
            growth,
            growing: Crossing::RATE,
            pressure: Crossing::RATE,
            killed: None,
        }
    }

    /// Whether memory was above the critical threshold, or tasks waited for it, and that has not fallen well below since.
    #[must_use]
    pub fn is_critical(&self) -> bool {
        self.critical.is_above() || self.pressure.is_above()
    }

    /// The worst that is new with this sample. A second reason comes with the next sample.
    pub fn look(&mut self, sample: &Sample) -> Option<Alarm> {
        if let Some((_, slope)) = &mut self.growth {
            slope.add(sample.at, sample.resident);
        }
        self.look_at_kills(sample)
            .or_else(|| self.look_above(sample))
            .or_else(|| self.look_at_pressure(sample))
            .or_else(|| self.look_at_growth(sample))
            .map(|(level, cause)| Alarm { level, cause, sample: *sample })
    }

    fn look_at_kills(&mut self, sample: &Sample) -> Option<(Level, Cause)> {
        let killed = sample.group?.events.oom_kill;
        let before = self.killed.replace(killed)?;
        let processes = killed.checked_sub(before).filter(|&processes| processes > 0)?;
        Some((Level::Critical, Cause::Killed { processes }))
    }

    fn look_above(&mut self, sample: &Sample) -> Option<(Level, Cause)> {
        let above = |threshold: Option<Threshold>, crossing: &mut Crossing| {
            let (used, threshold) = threshold?.compare(sample)?;
            let is_new = crossing.look(used as f64, threshold as f64, used);
            is_new.then_some(Cause::Above { used, threshold })
        };
        let warning = above(self.rules.warn_above, &mut self.warning);
        let critical = above(self.rules.critical_above, &mut self.critical);
        let critical = critical.map(|cause| (Level::Critical, cause));
        critical.or(warning.map(|cause| (Level::Warning, cause)))
    }

    fn look_at_pressure(&mut self, sample: &Sample) -> Option<(Level, Cause)> {
        let percent = sample.group?.pressure?;
        let is_new = self.pressure.look(percent.into(), PRESSURE.into(), sample.used());
        is_new.then_some((Level::Warning, Cause::Pressure { percent }))
    }

    fn look_at_growth(&mut self, sample: &Sample) -> Option<(Level, Cause)> {
        let (growth, slope) = self.growth.as_ref()?;
        let per_minute = slope.per_minute()?;
        let is_new = self.growing.look(per_minute, growth.per_minute as f64, sample.resident);
        let cause = Cause::Growth { per_minute: per_minute as u64, window: slope.window() };
        is_new.then_some((Level::Warning, cause))
    }
}
