//! The lines that hold the memory of the process: by the tracer where it runs, else by the lines of measured functions.

use mem_profile_runtime as runtime;
use mem_profile_trace as trace;

use crate::line::{Line, lines_of};

/// Why no line is known.
pub(super) const NO_LINES: &str = "no line is known: MEM_PROFILE_TRACE=sample names lines, or MEM_PROFILE_LIVE=on those of measured functions";

/// What each line holds; `None` where nobody knows.
pub(super) fn lines() -> Option<Vec<Line>> {
    if trace::is_tracing() {
        let lines = trace::snapshot().lines();
        return Some(lines.into_iter().map(|(frame, bytes)| of_frame(&frame, bytes)).collect());
    }
    lines_of(&runtime::snapshot())
}

fn of_frame(frame: &trace::Frame, bytes: u64) -> Line {
    let site = match frame.file.as_str() {
        "" => frame.function.clone(),
        file => format!("{file}:{}", frame.line),
    };
    Line { site, function: frame.function.clone(), bytes, grown: 0 }
}
