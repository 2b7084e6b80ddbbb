//! The lines that hold the memory of the process: by the tracer where it runs, else by the lines of measured functions.

use mem_profile_format::Snapshot;
use mem_profile_runtime as runtime;
use mem_profile_trace as trace;

use crate::line::Line;

/// Why no line is known.
pub(super) const NO_LINES: &str = "no line is known: MEM_PROFILE_TRACE=sample names lines, or MEM_PROFILE_LIVE=on those of measured functions";

/// What each line holds; `None` where nobody knows.
pub(super) fn lines() -> Option<Vec<Line>> {
    if trace::is_tracing() {
        let lines = trace::snapshot().lines();
        return Some(lines.into_iter().map(|(frame, bytes)| of_frame(&frame, bytes)).collect());
    }
    of_tables(&runtime::snapshot())
}

fn of_frame(frame: &trace::Frame, bytes: u64) -> Line {
    let site = match frame.file.as_str() {
        "" => frame.function.clone(),
        file => format!("{file}:{}", frame.line),
    };
    Line { site, function: frame.function.clone(), bytes, grown: 0 }
}

/// Each block is on one path, so the bytes of paths may be added up.
fn of_tables(snapshot: &Snapshot) -> Option<Vec<Line>> {
    let paths = snapshot.paths.as_ref()?;
    let mut lines: Vec<Line> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for path in &paths.all {
        let function = snapshot.functions.get(path.function)?;
        let index = *known.entry((path.function, path.line)).or_insert(lines.len());
        match lines.get_mut(index) {
            Some(line) => line.bytes += path.own.live,
            None => lines.push(Line {
                site: format!("{}:{}", function.file, path.line),
                function: function.name.clone(),
                bytes: path.own.live,
                grown: 0,
            }),
        }
    }
    let outside = |name: &str, bytes| Line { site: name.to_owned(), bytes, ..Line::default() };
    lines.push(outside("outside of measured functions", paths.outside.live));
    lines.push(outside("not attributed to a line", paths.unattributed.live));
    Some(lines)
}
