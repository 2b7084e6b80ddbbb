//! What the process knows of itself: the lines that hold its memory, and what its resident set is made of.

use mem_profile_format::report::Unit;
use mem_profile_runtime::internal;

use crate::event::Event;
use crate::guard::Alarm;
use crate::line::{Line, top_lines};
use crate::monitor::lines::{NO_LINES, lines};

/// Lines that an event names.
const LINES: usize = 5;
/// Classes of the account that an event names.
const CLASSES: usize = 4;

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

    /// Bytes of live blocks, if they are counted.
    pub(super) fn live_bytes(&self) -> Option<u64> {
        self.is_counted.then(internal::live_bytes)
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
        event.account = account();
        event
    }
}

/// What the resident set is made of: its largest classes, and the rest.
fn account() -> Option<String> {
    let account = mem_profile_runtime::account().ok()?;
    let size = |bytes: u64| Unit::Auto.format(bytes.into(), 1);
    let mut classes: Vec<_> = account.classes.iter().filter(|class| class.bytes > 0).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.bytes));
    let (largest, others) = classes.split_at(classes.len().min(CLASSES));
    let part = |name: &str, bytes| format!("{name} {}", size(bytes));
    let mut parts: Vec<_> =
        largest.iter().map(|class| part(class.kind.name(), class.bytes)).collect();
    let rest: u64 = others.iter().map(|class| class.bytes).sum();
    if rest > 0 {
        parts.push(part("else", rest));
    }
    Some(format!("resident set {}: {}", size(account.resident), parts.join(", ")))
}
