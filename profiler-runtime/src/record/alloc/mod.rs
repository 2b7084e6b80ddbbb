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
pub(crate) mod statistics;
pub(crate) mod watch;
pub(crate) mod wrapped;
