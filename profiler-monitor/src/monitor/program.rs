//! What the process knows of itself: the lines that hold its memory, what its resident set is made of, and the processes
//! below it.

use std::path::Path;
use std::time::Duration;

use mem_profile_account::{Account, Facts, process};
use std::cell::Cell;

use mem_profile_runtime::internal;
use mem_profile_trace::live;

use crate::child::{Child, Children, children_of};
use crate::event::Event;
use crate::guard::Alarm;
use crate::line::{Line, top_lines};
use crate::monitor::lines::{Holders, NO_LINES};
use crate::monitor::settings::Settings;
use crate::monitor::snapshots::Snapshots;
use crate::sample::Sample;

/// Lines that an event names.
const LINES: usize = 5;

/// The tracer's tables are counted again when the resident set has changed by so many bytes.
const RECOUNT: u64 = 8 << 20;

/// The own process.
pub(super) struct Program {
    name: String,
    is_counted: bool,
    /// The tracer's tables, and the resident set when they were counted.
    tables: Cell<(u64, u64)>,
    /// The lines of the last warning.
    lines: Vec<Line>,
    snapshots: Option<Snapshots>,
    /// Those below, where they are watched too.
    children: Option<Children>,
}

impl Program {
    /// For samples in this interval.
    pub(super) fn new(settings: &Settings, interval: Duration) -> Self {
        let path = std::env::current_exe().unwrap_or_default();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let children = || Children::of(internal::id(), settings.rules, interval);
        Self {
            snapshots: settings.snapshot_dir.clone().map(|folder| Snapshots::new(folder, &name)),
            children: settings.children.then(children),
            name: format!("{name} ({})", internal::id()),
            is_counted: internal::allocations_are_counted(),
            tables: Cell::default(),
            lines: Vec::new(),
        }
    }

    /// With what only the process itself knows: bytes of live blocks, if they are counted, and the profiler's memory.
    pub(super) fn with_own_figures(&self, sample: Sample) -> Sample {
        let live = self.is_counted.then(internal::live_bytes);
        match internal::brief() {
            Some(brief) => Sample {
                live,
                files: sample.files.and(Some(brief.files)),
                profiler: Some(brief.profiler + self.table_bytes(brief.resident)),
                ..sample
            },
            None => Sample { live, ..sample },
        }
    }

    /// Counted again when the resident set has changed, since that takes longer than all else.
    fn table_bytes(&self, resident: u64) -> u64 {
        let (known, before) = self.tables.get();
        if resident.abs_diff(before) < RECOUNT {
            return known;
        }
        let bytes = live::table_bytes();
        self.tables.set((bytes, resident));
        bytes
    }

    /// The event of an alarm, with the lines that are to blame.
    pub(super) fn event(&mut self, alarm: Alarm) -> Event {
        let mut event = Event::new(self.name.clone(), alarm);
        let holders = Holders::take();
        match holders.lines() {
            Some(lines) => {
                event.lines = top_lines(lines.clone(), &self.lines, LINES);
                event.snapshot = self.snapshots.as_mut().and_then(|to| to.save(&holders));
                self.lines = lines;
            }
            None => event.no_lines = Some(NO_LINES),
        }
        event.account = mem_profile_runtime::account().ok().map(|account| account.line());
        event.children = match &self.children {
            Some(children) => children.list(),
            None => children_of(internal::id()),
        };
        event
    }

    /// What is new with the processes below this one, which is in this control group.
    pub(super) fn child_events(&mut self, at: Duration, group: Option<&Path>) -> Vec<Event> {
        let alarms = self.children.as_mut().map(|children| children.look(at, group));
        let event = |(child, alarm): (Child, Alarm)| {
            let account = process::read(child.id)
                .ok()
                .map(|reading| Account::new(&reading.mappings, Facts::default()).line());
            let process = format!("{child}, a child of {}", self.name);
            Event { account, ..Event::new(process, alarm) }
        };
        alarms.into_iter().flatten().map(event).collect()
    }
}
