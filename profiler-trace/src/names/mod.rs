//! Names for addresses: functions, files and lines, and whose code they are. It reads files, and
//! never the tables of the tracer.

pub(crate) mod build_id;
pub(crate) mod progress;
#[cfg(all(windows, target_env = "msvc"))]
mod running;
#[cfg(not(all(windows, target_env = "msvc")))]
#[path = "not_running.rs"]
mod running;
#[cfg(feature = "pprof")]
pub(crate) mod segment;
pub(crate) mod stack_frame;
pub(crate) mod symbols;
mod workspaces;
