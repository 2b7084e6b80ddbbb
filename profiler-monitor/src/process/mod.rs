//! Reads samples of a process. Only this folder knows operating systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
mod unsupported_identity;

#[cfg(target_os = "linux")]
pub use self::linux::Reader;
#[cfg(target_os = "linux")]
pub(crate) use self::linux::all::{all, resident};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::identity::{Identity, events_of, inode};
#[cfg(not(target_os = "linux"))]
pub use self::unsupported::Reader;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::unsupported::{all, resident};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::unsupported_identity::{Identity, events_of, inode};

/// A process, with what tells it from later ones of the same number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessStat {
    pub(crate) id: u32,
    pub(crate) parent: u32,
    pub(crate) start: u64,
}
