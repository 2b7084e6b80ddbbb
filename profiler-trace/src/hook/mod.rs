//! What the allocator calls for a block that comes or goes, and what a thread needs for that. It
//! never allocates, locks, panics, formats or waits, and never looks at another thread's state.

pub(crate) mod next_hit;
pub(crate) mod thread_state;
pub(crate) mod watcher;
