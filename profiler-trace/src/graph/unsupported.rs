//! No capture on this system.

use std::path::Path;

use crate::graph::config::{Captured, Config};
use crate::graph::error::CaptureError;

pub(super) fn capture(_config: &Config, _path: &Path) -> Result<Captured, CaptureError> {
    Err(CaptureError::Unsupported)
}
