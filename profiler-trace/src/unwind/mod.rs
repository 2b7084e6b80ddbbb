//! The unwinder: finds the return addresses on the stack, as a node of the tree of stacks.
//!
//! | folder or file | what it holds |
//! |---|---|
//! | `walk` | the walk that is our own: what did not change is not walked again |
//! | `fallback` | in its place for systems that it does not know: the crate `backtrace` |
//! | `module`, `modules` | which library an address belongs to |
//! | `recursion` | the nodes of stacks: those of recursive programs are folded |
//! | `functions` | where the functions of addresses begin |
//! | `entry` | what the linker put beside the code at an address |
//!
//! Nothing here allocates, locks or waits. A word is read only between the stack pointer and the upper
//! end of the thread's own stack, or after the system has read it. The fallback cannot promise the
//! same: see there.

#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "loaders are not asked"))]
mod module;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "loaders are not asked"))]
mod modules;

#[cfg(target_os = "linux")]
mod entry;
mod functions;
mod recursion;

// With `--cfg mem_profile_fallback` the fallback can be tried where there is a better one.
#[cfg(all(
    not(mem_profile_fallback),
    any(
        all(target_os = "linux", target_arch = "x86_64"),
        all(unix, target_arch = "aarch64"),
        all(target_vendor = "apple", target_arch = "x86_64")
    )
))]
mod walk;
#[cfg(not(all(
    not(mem_profile_fallback),
    any(
        all(target_os = "linux", target_arch = "x86_64"),
        all(unix, target_arch = "aarch64"),
        all(target_vendor = "apple", target_arch = "x86_64")
    )
)))]
#[path = "fallback.rs"]
mod walk;

pub(crate) use self::functions::function_at;
pub(crate) use self::module::Module;
pub(crate) use self::modules::{ADDRESS, all as modules, module_at, refresh as refresh_modules};
pub(crate) use self::recursion::fold_above;
pub(crate) use self::walk::{Unwinder, walk_in_full};

/// Makes room for what the walk needs, and looks at the modules that are there.
///
/// Not to be called inside the allocator.
pub(crate) fn prepare() -> bool {
    modules::prepare();
    functions::prepare() && walk::prepare()
}
