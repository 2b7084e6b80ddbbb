//! The text below all tables: the figures of the whole, and their limits.

use super::style::Style;
use crate::snapshot::{Backend, FunctionSnapshot, Snapshot};

/// The meaning of the numbers in one line: `mem-profile: 3 functions, 42 lines ran, heap: …`.
#[must_use]
pub fn summary(snapshot: &Snapshot, style: &Style) -> String {
    let functions = snapshot.functions.len();
    let ran = |function: &FunctionSnapshot| function.body_lines().filter(|line| line.ran()).count();
    let lines = snapshot.functions.iter().map(ran).sum::<usize>();
    let plural = |count| if count == 1 { "" } else { "s" };
    let mut text = format!(
        "mem-profile: {functions} function{}, {lines} line{} ran, {}",
        plural(functions),
        plural(lines),
        snapshot.backend.name(),
    );
    if let (Some(bytes), Some(state)) = (snapshot.process_bytes, state(snapshot.backend)) {
        // An overview needs fewer digits than a table.
        let size = style.unit.format(bytes.into(), style.precision.min(2));
        text.push_str(&format!(": {size} {state} when reported"));
    }
    text
}

fn state(backend: Backend) -> Option<&'static str> {
    match backend {
        Backend::Rss => Some("resident"),
        Backend::Heap => Some("live"),
        Backend::Off => None,
    }
}

/// The limits of the backend, and the notes of the snapshot.
pub(super) fn footnotes(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let notes = snapshot.notes.iter().map(String::as_str);
    std::iter::once(footnote(snapshot.backend)).chain(notes)
}

/// The limits of the backend.
#[must_use]
pub fn footnote(backend: Backend) -> &'static str {
    match backend {
        Backend::Rss => {
            "rss counts resident pages of the whole process, all threads; file fault-around moves \
             it by 16 to 48 pages"
        }
        Backend::Heap => {
            "heap counts what goes through the Rust allocator; memory taken by C libraries is not \
             seen"
        }
        Backend::Off => "nothing was measured: the profiler is switched off",
    }
}
