//! The text below all tables: how much was measured, and the limits of the figures.

use crate::snapshot::{Backend, FunctionSnapshot, Snapshot};

/// The extent of the figures in one line: `mem-profile: 3 functions, 42 lines ran, heap`.
#[must_use]
pub fn extent(snapshot: &Snapshot) -> String {
    let functions = snapshot.functions.len();
    let ran = |function: &FunctionSnapshot| function.body_lines().filter(|line| line.ran()).count();
    let lines = snapshot.functions.iter().map(ran).sum::<usize>();
    let plural = |count| if count == 1 { "" } else { "s" };
    format!(
        "mem-profile: {functions} function{}, {lines} line{} ran, {}",
        plural(functions),
        plural(lines),
        snapshot.backend.name(),
    )
}

/// The limits of the backend, the meaning of the columns, and the notes of the snapshot.
pub(super) fn footnotes(snapshot: &Snapshot) -> impl Iterator<Item = &str> {
    let columns = snapshot.paths.is_some().then_some(
        "At peak and Live are bytes that the line itself allocated; the other columns include what it called",
    );
    let notes = snapshot.notes.iter().map(String::as_str);
    std::iter::once(footnote(snapshot.backend)).chain(columns).chain(notes)
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
