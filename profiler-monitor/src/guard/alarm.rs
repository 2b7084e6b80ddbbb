//! The rules of a guard, and what it says.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::limit::{Threshold, bytes, time};
use crate::sample::Sample;

/// When to raise an alarm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// From here on, memory is worth a warning: 80 % of the limit.
    pub warn_above: Option<Threshold>,
    /// From here on, the process is about to be ended: 95 % of the limit.
    pub critical_above: Option<Threshold>,
    /// How fast is too fast; nothing by default.
    pub growth: Option<Growth>,
}

impl Default for Rules {
    fn default() -> Self {
        let share = |share| Some(Threshold::Share(share));
        Self { warn_above: share(0.8), critical_above: share(0.95), growth: None }
    }
}

/// Memory that grows without an end: so fast, for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Bytes a minute: the slope of the line that is nearest to all samples of the window.
    pub per_minute: u64,
    /// A window that is not full never raises an alarm.
    pub window: Duration,
}

/// The time for which memory has to grow, where nothing else is said.
const WINDOW: &str = "20min";

/// A text is not a [`Growth`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrowthError;

impl fmt::Display for GrowthError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a growth, such as 3MiB/min:20min")
    }
}

impl Error for GrowthError {}

/// `3MiB/min:20min`, or `3MiB/min` for 20 minutes.
impl FromStr for Growth {
    type Err = GrowthError;

    fn from_str(text: &str) -> Result<Self, GrowthError> {
        let (amount, window) = text.split_once(':').unwrap_or((text, WINDOW));
        let amount = amount.trim();
        let amount = amount.strip_suffix("/min").unwrap_or(amount);
        let per_minute = bytes(amount).map_err(|_| GrowthError)?;
        Ok(Self { per_minute, window: time(window).ok_or(GrowthError)? })
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Somebody should look.
    Warning,
    /// The process is about to be ended.
    Critical,
}

impl Level {
    /// `warning` or `critical`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Why an alarm is raised.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// More is in use than a threshold allows.
    Above {
        /// Bytes in use.
        used: u64,
        /// The threshold, in bytes.
        threshold: u64,
    },
    /// The resident set grows too fast.
    Growth {
        /// Bytes a minute.
        per_minute: u64,
        /// For so long.
        window: Duration,
    },
    /// Tasks of the control group wait for memory.
    Pressure {
        /// Percent of the last 10 s.
        percent: f32,
    },
    /// The system ended processes of the control group.
    Killed {
        /// How many.
        processes: u64,
    },
}

impl Cause {
    /// `above`, `growth`, `pressure` or `killed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Above { .. } => "above",
            Self::Growth { .. } => "growth",
            Self::Pressure { .. } => "pressure",
            Self::Killed { .. } => "killed",
        }
    }
}

/// Something worth saying.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alarm {
    /// How bad it is.
    pub level: Level,
    /// Why it is raised.
    pub cause: Cause,
    /// The figures of that moment.
    pub sample: Sample,
}
