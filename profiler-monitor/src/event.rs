//! An alarm, and who is to blame.

use std::fmt;
use std::path::PathBuf;

use mem_profile_format::report::{Unit, printable_line};

use crate::child::Child;
use crate::guard::{Alarm, Cause, Level};
use crate::limit::LimitKind;
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
    /// The processes below it, the largest first, each with its own resident set, which is not in that of the process.
    pub children: Vec<Child>,
    /// The snapshot that was saved.
    pub snapshot: Option<PathBuf>,
}

impl Event {
    /// Of a process of which no more is known.
    #[must_use]
    pub fn new(process: String, alarm: Alarm) -> Self {
        Self {
            process,
            alarm,
            lines: Vec::new(),
            no_lines: None,
            account: None,
            children: Vec::new(),
            snapshot: None,
        }
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
        write_children(formatter, &self.children)?;
        if let Some(snapshot) = &self.snapshot {
            let path = snapshot.to_string_lossy();
            write!(formatter, "\n  snapshot: {}", printable_line(&path))?;
        }
        Ok(())
    }
}

/// Child processes that are named.
const CHILDREN: usize = 5;

/// Each by itself: their figures share pages, and have no sum.
fn write_children(formatter: &mut fmt::Formatter<'_>, children: &[Child]) -> fmt::Result {
    for child in children.iter().take(CHILDREN) {
        let name = child.to_string();
        let (name, resident) = (printable_line(&name), size(child.resident));
        write!(formatter, "\n  child process {name}: resident set {resident}")?;
    }
    match children.len().saturating_sub(CHILDREN) {
        0 => Ok(()),
        1 => formatter.write_str("\n  and a smaller child process"),
        more => write!(formatter, "\n  and {more} smaller child processes"),
    }
}

fn write_cause(formatter: &mut fmt::Formatter<'_>, alarm: &Alarm) -> fmt::Result {
    let sample = &alarm.sample;
    match alarm.cause {
        Cause::Above { used, threshold } => {
            let what = match sample.limit.map(|limit| limit.kind) {
                _ if used == sample.resident => "resident set",
                Some(LimitKind::AddressSpace) => "address space",
                _ => "memory of the control group",
            };
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limit::Limit;
    use crate::sample::Group;

    const MIB: u64 = 1 << 20;

    fn event(level: Level, cause: Cause) -> Event {
        let sample = Sample {
            resident: 510 * MIB,
            limit: Some(Limit { bytes: 1 << 30, kind: LimitKind::GroupMax }),
            group: Some(Group { working_set: 900 * MIB, ..Group::default() }),
            ..Sample::default()
        };
        Event::new("web (4711)".to_owned(), Alarm { level, cause, sample })
    }

    #[test]
    fn a_warning_names_lines_account_and_snapshot_and_no_text_breaks_out() {
        let above = Cause::Above { used: 510 * MIB, threshold: 500 * MIB };
        let line = |site: &str, function: &str, bytes, grown| Line {
            site: site.to_owned(),
            function: function.to_owned(),
            bytes,
            grown,
        };
        let event = Event {
            lines: vec![
                line("src/cache.rs:42", "web::cache::put", 400 * MIB, (300 * MIB) as i64),
                line("a\x1b[2J\nmem-profile: b", "", 7, -3),
            ],
            account: Some("resident set 510.0 MiB: live blocks 402.0 MiB".to_owned()),
            children: vec![child(4712, 300), child(4714, 3)],
            snapshot: Some("/var/lib/\nweb.mtrace".into()),
            ..event(Level::Warning, above)
        };
        let expected = "\
warning: web (4711): resident set 510.0 MiB, above 500.0 MiB, limit 1.0 GiB (memory.max)
  src/cache.rs:42 web::cache::put +300.0 MiB, holds 400.0 MiB
  a\\u{1b}[2J\\u{a}mem-profile: b -3 B, holds 7 B
  resident set 510.0 MiB: live blocks 402.0 MiB
  child process f\\u{a}f (4712): resident set 300.0 MiB
  child process f\\u{a}f (4714): resident set 3.0 MiB
  snapshot: /var/lib/\\u{a}web.mtrace";
        assert_eq!(event.to_string(), expected);
    }

    fn child(id: u32, mebibytes: u64) -> Child {
        Child { id, name: "f\nf".to_owned(), resident: mebibytes * MIB }
    }

    #[test]
    fn many_child_processes_are_counted_and_not_added_up() {
        let above = Cause::Above { used: 510 * MIB, threshold: 500 * MIB };
        let last_line = |count: u32| {
            let children = (0..count).map(|id| child(id, 1)).collect();
            let text = Event { children, ..event(Level::Warning, above) }.to_string();
            (text.lines().count(), text.lines().last().unwrap_or_default().to_owned())
        };
        let fifth = "  child process f\\u{a}f (4): resident set 1.0 MiB";
        assert_eq!(last_line(5), (6, fifth.to_owned()));
        assert_eq!(last_line(6), (7, "  and a smaller child process".to_owned()));
        assert_eq!(last_line(30), (7, "  and 25 smaller child processes".to_owned()));
    }

    #[test]
    fn each_cause_is_a_sentence() {
        let window = Duration::from_secs(1200);
        let texts = [
            (Level::Critical, Cause::Above { used: 900 * MIB, threshold: 819 * MIB }),
            (Level::Warning, Cause::Growth { per_minute: 3 * MIB, window }),
            (Level::Warning, Cause::Pressure { percent: 41.5 }),
            (Level::Critical, Cause::Killed { processes: 2 }),
            (Level::Critical, Cause::Killed { processes: 1 }),
        ]
        .map(|(level, cause)| event(level, cause).to_string());
        let limit = ", limit 1.0 GiB (memory.max)";
        let expected = [
            "critical: web (4711): memory of the control group 900.0 MiB, above 819.0 MiB",
            "warning: web (4711): resident set 510.0 MiB, grows 3.0 MiB a minute for 20 min",
            "warning: web (4711): tasks wait for memory 42 % of the time, resident set 510.0 MiB",
            "critical: web (4711): the system ended 2 processes of the control group, resident set 510.0 MiB",
            "critical: web (4711): the system ended 1 process of the control group, resident set 510.0 MiB",
        ];
        assert_eq!(texts, expected.map(|text| format!("{text}{limit}")));
    }
}
