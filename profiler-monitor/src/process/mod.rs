//! Reads samples of a process. Only this folder knows operating systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
mod unsupported_identity;

#[cfg(target_os = "linux")]
pub(crate) use self::linux::identity::{Identity, events_of, inode};
#[cfg(target_os = "linux")]
pub use self::linux::{Reader, started_at};
#[cfg(not(target_os = "linux"))]
pub use self::unsupported::{Reader, started_at};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::unsupported_identity::{Identity, events_of, inode};
