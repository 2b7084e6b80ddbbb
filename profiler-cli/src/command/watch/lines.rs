//! The lines of another process.

use mem_profile_monitor::{Line, lines_of};

use crate::{recording, resident};

/// The lines that hold the live blocks of a process, if it records these.
pub(super) fn lines(id: u32) -> Option<Vec<Line>> {
    let recorded = recording::load(&resident::written_by(id)?.path).ok()?;
    lines_of(&recorded.snapshot)
}
