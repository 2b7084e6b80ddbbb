//! Systems on which memory is not made part of a file.

use std::io;
use std::path::Path;
use std::ptr::NonNull;

/// A file that memory is part of; there is none here.
#[derive(Debug)]
pub(crate) enum Backing {}

/// A piece of the file.
pub(crate) struct Piece {
    pub(crate) start: NonNull<u8>,
    pub(crate) end: u64,
}

impl Backing {
    /// # Errors
    /// Always `Unsupported`.
    pub(crate) fn create(_path: &Path) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn extend(&self, _bytes: usize) -> Result<Piece, i32> {
        match *self {}
    }

    /// # Safety
    /// Nobody can call this.
    pub(crate) unsafe fn adopt(&self, _start: NonNull<u8>, _bytes: usize) -> Result<Piece, i32> {
        match *self {}
    }
}

/// # Safety
/// Does nothing.
pub(crate) unsafe fn unmap(_start: NonNull<u8>, _bytes: usize) {}

/// # Safety
/// Does nothing.
pub(crate) unsafe fn replace(_target: NonNull<u8>, _source: NonNull<u8>, _bytes: usize) -> bool {
    false
}

pub(crate) fn on_fork(
    _before: unsafe extern "C" fn(),
    _parent: unsafe extern "C" fn(),
    _child: unsafe extern "C" fn(),
) -> bool {
    false
}

pub(crate) fn is_alone(_ours: usize) -> bool {
    false
}
