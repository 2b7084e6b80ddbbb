//! The functions that the allocator calls for each block, and the state of a thread for them. This room
//! never allocates, locks, panics, formats or waits, and never looks at another thread's state.

pub(crate) mod next_hit;
pub(crate) mod thread_state;
pub(crate) mod watcher;
