//! The counting allocator.
//!
//! Owns what happens in `alloc`, `dealloc` and `realloc`, and who hears of it. It never knows what line is
//! current.

pub(crate) mod allocator;
pub(crate) mod allocator_noted;
pub(crate) mod allocator_resized;
pub(crate) mod borrowed;
pub(crate) mod count;
pub(crate) mod failing;
pub(crate) mod noting;
pub(crate) mod quiet;
pub mod sampling;
pub(crate) mod statistics;
#[cfg(all(
    feature = "usdt",
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "x86_64"),
    target_pointer_width = "64"
))]
pub(crate) mod usdt;
#[cfg(not(all(
    feature = "usdt",
    target_os = "linux",
    any(target_arch = "aarch64", target_arch = "x86_64"),
    target_pointer_width = "64"
)))]
#[path = "usdt_off.rs"]
pub(crate) mod usdt;
pub(crate) mod watch;
pub(crate) mod wrapped;
