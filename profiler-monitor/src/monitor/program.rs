//! What the process knows of itself: the lines that hold its memory, and what its resident set is made of.

use mem_profile_runtime::internal;

use crate::event::Event;
use crate::guard::Alarm;
use crate::line::{Line, top_lines};
use crate::monitor::lines::{NO_LINES, lines};
use crate::sample::Sample;

/// Lines that an event names.
const LINES: usize = 5;

/// The own process.
pub(super) struct Program {
    name: String,
    is_counted: bool,
    /// The lines of the last warning.
    lines: Vec<Line>,
}

impl Program {
    pub(super) fn new() -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{name} ({})", internal::id());
        Self { name, is_counted: internal::allocations_are_counted(), lines: Vec::new() }
    }

    /// With what only the process itself knows: bytes of live blocks, if they are counted, and the profiler's memory.
    pub(super) fn with_own_figures(&self, sample: Sample) -> Sample {
        let live = self.is_counted.then(internal::live_bytes);
        match internal::brief() {
            Some(brief) => Sample {
                live,
                files: sample.files.and(Some(brief.files)),
                profiler: Some(brief.profiler),
                ..sample
            },
            None => Sample { live, ..sample },
        }
    }

    /// The event of an alarm, with the lines that are to blame.
    pub(super) fn event(&mut self, alarm: Alarm) -> Event {
        let mut event = Event::new(self.name.clone(), alarm);
        match lines() {
            Some(lines) => {
                event.lines = top_lines(lines.clone(), &self.lines, LINES);
                self.lines = lines;
            }
            None => event.no_lines = Some(NO_LINES),
        }
        event.account = mem_profile_runtime::account().ok().map(|account| account.line());
        event
    }
}
