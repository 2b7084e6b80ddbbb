//! Names for the addresses of snapshots, and that they are still looked up. It never reads the tables of the tracer.

pub(crate) mod progress;
#[cfg(feature = "pprof")]
pub(crate) mod segment;
pub(crate) mod symbols;
