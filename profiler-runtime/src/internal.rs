//! The runtime's interface for crates of this project alone: it may change with any release.
//!
//! Owns no state. Everything that the tracer may call inside the allocator is marked so.

pub use crate::brief::{Brief, brief};
pub use crate::collect::fill_held_with;
pub use crate::control::allocations_are_counted;
#[cfg(feature = "monitor")]
pub use crate::holders::{Holding, LineNumber, SourceLine, live_by_line, running_line};
pub use crate::process::{
    Lineage, Stream, Thread, Work, at_exit, coarse_ticks, id, on_unload, write_all_raw,
};
#[cfg(feature = "monitor")]
pub use crate::process::{OwnSocket, lock_file};
#[cfg(feature = "monitor")]
pub use crate::record::alloc::failing::on_failed_allocation;
pub use crate::record::alloc::noting::Noting;
pub use crate::record::alloc::quiet::Quiet;
pub use crate::record::alloc::sampling;
pub use crate::record::alloc::watch::{Moved, Watcher, on_thread_end, watch, watched_by};
pub use crate::record::memory::areas::Areas;
pub use crate::record::memory::block_map::{Block, BlockMap};
pub use crate::record::memory::pages::Pages;
pub use crate::record::sync::claim::Claim;
pub use crate::record::sync::list::{List, Node};
pub use crate::record::sync::word::Word;
pub use crate::session::exit::on_aborting_panic;
pub use crate::session::output::{path as expanded_path, write as write_report};
pub use crate::session::values::duration;
pub use crate::session::warn;
pub use crate::traced::{BlockVisitor, TracedBlocks, account_with};

#[cfg(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
))]
pub mod capture {
    //! What a capture of the heap needs. Nothing of it is called inside the allocator.

    pub use crate::process::capture::{
        Copied, Copy, Descriptor, Ended, Frozen, Occasion, SavedRegisters, SignalsBlocked, Stopper,
        end_with, exit_now, grow_memory, is_own_thread, keep_only, listen, memory, own_memory,
        seek, shared_memory, with_registers, write_all_to,
    };
    use crate::record::moving;

    /// See [`Stopper`]. Who is in a reallocation stops at its end, if that `is_guarded`.
    ///
    /// # Errors
    /// `AddrInUse` where the program handles the signal; else the system's.
    pub fn stopper(signal: Option<i32>, is_guarded: bool) -> std::io::Result<Stopper> {
        moving::find_place();
        Stopper::prepare(signal, is_guarded.then_some(moving::put_off))
    }
}

use std::sync::Arc;

use crate::process;
use crate::record::alloc::{count, quiet};
use crate::record::function::registry;
use crate::record::ledger::current::current_ledger;
use crate::record::ledger::ledger::{ALWAYS, Ledger};
use crate::record::ledger::threads;
use crate::record::live::blocks;

/// Starts a thread that takes no signal of the program, and whose start and end allocate nothing that counts.
/// `None` where the system has no thread left.
pub fn spawn<W: Work>(work: Arc<W>) -> Option<Thread> {
    let _quiet = Quiet::enter();
    process::spawn_shared(work)
}

/// Where the sources of the runtime are, if they did not come from a registry.
pub const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");

/// Whether the calling thread is [`Quiet`]. May be called inside the allocator.
pub fn is_quiet() -> bool {
    quiet::is_on()
}

/// Whether the calling thread has a record, or gets one now: it is neither quiet nor past its end.
/// May be called inside the allocator.
pub fn has_record() -> bool {
    threads::current().is_some()
}

/// Bytes in use by the whole process: exact while no other thread allocates or frees.
pub fn live_bytes() -> u64 {
    u64::try_from(threads::live_bytes()).unwrap_or(0)
}

/// Bytes and blocks that the whole process has allocated: exact while no other thread allocates.
pub fn allocated() -> (u64, u64) {
    let (bytes, blocks) = threads::allocated();
    (bytes.max(0).unsigned_abs(), blocks.max(0).unsigned_abs())
}

/// The function of the allocator that calls a watcher, besides those that are inlined into it.
pub fn allocator_function() -> usize {
    count::alloc_slow::<false> as *const () as usize
}

/// The calling thread's wait for its next sample. May be used inside the allocator.
#[derive(Debug)]
pub struct NextSample(&'static Ledger);

impl NextSample {
    /// `None` where the thread has no record to wait with.
    pub fn of_this_thread() -> Option<Self> {
        let ledger = current_ledger().counting();
        ledger.thread().is_some().then_some(Self(ledger))
    }

    /// Bytes that the thread has allocated.
    pub fn allocated(&self) -> i64 {
        self.0.allocated_and_next_sample().0
    }

    /// With how many allocated bytes the watcher is called; `None` while that is each time.
    pub fn at(&self) -> Option<i64> {
        Some(self.0.allocated_and_next_sample().1).filter(|&at| at != ALWAYS)
    }

    /// Whether that many bytes are allocated.
    pub fn is_due(&self) -> bool {
        self.0.sample_is_due()
    }

    /// Has this watcher called then, unless another one watches by now.
    pub fn set(&self, at: i64, watcher: &'static Watcher) {
        self.0.set_next_sample(at, watcher);
    }
}

/// The live blocks that are on a path of lines, by their addresses.
pub fn blocks_of_lines() -> impl Iterator<Item = Block> {
    blocks::each()
}

/// An annotated function that was called.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// As the compiler names what lies in it, with the crate.
    pub path: &'static str,
    /// As in tables.
    pub name: &'static str,
    /// As the compiler names it.
    pub file: &'static str,
    /// The line of its first row.
    pub first_line: u32,
    /// How many rows it has.
    pub rows: usize,
}

/// The annotated functions that were called.
pub fn functions() -> impl Iterator<Item = Function> {
    registry::functions().map(|(_, function)| Function {
        path: (function.path)(),
        name: function.display_name(),
        file: function.file,
        first_line: function.first_line,
        rows: function.rows,
    })
}
