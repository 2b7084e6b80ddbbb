//! Where the tracer keeps its figures: the tree of stacks, the counters of each thread and site, the
//! map from block to site, and the highest mark. All of it lies in address space that is reserved
//! once. It never walks a stack, never knows a name, and nothing here allocates, locks or waits.

pub(crate) mod counters;
pub(crate) mod mapped_array;
pub(crate) mod peak;
pub(crate) mod sample;
pub(crate) mod shadow;
pub(crate) mod tree;
