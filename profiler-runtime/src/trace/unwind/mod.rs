//! Who called the allocator: the return addresses on the stack, as a node of the tree of stacks.
//!
//! | file | what it holds |
//! |---|---|
//! | `trace` | the last stack of a thread, of which the unchanged part is not walked again |
//! | `shortcut` | the way from an unchanged frame to the allocator, as it went before |
//! | `walk` | frame by frame, outwards |
//! | `caller` | what such a walk consists of |
//! | `rules` | how to find the caller of an address: a cache that only grows |
//! | `parse` | one rule, read from the program's call-frame information |
//! | `frame_pointer` | the same for systems where every function keeps a frame pointer |
//! | `fallback` | for all other systems, in place of these: the crate `backtrace` |
//! | `modules` | which library an address belongs to |
//!
//! Nothing here allocates, locks or waits. A word of the stack is read only between the stack
//! pointer and the upper end of the stack. The fallback cannot promise the same: see there.

// Each of the three ways is on for some systems. With `--cfg mem_profile_fallback` the last one can
// be tried where there is a better one.
#[cfg_attr(
    any(mem_profile_fallback, not(all(target_os = "linux", target_arch = "x86_64"))),
    allow(dead_code, reason = "only rules need all of it")
)]
mod modules;

#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)))]
mod parse;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)))]
mod rules;
#[cfg(all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)))]
use self::rules as step;

#[cfg(any(
    all(unix, target_arch = "aarch64"),
    all(target_vendor = "apple", target_arch = "x86_64")
))]
#[path = "frame_pointer.rs"]
mod step;

#[cfg(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
))]
mod caller;
#[cfg(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
))]
mod shortcut;
#[cfg(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
))]
mod trace;
#[cfg(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
))]
mod walk;
#[cfg(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
))]
use self::caller::{Caller, FOREIGN_REACH, Frame, Readable, Step, Word};

#[cfg(not(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
)))]
#[path = "fallback.rs"]
mod trace;
#[cfg(not(any(
    all(target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)),
    any(all(unix, target_arch = "aarch64"), all(target_vendor = "apple", target_arch = "x86_64"))
)))]
use self::trace as step;

#[cfg(all(test, target_os = "linux", target_arch = "x86_64", not(mem_profile_fallback)))]
mod tests;

pub(super) use self::modules::{
    ADDRESS, Module, all as modules, module_at, refresh as refresh_modules,
};
pub(super) use self::trace::{Trace, walk_in_full};

/// Makes room for what the walk needs, and looks at the modules that are there.
///
/// Not to be called inside the allocator.
pub(super) fn prepare() -> bool {
    modules::prepare();
    step::prepare()
}
