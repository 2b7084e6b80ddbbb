//! Starting and stopping, and the tables as plain data. It never runs inside the allocator, and
//! never looks up a name.

pub(crate) mod collect;
pub(crate) mod config;
pub(crate) mod control;
pub(crate) mod own_frames;
