//! The figures of one moment.

use std::time::Duration;

use mem_profile_format::{Division, ResidentSet};

use crate::limit::{Limit, LimitKind};

/// The memory of a process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sample {
    /// Since the monitor began, by a clock that nobody sets.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::seconds::serialize"))]
    pub at: Duration,
    /// The resident set, in bytes.
    pub resident: u64,
    /// Of the resident set, pages of files and of shared memory, where the system says that.
    pub files: Option<u64>,
    /// Of the resident set, the profiler's own memory, where it watches its own process.
    pub profiler: Option<u64>,
    /// The size of the address space, in bytes.
    pub address_space: u64,
    /// Bytes of live blocks, if the allocator counts them.
    pub live: Option<u64>,
    /// The limit that holds now: of control groups, the one with the least memory left.
    pub limit: Option<Limit>,
    /// The control group that the limit is of, else the own group of the process, if it has one.
    pub group: Option<Group>,
}

impl Sample {
    /// The resident set by its parts, where these are known.
    #[must_use]
    pub fn division(&self) -> Option<Division> {
        let profiler = self.profiler.unwrap_or(0);
        let set = ResidentSet { bytes: self.resident, files: self.files?, profiler };
        Some(set.divided(self.live?))
    }

    /// The bytes that the limit counts: of a group without files that the system would drop first.
    #[must_use]
    pub fn used(&self) -> u64 {
        match self.limit.map(|limit| limit.kind) {
            Some(LimitKind::GroupMax | LimitKind::GroupHigh) => {
                self.group.map_or(self.resident, |group| group.working_set)
            }
            Some(LimitKind::AddressSpace) => self.address_space,
            Some(LimitKind::Physical) | None => self.resident,
        }
    }
}

/// A control group's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Group {
    /// `memory.current`, in bytes.
    pub current: u64,
    /// `memory.current` without `inactive_file`, in bytes: the figure that Kubernetes shows.
    pub working_set: u64,
    /// `memory.peak`, in bytes, where the system knows it.
    pub peak: Option<u64>,
    /// How often its limits did harm.
    pub events: GroupEvents,
    /// `oom_kill` of the group around the own one, where that counts processes of all groups inside, also of those that
    /// are gone: in version 2.
    pub oom_kill_around: Option<u64>,
    /// `some avg10` of `memory.pressure`: percent of the last 10 s in which a task waited for memory.
    pub pressure: Option<f32>,
}

/// `memory.events`: how often limits did harm since the group was made, in it and in groups inside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GroupEvents {
    /// Above `memory.high`, tasks were slowed down.
    pub high: u64,
    /// The limit was reached, and nothing could be reclaimed.
    pub oom: u64,
    /// Processes of the own group that were ended, where the limit may be of one around it. Where a whole group was
    /// ended, the system counts one of them twice.
    pub oom_kill: u64,
    /// Times that the whole group was ended.
    pub oom_group_kill: u64,
}
