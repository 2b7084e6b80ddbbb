//! Warnings.

use mem_profile_format::report::printable;

use crate::process::{self, Stream};

/// Puts one line on standard error, or nowhere if that is gone.
pub fn warn(line: &str) {
    let _ = process::write_all_raw(Stream::Stderr, format!("{}\n", printable(line)).as_bytes());
}
