//! The work of the monitor's thread.

use std::ffi::CStr;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mem_profile_runtime::internal::{Quiet, Work};

use crate::event::Event;
use crate::guard::{Alarm, Guard, Level};

use crate::monitor::counts;
use crate::monitor::flight::Flight;
use crate::monitor::program::Program;
use crate::monitor::settings::{Callback, Settings};
use crate::monitor::sink;
use crate::process::Reader;
use crate::sample::Sample;
use crate::schedule::Schedule;

/// Time between two samples with a flight recorder, at most: memory may fill up in seconds.
const RECORDED: Duration = Duration::from_secs(1);

/// What a monitor knows by its last sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Latest {
    /// The last sample.
    pub sample: Option<Sample>,
    /// Warnings so far.
    pub warnings: u64,
    /// Critical events so far.
    pub criticals: u64,
}

/// What the thread and its handle share.
pub(super) struct Watcher {
    interval: Duration,
    log: bool,
    /// The thread holds it, but while it waits.
    work: Mutex<Ticks>,
    on_event: Mutex<Option<Callback>>,
    latest: Mutex<Latest>,
    is_stopping: Mutex<bool>,
    wake: Condvar,
}

impl std::fmt::Debug for Watcher {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Watcher").field("interval", &self.interval).finish_non_exhaustive()
    }
}

/// One sample after the other, each looked at.
struct Ticks {
    reader: Reader,
    guard: Guard,
    program: Program,
    flight: Option<Flight>,
    has_failed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watcher {
    /// Reads once, so that whoever starts a monitor learns if that cannot be.
    pub(super) fn new(settings: Settings) -> io::Result<Self> {
        let _quiet = Quiet::enter();
        let mut reader = Reader::of_self();
        let first = reader.read(Duration::ZERO)?;
        let folder = settings.record_dir.as_deref();
        let flight = folder.and_then(|it| Flight::begin(it, reader.group_folder(), &first));
        let interval = match flight {
            Some(_) => settings.interval.min(RECORDED),
            None => settings.interval,
        };
        let guard = Guard::new(settings.rules, interval);
        let program = Program::new(&settings, interval);
        let work = Ticks { reader, guard, program, flight, has_failed: false };
        Ok(Self {
            interval,
            log: settings.log,
            work: Mutex::new(work),
            on_event: Mutex::new(settings.on_event),
            latest: Mutex::default(),
            is_stopping: Mutex::default(),
            wake: Condvar::new(),
        })
    }

    pub(super) fn latest(&self) -> Latest {
        *lock(&self.latest)
    }

    /// Has the thread end, at once if it waits.
    pub(super) fn stop(&self) {
        *lock(&self.is_stopping) = true;
        self.wake.notify_all();
    }

    fn watch(&self) {
        let begin = Instant::now();
        let mut schedule = Schedule::new(self.interval, Duration::ZERO);
        loop {
            self.tick(begin.elapsed());
            loop {
                let wait = schedule.wait(begin.elapsed());
                if wait.is_zero() {
                    break;
                }
                let waiting =
                    self.wake.wait_timeout_while(lock(&self.is_stopping), wait, |is| !*is);
                if *waiting.unwrap_or_else(PoisonError::into_inner).0 {
                    return;
                }
            }
        }
    }

    /// Takes a sample, and says what is new.
    fn tick(&self, at: Duration) {
        let events = {
            let _quiet = Quiet::enter();
            let mut work = lock(&self.work);
            let Some(sample) = work.sample(at) else { return };
            let alarm = work.guard.look(&sample);
            lock(&self.latest).sample = Some(sample);
            // Before names are looked up, which takes memory.
            work.record(&sample, alarm);
            work.events(at, alarm)
        };
        for event in &events {
            self.count(event.level());
            self.deliver(event);
        }
        let _quiet = Quiet::enter();
        drop(events);
    }

    fn count(&self, level: Level) {
        counts::count(level);
        let mut latest = lock(&self.latest);
        match level {
            Level::Warning => latest.warnings += 1,
            Level::Critical => latest.criticals += 1,
        }
    }

    /// Not quiet: what a logger or the program allocates here, it may free elsewhere.
    fn deliver(&self, event: &Event) {
        if self.log {
            sink::write(event);
        }
        let mut on_event = lock(&self.on_event);
        let Some(callback) = &mut *on_event else { return };
        if catch_unwind(AssertUnwindSafe(|| callback(event))).is_err() {
            sink::warn("the callback of the monitor has panicked, and is not called again");
            *on_event = None;
        }
    }
}

impl Ticks {
    fn record(&mut self, sample: &Sample, alarm: Option<Alarm>) {
        let is_critical = alarm.is_some_and(|alarm| alarm.level == Level::Critical);
        let group = self.reader.group_folder();
        self.flight.take_if(|flight| !flight.tick(sample, is_critical, group));
    }

    /// Of this process, and of those below it.
    fn events(&mut self, at: Duration, alarm: Option<Alarm>) -> Vec<Event> {
        let of_children = self.program.child_events(at, self.reader.group_folder());
        let own = alarm.map(|alarm| self.program.event(alarm));
        own.into_iter().chain(of_children).collect()
    }

    /// A failure is said once.
    fn sample(&mut self, at: Duration) -> Option<Sample> {
        let read = self.reader.read(at);
        match read {
            Ok(sample) => Some(self.program.with_own_figures(sample)),
            Err(error) => {
                if !std::mem::replace(&mut self.has_failed, true) {
                    let text = "the monitor cannot read the memory of the process";
                    sink::warn(&format!("{text}: {error}"));
                }
                None
            }
        }
    }
}

impl Work for Watcher {
    const NAME: &'static CStr = c"mem-monitor";

    fn run(self: Arc<Self>) {
        if catch_unwind(AssertUnwindSafe(|| self.watch())).is_err() {
            sink::warn("the monitor has panicked, and ends");
        }
        // It is the program's own, and counts.
        drop(lock(&self.on_event).take());
        let _quiet = Quiet::enter();
        drop(self);
    }
}
