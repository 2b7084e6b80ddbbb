//! A frame as graphs show it.

use std::fmt::Write;

use mem_profile_names::Frame;

/// `function (file:line)`, as flame graphs and DHAT show a frame.
pub(super) fn label(frame: &Frame) -> String {
    let mut label = frame.function.clone();
    if !frame.file.is_empty() {
        // Writing to a string cannot fail.
        let _ = write!(label, " ({}:{})", frame.file, frame.line);
    }
    label
}
