//! How much memory is too much.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use mem_profile_format::report::Unit;

use crate::sample::Sample;

/// How much memory is too much: `500MiB`, or `90%` of the limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// A resident set of so many bytes.
    Bytes(u64),
    /// This share of the limit, of what the limit counts. Without a limit it is never reached.
    Share(f64),
}

impl From<u64> for Threshold {
    fn from(bytes: u64) -> Self {
        Self::Bytes(bytes)
    }
}

impl Threshold {
    /// Whether it can be reached, and is not reached by nothing: NaN is no share.
    pub(crate) fn is_sound(self) -> bool {
        match self {
            Self::Bytes(_) => true,
            Self::Share(share) => share > 0.0 && share <= 1.0,
        }
    }

    /// The bytes in use, and the bytes from which on they are too many.
    pub(crate) fn compare(self, sample: &Sample) -> Option<(u64, u64)> {
        match self {
            Self::Bytes(bytes) => Some((sample.resident, bytes)),
            Self::Share(share) => {
                let limit = sample.limit?;
                Some((sample.used(), (limit.bytes as f64 * share) as u64))
            }
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => formatter.write_str(&Unit::Auto.format((*bytes).into(), 1)),
            Self::Share(share) => write!(formatter, "{} %", share * 100.0),
        }
    }
}

/// A text is not a [`Threshold`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdError;

impl fmt::Display for ThresholdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not an amount of memory, such as 500MiB or 90%")
    }
}

impl Error for ThresholdError {}

/// Units of 1,024, and of 1,000, as people write them.
const UNITS: [(&str, u64); 12] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("b", 1),
];

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(percent) = text.strip_suffix('%') {
            let share = Self::Share(number(percent)? / 100.0);
            return share.is_sound().then_some(share).ok_or(ThresholdError);
        }
        bytes(&text).map(Self::Bytes)
    }
}

/// An amount such as `500MiB`; of a number without a unit, bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, ThresholdError> {
    let text = text.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|&(name, unit)| Some((text.strip_suffix(name)?, unit)));
    let (digits, unit) = unit.unwrap_or((&text, 1));
    let bytes = number(digits)? * unit as f64;
    (bytes >= 1.0 && bytes < 2_f64.powi(63)).then_some(bytes as u64).ok_or(ThresholdError)
}

fn number(text: &str) -> Result<f64, ThresholdError> {
    let text = text.trim();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain).ok_or(ThresholdError)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::{Limit, LimitKind};
    use crate::sample::Group;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, expected) in [
            ("500MiB", Threshold::Bytes(500 << 20)),
            ("1.5 GiB", Threshold::Bytes(3 << 29)),
            ("500M", Threshold::Bytes(500 << 20)),
            ("500MB", Threshold::Bytes(500_000_000)),
            ("4096", Threshold::Bytes(4096)),
            ("90%", Threshold::Share(0.9)),
            ("12.5 %", Threshold::Share(0.125)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in
            ["", "MiB", "-1", "0", "0%", "101%", "1e9", "inf", "nan%", "5 apples", "9999999999TiB"]
        {
            assert_eq!(text.parse::<Threshold>(), Err(ThresholdError), "{text}");
        }
    }

    #[test]
    fn a_share_is_of_what_the_limit_counts() {
        let group = Group { working_set: 300, current: 500, ..Group::default() };
        let limit = |kind| Some(Limit { bytes: 1000, kind });
        let sample = |kind| Sample {
            resident: 100,
            address_space: 700,
            limit: limit(kind),
            group: Some(group),
            ..Sample::default()
        };
        let compare = |kind| Threshold::Share(0.9).compare(&sample(kind));
        assert_eq!(compare(LimitKind::GroupMax), Some((300, 900)));
        assert_eq!(compare(LimitKind::GroupHigh), Some((300, 900)));
        assert_eq!(compare(LimitKind::AddressSpace), Some((700, 900)));
        assert_eq!(compare(LimitKind::Physical), Some((100, 900)));
        assert_eq!(Threshold::Bytes(7).compare(&sample(LimitKind::GroupMax)), Some((100, 7)));
        assert_eq!(Threshold::Share(0.9).compare(&Sample::default()), None);
    }
}
