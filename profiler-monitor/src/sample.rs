//! The figures of one moment.

use std::time::Duration;

use crate::limit::Limit;

/// The memory of a process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Since the monitor began, by a clock that nobody sets.
    pub at: Duration,
    /// The resident set, in bytes.
    pub resident: u64,
    /// Bytes of live blocks, if the allocator counts them.
    pub live: Option<u64>,
    /// The limit that holds now.
    pub limit: Option<Limit>,
    /// The control group of the process, if it has one.
    pub group: Option<Group>,
}

/// A control group's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Group {
    /// `memory.current`, in bytes.
    pub current: u64,
    /// `memory.current` without `inactive_file`, in bytes: the figure that Kubernetes shows.
    pub working_set: u64,
    /// `memory.peak`, in bytes, where the system knows it.
    pub peak: Option<u64>,
    /// How often its limits did harm.
    pub events: GroupEvents,
    /// `some avg10` of `memory.pressure`: percent of the last 10 s in which a task waited for memory.
    pub pressure: Option<f32>,
}

/// `memory.events`: how often limits did harm since the group was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupEvents {
    /// Above `memory.high`, tasks were slowed down.
    pub high: u64,
    /// The limit was reached, and nothing could be reclaimed.
    pub oom: u64,
    /// Processes that were ended.
    pub oom_kill: u64,
    /// Times that the whole group was ended.
    pub oom_group_kill: u64,
}
