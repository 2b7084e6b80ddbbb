//! No capture on this system.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::graph::config::{Captured, Config};
use crate::graph::error::CaptureError;

pub(super) fn capture(_config: &Config, _path: &Path) -> Result<Captured, CaptureError> {
    Err(CaptureError::Unsupported)
}

/// Why the heap is to be captured; never happens here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "nobody asks here")]
pub(crate) enum Occasion {
    Signal,
    Time,
}

pub(crate) fn listen(_after: Option<Duration>, _work: fn(Occasion)) -> io::Result<()> {
    Err(io::Error::other(CaptureError::Unsupported))
}

pub(super) fn track(_address: usize, _label: &str) -> bool {
    false
}
