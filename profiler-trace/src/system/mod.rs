//! The tracer's requests to the operating system: address space, the bounds of stacks, modules.
//!
//! Everything here may be called from inside the allocator, unless it says otherwise.

mod page;
#[cfg(unix)]
#[path = "unix.rs"]
mod pages;
#[cfg(windows)]
#[path = "windows.rs"]
mod pages;
#[cfg(not(any(unix, windows)))]
#[path = "other.rs"]
mod pages;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod threads;
#[cfg(not(target_os = "linux"))]
#[path = "portable.rs"]
mod threads;

#[cfg(all(
    feature = "graph",
    target_os = "linux",
    target_arch = "x86_64",
    target_env = "gnu",
    target_pointer_width = "64"
))]
pub(crate) mod glibc;

pub(crate) use self::page::PAGE;
#[cfg(unix)]
#[allow(unused_imports, reason = "only our own walk asks")]
pub(crate) use self::pages::is_readable;
pub(crate) use self::pages::{is_resident, on_fork, release, reserve, wipe};
#[cfg(all(feature = "graph", target_os = "linux"))]
#[allow(unused_imports, reason = "only captures ask")]
pub(crate) use self::threads::initial_stack;
pub(crate) use self::threads::{stack_of_this_thread, thread_name};
