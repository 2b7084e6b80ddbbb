//! A snapshot as plain data, which is saved and loaded.

use miniserde::{Deserialize, Serialize};

use crate::tables::tree::RECURSION;

/// Version of the saved form, raised whenever a reader of the old form would go wrong.
pub(crate) const VERSION: u32 = 2;

/// The part of the saved form that every version has.
#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) mem_profile_trace_version: u32,
}

/// Everything traced at one moment. Addresses have no names yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Data {
    pub(crate) mem_profile_trace_version: u32,
    /// Nanoseconds since 1970.
    pub(crate) taken_at: u64,
    pub(crate) process: u32,
    /// The program and its arguments.
    pub(crate) command: String,
    /// How many frames of a stack are shown, at most.
    pub(crate) frames: u64,
    /// Mean number of bytes between two hits of a sample; zero for every block.
    pub(crate) mean_bytes: u64,
    /// Bytes of the traced blocks that are alive, and the most that were at one time.
    pub(crate) live_bytes: u64,
    pub(crate) peak_bytes: u64,
    /// Memory of the tracer's own tables.
    pub(crate) overhead_bytes: u64,
    pub(crate) modules: Vec<ModuleData>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) threads: Vec<String>,
    pub(crate) traces: Vec<Trace>,
}

/// A program or library.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ModuleData {
    pub(crate) path: String,
    /// In hexadecimal; empty where the linker gave none.
    pub(crate) build_id: String,
    /// Where it lay in memory.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The number added to the addresses of the file, which on Windows count from the base that the
    /// file prefers.
    pub(crate) bias: u64,
}

/// An address that a call returns to; [`RECURSION`] where frames were left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) address: u64,
    /// Which of the modules it lies in.
    pub(crate) module: Option<u32>,
    /// Whether it is the profiler's or the allocator's, as far as that is known without names.
    pub(crate) is_own: bool,
}

impl Address {
    /// In the place of the frames that were left out of a recursive program's stack.
    pub(crate) fn is_recursion(&self) -> bool {
        self.address == RECURSION
    }
}

/// How far a stack could be followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Reach {
    /// To where the thread begins.
    #[default]
    Whole,
    /// Not all callers are there.
    #[serde(rename = "Cut")]
    UnwindFailed,
    /// The tables were full: this takes the rest.
    Truncated,
    /// Allocated without a stack: in a signal handler, or past the end of a thread.
    #[serde(rename = "Unseen")]
    NoStack,
}

/// The figures of one thread at one stack. Blocks are counted in 1024ths, because one in a sample
/// stands for more than one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    pub(crate) thread: u32,
    pub(crate) reach: Reach,
    /// Indices into the addresses, the innermost first.
    pub(crate) frames: Vec<u32>,
    pub(crate) allocated_blocks: i64,
    pub(crate) allocated_bytes: i64,
    pub(crate) live_blocks: i64,
    pub(crate) live_bytes: i64,
    pub(crate) peak_blocks: i64,
    pub(crate) peak_bytes: i64,
    pub(crate) reallocations: u64,
    pub(crate) temporary: u64,
}

impl Data {
    /// The proof that no program has written this, if there is one.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let outside = |index: u32, length: usize| index as usize >= length;
        let mut traces = self.traces.iter();
        if traces.clone().any(|trace| outside(trace.thread, self.threads.len())) {
            return Some("a thread is missing");
        }
        let mut frames = traces.clone().flat_map(|trace| &trace.frames);
        if frames.any(|&frame| outside(frame, self.addresses.len())) {
            return Some("an address is missing");
        }
        let mut modules = self.addresses.iter().filter_map(|address| address.module);
        if modules.any(|module| outside(module, self.modules.len())) {
            return Some("a module is missing");
        }
        // Whatever is added up, in whichever order, has to stay a number.
        let sum = traces.try_fold(0_u64, |sum, trace| {
            let figures = trace.figures().into_iter();
            figures.chain([trace.reallocations, trace.temporary]).try_fold(sum, u64::checked_add)
        });
        sum.is_none_or(|sum| sum > i64::MAX.unsigned_abs() / 2).then_some("figures are too large")
    }
}

impl Trace {
    fn figures(&self) -> [u64; 6] {
        [
            self.allocated_blocks,
            self.allocated_bytes,
            self.live_blocks,
            self.live_bytes,
            self.peak_blocks,
            self.peak_bytes,
        ]
        .map(i64::unsigned_abs)
    }
}
