//! The last run as text.

use std::time::Duration;

use mem_profile_format::Division;
use mem_profile_format::report::{Unit, printable_line};

use super::last_run::{End, LastRun};
use crate::line::Line;
use crate::sample::Sample;

/// Lines that are named.
pub(super) const LINES: usize = 10;
/// Characters of the curve.
const WIDTH: usize = 60;

pub(super) fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

impl LastRun {
    /// As text for terminals.
    #[must_use]
    pub fn text(&self) -> String {
        let program = printable_line(&self.program);
        let mut text = format!("{program} ({}) {}\n", self.process, self.verdict());
        if let Some(curve) = self.sparkline() {
            text += &format!("{curve}\n");
        }
        for sentence in self.holding() {
            text += &format!("{sentence}\n");
        }
        for line in self.lines.iter().take(LINES) {
            text += &format!("  {:>10}  {}\n", size(line.bytes), shown(line));
        }
        for note in &self.notes {
            text += &format!("note: {}\n", printable_line(note));
        }
        text
    }

    /// How it has ended, in words that follow its name.
    pub(super) fn verdict(&self) -> String {
        let seen = self.curve.last().map(in_use);
        let seen =
            |words: &str| seen.as_ref().map_or(String::new(), |it| format!(", {words} {it}"));
        match self.end {
            End::Well => format!("ended well{}", seen("with")),
            End::StillRuns => format!("still runs{}", seen("with")),
            End::OutOfMemory(count) => {
                let rose = format!("oom_kill of its control group rose by {count}");
                format!("was killed{}: {rose}", seen("last seen at"))
            }
            End::Restarted => {
                format!("ended when the system was started again{}", seen("last seen at"))
            }
            End::Unclear => format!(
                "ended without a word{}: by a signal or by itself, and not for lack of memory in its control group",
                seen("last seen at")
            ),
            End::Unknown => {
                format!("ended without a word{}: by a signal or by itself", seen("last seen at"))
            }
        }
    }

    /// What held the memory, as sentences.
    pub(super) fn holding(&self) -> Vec<String> {
        let Some(mark) = &self.mark else { return Vec::new() };
        let when = match self.curve.last().map(|last| last.at.saturating_sub(mark.at)) {
            Some(before) if before >= Duration::from_secs(1) => {
                format!("{} s before that", before.as_secs())
            }
            _ => "then".to_owned(),
        };
        let failed = self.failed.map(|bytes| {
            let asker = self
                .failed_line
                .as_ref()
                .map_or(String::new(), |line| format!(", asked for by {}", shown(line)));
            format!("there was no memory for a block of {} {when}{asker}", size(bytes))
        });
        let resident = format!("resident set {} {when}", size(mark.resident));
        let parts = parts(mark).map(|parts| {
            let parts = parts.map(|(name, bytes)| format!("{name} {}", size(bytes)));
            format!("{resident}: {}", parts.join(", "))
        });
        let parts = parts.or_else(|| {
            (self.held > 0).then(|| format!("{resident}: live blocks {}", size(self.held)))
        });
        failed.into_iter().chain([parts.unwrap_or(resident)]).collect()
    }

    /// The curve in characters, from zero to the limit, or to its highest point.
    fn sparkline(&self) -> Option<String> {
        const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let (first, last) = (self.curve.first()?, self.curve.last()?);
        let span = last.at.checked_sub(first.at).filter(|span| !span.is_zero())?;
        let top = self.top().max(1);
        let columns = columns(&self.curve, WIDTH);
        let level = |used: &u64| {
            let level = u128::from(*used) * LEVELS.len() as u128 / u128::from(top);
            LEVELS[(level as usize).min(LEVELS.len() - 1)]
        };
        let bars: String = columns.iter().map(level).collect();
        Some(format!("{bars} the last {}, up to {}", time(span), size(top)))
    }

    /// The limit where one holds of less than the machine, else the highest point of the curve.
    pub(super) fn top(&self) -> u64 {
        let highest = self.curve.iter().map(Sample::used).max().unwrap_or(0);
        let limit = self.curve.last().and_then(|last| last.limit);
        let near = limit.map(|limit| limit.bytes).filter(|&bytes| bytes / 4 <= highest);
        near.unwrap_or(0).max(highest)
    }
}

/// `src/cache.rs:42 web::put`.
fn shown(line: &Line) -> String {
    let (site, function) = (printable_line(&line.site), printable_line(&line.function));
    format!("{site} {function}").trim_end().to_owned()
}

/// `498.0 MiB of 512.0 MiB (memory.max)`.
fn in_use(sample: &Sample) -> String {
    let used = size(sample.used());
    match sample.limit {
        Some(limit) => {
            let of = size(limit.bytes);
            // The same unit is said once.
            let used = match (used.split_once(' '), of.split_once(' ')) {
                (Some((number, unit)), Some((_, other))) if unit == other => number,
                _ => &used,
            };
            format!("{used} of {of} ({})", limit.kind)
        }
        None => used,
    }
}

/// The resident set by its parts, which add up to it.
pub(super) fn parts(sample: &Sample) -> Option<[(&'static str, u64); 4]> {
    let Division { live, profiler, files, rest, .. } = sample.division()?;
    Some([
        ("live blocks at most", live),
        ("code and files", files),
        ("the profiler itself", profiler),
        ("free and other at least", rest),
    ])
}

/// The highest use in each of at most so many spans of equal time.
fn columns(curve: &[Sample], most: usize) -> Vec<u64> {
    let count = curve.len().clamp(1, most);
    let first = curve.first().map_or(Duration::ZERO, |sample| sample.at);
    let span = curve.last().map_or(Duration::ZERO, |sample| sample.at - first);
    let mut columns = vec![None; count];
    for sample in curve {
        let share = (sample.at - first).as_secs_f64() / span.as_secs_f64().max(1e-9);
        let column = ((share * count as f64) as usize).min(count - 1);
        columns[column] = columns[column].max(Some(sample.used()));
    }
    // Where none was taken, the one before holds.
    let mut before = 0;
    let filled = columns.into_iter().map(|used| {
        before = used.unwrap_or(before);
        before
    });
    filled.collect()
}

/// `250 ms`, `45 s`, `9 min`, `3.5 h`.
pub(super) fn time(span: Duration) -> String {
    match span.as_secs() {
        0..=1 => format!("{} ms", span.as_millis()),
        seconds @ 2..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::flight::Occasion;
    use crate::limit::{Limit, LimitKind};
    use crate::sample::Group;

    const MIB: u64 = 1 << 20;

    pub(in super::super) fn killed() -> LastRun {
        let sample = |second: u64, used: u64| Sample {
            at: Duration::from_secs(second),
            resident: (used - 4) * MIB,
            live: Some((used - 90) * MIB),
            files: Some(3 * MIB),
            profiler: Some(MIB),
            limit: Some(Limit { bytes: 512 * MIB, kind: LimitKind::GroupMax }),
            group: Some(Group { working_set: used * MIB, ..Group::default() }),
            ..Sample::default()
        };
        let line = |site: &str, function: &str, mib| Line {
            site: site.to_owned(),
            function: function.to_owned(),
            bytes: mib * MIB,
            grown: 0,
        };
        LastRun {
            process: 4711,
            program: "/srv/web\u{1b}[2J".to_owned(),
            began: Duration::from_secs(1_796_000_000),
            end: End::OutOfMemory(1),
            curve: (0..=400).map(|second| sample(second, 98 + second)).collect(),
            mark: Some(sample(398, 496)),
            occasion: Some(Occasion::Critical),
            failed: None,
            failed_line: None,
            lines: vec![line("src/cache.rs:42", "web::put", 380), line("<b>", "", 7)],
            held: 406 * MIB,
            notes: vec!["a\nb".to_owned()],
        }
    }

    #[test]
    fn a_killed_run_says_by_what_and_which_lines_held_it() {
        let expected = "\
/srv/web\\u{1b}[2J (4711) was killed, last seen at 498.0 of 512.0 MiB (memory.max): oom_kill of its control group rose by 1
▂▂▂▂▃▃▃▃▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▅▅▅▅▅▅▅▅▅▅▆▆▆▆▆▆▆▆▆▇▇▇▇▇▇▇▇▇▇████████ the last 6 min, up to 512.0 MiB
resident set 492.0 MiB 2 s before that: live blocks at most 406.0 MiB, code and files 3.0 MiB, the profiler itself 1.0 MiB, free and other at least 82.0 MiB
   380.0 MiB  src/cache.rs:42 web::put
     7.0 MiB  <b>
note: a\\u{a}b
";
        assert_eq!(killed().text(), expected);
    }

    #[test]
    fn each_end_has_its_words_and_a_failed_block_its_size() {
        let words = |end, curve: Vec<Sample>| LastRun { end, curve, ..killed() }.verdict();
        assert_eq!(words(End::Well, vec![]), "ended well");
        assert_eq!(words(End::Unknown, vec![]), "ended without a word: by a signal or by itself");
        let last = killed().curve.split_off(400);
        let seen = "498.0 of 512.0 MiB (memory.max)";
        assert_eq!(words(End::StillRuns, last.clone()), format!("still runs, with {seen}"));
        assert_eq!(
            words(End::Unclear, last.clone()),
            format!(
                "ended without a word, last seen at {seen}: by a signal or by itself, and not for lack of memory in \
                 its control group"
            )
        );
        let failed_line = killed().lines.into_iter().next();
        let mark = last.first().copied();
        let failed = LastRun { failed: Some(2 << 30), failed_line, mark, ..killed() };
        let expected = "there was no memory for a block of 2.0 GiB then, asked for by src/cache.rs:42 web::put";
        assert_eq!(failed.holding()[0], expected);
    }
}
