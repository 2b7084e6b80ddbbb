//! Reads samples of a process. Only this folder knows operating systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
pub use self::linux::{Reader, started_at};
#[cfg(not(target_os = "linux"))]
pub use self::unsupported::{Reader, started_at};
