//! Who called the allocator: the return addresses on the stack, as a node of the tree of stacks.
//!
//! | file | what it holds |
//! |---|---|
//! | `trace` | the last stack of a thread, of which the unchanged part is not walked again |
//! | `rules` | how to find the caller of an address: a cache that only grows |
//! | `parse` | one rule, read from the program's call-frame information |
//! | `modules` | which library an address belongs to |
//! | `frame_pointer` | the same for systems where every function keeps a frame pointer |
//! | `none` | systems for which neither is there |
//!
//! Nothing here allocates, locks or waits. A word of the stack is read only between the stack
//! pointer and the upper end of the stack.

mod modules;
mod trace;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod parse;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod rules;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use self::rules as step;

#[cfg(all(unix, target_arch = "aarch64"))]
#[path = "frame_pointer.rs"]
mod step;

#[cfg(not(any(
    all(target_os = "linux", target_arch = "x86_64"),
    all(unix, target_arch = "aarch64")
)))]
#[path = "none.rs"]
mod step;

pub(super) use self::modules::{
    ADDRESS, Module, all as modules, module_at, refresh as refresh_modules,
};
pub(super) use self::trace::{Captured, Trace, walk_in_full};

/// Makes room for what the walk needs, and looks at the modules that are there.
///
/// Not to be called inside the allocator.
pub(super) fn prepare() -> bool {
    modules::prepare();
    step::prepare()
}

/// Where a walk stands: the frame that will return to `address`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The return address, or for the first frame where it is; with the generation of the
    /// modules in its upper bits.
    pub(super) address: u64,
    pub(super) stack_pointer: usize,
    pub(super) frame_pointer: usize,
}

/// What is found one frame further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The caller, and where on the stack the address to return to lies.
    Caller { frame: Frame, slot: usize },
    /// There is none: a thread begins here.
    Begin,
    /// It cannot be found.
    Lost,
}

/// The addresses that may be read in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Readable {
    pub(super) stack: std::ops::Range<usize>,
}

/// How far from the stack pointer a stack that is not the thread's own is believed to reach.
const FOREIGN_REACH: usize = 1 << 20;

impl Readable {
    /// The word at `address`, if it may be read.
    #[inline(always)]
    pub(super) fn word(&self, address: usize) -> Option<usize> {
        if address < self.stack.start
            || address > self.stack.end.wrapping_sub(8)
            || !address.is_multiple_of(8)
        {
            return None;
        }
        // SAFETY: between the stack pointer and the end of its stack everything is mapped.
        Some(unsafe { (address as *const usize).read_volatile() })
    }
}
