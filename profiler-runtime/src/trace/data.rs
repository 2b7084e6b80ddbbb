//! What a snapshot holds, as plain data: what is saved and loaded.

use miniserde::{Deserialize, Serialize};

/// Version of the saved form, raised whenever a reader of the old form would go wrong.
pub(super) const VERSION: u32 = 1;

/// Everything traced at one moment. Addresses have no names yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Data {
    pub(super) mem_profile_trace_version: u32,
    /// Nanoseconds since 1970.
    pub(super) taken_at: u64,
    pub(super) process: u32,
    /// The program and its arguments.
    pub(super) command: String,
    /// Mean number of bytes between two hits of a sample; zero for every block.
    pub(super) mean_bytes: u64,
    /// Bytes of the traced blocks that are alive, and the most that were at one time.
    pub(super) live_bytes: u64,
    pub(super) peak_bytes: u64,
    /// Memory of the tracer's own tables.
    pub(super) overhead_bytes: u64,
    pub(super) modules: Vec<ModuleData>,
    pub(super) addresses: Vec<Address>,
    pub(super) threads: Vec<String>,
    pub(super) traces: Vec<Trace>,
}

/// A program or library.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ModuleData {
    pub(super) path: String,
    /// In hexadecimal; empty where the linker gave none.
    pub(super) build_id: String,
    /// Where it lay in memory.
    pub(super) start: u64,
    pub(super) end: u64,
    /// What was added to the addresses of the file.
    pub(super) bias: u64,
}

/// An address that a call returns to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Address {
    pub(super) address: u64,
    /// Which of the modules it lies in.
    pub(super) module: Option<u32>,
}

/// How far a stack could be followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Reach {
    /// To where the thread begins.
    #[default]
    Whole,
    /// Not all callers are there.
    Cut,
    /// The tables were full: this takes the rest.
    Truncated,
    /// Allocated where no stack could be looked at.
    Unseen,
}

/// What one thread did at one stack. Blocks are counted in 1024ths, because one in a sample
/// stands for more than one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Trace {
    pub(super) thread: u32,
    pub(super) reach: Reach,
    /// Indices into the addresses, the innermost first.
    pub(super) frames: Vec<u32>,
    pub(super) allocated_blocks: i64,
    pub(super) allocated_bytes: i64,
    pub(super) live_blocks: i64,
    pub(super) live_bytes: i64,
    pub(super) peak_blocks: i64,
    pub(super) peak_bytes: i64,
    pub(super) reallocations: u64,
    pub(super) temporary: u64,
}
