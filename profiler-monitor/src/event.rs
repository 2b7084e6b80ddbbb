//! An alarm, and who is to blame.

use std::fmt;
use std::path::PathBuf;

use mem_profile_format::report::{Unit, printable, printable_line};

use crate::guard::{Alarm, Cause, Level};
use crate::line::Line;
use crate::sample::Sample;

/// An alarm, and who is to blame.
///
/// Prints as one line, and one more for each line of the program that it names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The process: its name and number, `web (4711)`.
    pub process: String,
    /// What happened.
    pub alarm: Alarm,
    /// Lines of the program: those that have grown most since the last warning, and those that hold most.
    pub lines: Vec<Line>,
    /// Why there are no lines, and what would name them.
    pub no_lines: Option<&'static str>,
    /// What the resident set is made of, in one line.
    pub account: Option<String>,
    /// The snapshot that was saved.
    pub snapshot: Option<PathBuf>,
}

impl Event {
    /// Of a process of which no more is known.
    #[must_use]
    pub fn new(process: String, alarm: Alarm) -> Self {
        Self { process, alarm, lines: Vec::new(), no_lines: None, account: None, snapshot: None }
    }

    /// How bad it is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.alarm.level
    }
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let process = printable_line(&self.process);
        write!(formatter, "{}: {process}: ", self.alarm.level.name())?;
        write_cause(formatter, &self.alarm)?;
        for line in &self.lines {
            let (grown, bytes) = (signed(line.grown), size(line.bytes));
            let site = printable_line(&line.site);
            write!(formatter, "\n  {site}")?;
            if !line.function.is_empty() && line.function != line.site {
                write!(formatter, " {}", printable_line(&line.function))?;
            }
            write!(formatter, " {grown}, holds {bytes}")?;
        }
        if let Some(reason) = self.no_lines {
            write!(formatter, "\n  {reason}")?;
        }
        if let Some(account) = &self.account {
            write!(formatter, "\n  {}", printable_line(account))?;
        }
        if let Some(snapshot) = &self.snapshot {
            let path = snapshot.to_string_lossy();
            write!(formatter, "\n  snapshot: {}", printable(&path))?;
        }
        Ok(())
    }
}

fn write_cause(formatter: &mut fmt::Formatter<'_>, alarm: &Alarm) -> fmt::Result {
    let sample = &alarm.sample;
    match alarm.cause {
        Cause::Above { used, threshold } => {
            let resident = used == sample.resident;
            let what = if resident { "resident set" } else { "memory of the control group" };
            write!(formatter, "{what} {}, above {}", size(used), size(threshold))?;
        }
        Cause::Growth { per_minute, window } => {
            let minutes = window.as_secs_f64() / 60.0;
            write!(formatter, "resident set {}, grows ", size(sample.resident))?;
            write!(formatter, "{} a minute for {minutes:.0} min", size(per_minute))?;
        }
        Cause::Pressure { percent } => {
            write!(formatter, "tasks wait for memory {percent:.0} % of the time, ")?;
            write!(formatter, "resident set {}", size(sample.resident))?;
        }
        Cause::Killed { processes } => {
            let plural = if processes == 1 { "process" } else { "processes" };
            write!(formatter, "the system ended {processes} {plural} of the control group, ")?;
            write!(formatter, "resident set {}", size(sample.resident))?;
        }
    }
    write_limit(formatter, sample)
}

fn write_limit(formatter: &mut fmt::Formatter<'_>, sample: &Sample) -> fmt::Result {
    let Some(limit) = sample.limit else { return Ok(()) };
    write!(formatter, ", limit {} ({})", size(limit.bytes), limit.kind)
}

fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

fn signed(bytes: i64) -> String {
    let sign = if bytes < 0 { "" } else { "+" };
    format!("{sign}{}", Unit::Auto.format(bytes.into(), 1))
}
