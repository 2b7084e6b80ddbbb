//! The bytes at which the system ends or slows a process, and those at which a user wants to know.

mod threshold;
mod time;

pub(crate) use self::threshold::bytes;
pub use self::threshold::{Threshold, ThresholdError};
pub(crate) use self::time::time;

use std::fmt;

/// The limit that holds for a process: that with the least memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Limit {
    /// In bytes.
    pub bytes: u64,
    /// Who sets it.
    pub kind: LimitKind,
}

/// Who sets a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum LimitKind {
    /// A control group, of the process or around it: above `memory.max` the system ends a process.
    GroupMax,
    /// A control group: above `memory.high` the system slows the process down.
    GroupHigh,
    /// `RLIMIT_AS`: allocations fail above it.
    AddressSpace,
    /// The memory of the machine.
    Physical,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::GroupMax => "memory.max",
            Self::GroupHigh => "memory.high",
            Self::AddressSpace => "RLIMIT_AS",
            Self::Physical => "physical memory",
        })
    }
}
