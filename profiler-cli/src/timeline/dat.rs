//! Sample files, in the `.dat` format of Python's `memory_profiler`, one line per fact:
//!
//! ```text
//! CMDLINE target/release/app input.txt
//! MEM 12.345678 1764011432.1234                   MiB, seconds since 1970
//! CHLD 4711 12.345678 1764011432.1234             the same of a child
//! FUNC app::parse 1.0000 1764011432.1234 2.0000 1764011433.1234 0 0
//! PEAK 23.456789 1764011432.1234                  an extension: the system's own peak, also of a child
//! NAME 4711 make                                  an extension: the program of a child, from here on
//! OMIT app::parse 488                             an extension: so many more calls of it have no line
//! ```
//!
//! A call has its function, memory and time of its start and end, its level and, as an extension, its
//! thread. Lines may be in any order. `mprof` skips unknown lines, so it can read these files.
//!
//! All figures of a file are of one kind: calls come from a recording, but their memory from the
//! samples around them. Blanks in names become U+00A0, since a blank ends a field. A number that was
//! cut short is still a number, so a last line without its end is skipped, with a warning.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use mem_profile_format::report::printable;

use super::model::{Child, Peak, Sample, Span, Timeline};

const MIB: f64 = 1_048_576.0;

/// Latest valid time, in seconds since 1970: about three thousand years.
const LATEST: f64 = 1e11;

/// The contents of a file.
#[derive(Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) timeline: Timeline,
    /// The fault of the file, for a message that begins with its name; `None` if it has none.
    pub(crate) fault: Option<String>,
}

/// Reads a file. Invalid lines are skipped, and counted in `fault`.
///
/// # Errors
/// If there is no valid line. The text follows the name of the file.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    let text = String::from_utf8_lossy(bytes);
    if text.trim().is_empty() {
        return Err("is empty: nothing was sampled".into());
    }
    let mut reader = Reader::default();
    // A truncated number is still a number, so the last line must be complete.
    let (whole, cut) = text.rsplit_once('\n').unwrap_or(("", &text));
    for (number, line) in (1..).zip(whole.lines()) {
        if reader.read(line).is_none() && !line.trim().is_empty() {
            reader.bad.push((number, line));
        }
    }
    let fault = reader.fault(cut);
    if !reader.knows_any {
        let start: String = text.lines().next().unwrap_or_default().chars().take(40).collect();
        return Err(format!(
            "is not a sample file as written by `exec`: it begins with `{}`",
            printable(&start)
        ));
    }
    Ok(Parsed { timeline: reader.finish(), fault })
}

#[derive(Default)]
struct Reader<'a> {
    timeline: Timeline,
    /// Index of the series of each child.
    children: HashMap<u32, usize>,
    knows_any: bool,
    bad: Vec<(usize, &'a str)>,
}

impl Reader<'_> {
    /// Reads a line; `None` if it is invalid.
    fn read(&mut self, line: &str) -> Option<()> {
        let line = line.trim_end_matches('\r');
        let (kind, rest) = line.split_once(' ')?;
        match kind {
            "CMDLINE" => self.timeline.command = Some(rest.to_owned()),
            "MEM" => self.timeline.memory.samples.push(fields(rest).sample()?),
            "CHLD" => {
                let (id, rest) = rest.split_once(' ')?;
                let sample = fields(rest).sample()?;
                self.child(id.parse().ok()?).series.samples.push(sample);
            }
            "PEAK" => {
                let mut fields = fields(rest);
                let mark = Some(Peak::of_system(fields.sample()?));
                match fields.0.next() {
                    Some(id) => self.child(id.parse().ok()?).series.mark = mark,
                    None => self.timeline.memory.mark = mark,
                }
            }
            "NAME" => {
                let (id, name) = rest.split_once(' ')?;
                self.child(id.parse().ok()?).name = Some(name.to_owned());
            }
            "FUNC" => self.timeline.spans.push(span(rest)?),
            "OMIT" => {
                let (function, calls) = rest.split_once(' ')?;
                self.timeline.omit(&unblanked(function), calls.parse().ok()?);
            }
            _ => return None,
        }
        self.knows_any = true;
        Some(())
    }

    fn child(&mut self, id: u32) -> &mut Child {
        let children = &mut self.timeline.children;
        let index = *self.children.entry(id).or_insert_with(|| {
            children.push(Child { id, ..Child::default() });
            children.len() - 1
        });
        &mut children[index]
    }

    fn fault(&self, cut: &str) -> Option<String> {
        if let [(number, line), rest @ ..] = &self.bad[..] {
            let start: String = line.chars().take(40).collect();
            let skipped = match rest.len() {
                0 => "1 line".to_owned(),
                more => format!("{} lines", more + 1),
            };
            return Some(format!(
                "line {number} is not a valid sample line: `{}` ({skipped} skipped)",
                printable(&start),
            ));
        }
        (!cut.is_empty()).then(|| "it ends in the middle of a line, which is skipped".into())
    }

    /// The result, sorted by time, since several writers may have appended to the file.
    fn finish(self) -> Timeline {
        let mut timeline = self.timeline;
        let children = timeline.children.iter_mut().map(|child| &mut child.series);
        for series in children.chain([&mut timeline.memory]) {
            series.samples.sort_by(|one, other| one.time.total_cmp(&other.time));
        }
        timeline
    }
}

struct Fields<'a>(std::str::Split<'a, char>);

fn fields(text: &str) -> Fields<'_> {
    Fields(text.split(' '))
}

impl Fields<'_> {
    /// Memory and time.
    fn sample(&mut self) -> Option<Sample> {
        let mib: f64 = self.0.next()?.parse().ok()?;
        let time: f64 = self.0.next()?.parse().ok()?;
        let is_sound = mib >= 0.0 && mib.is_finite() && time.abs() <= LATEST;
        is_sound.then(|| Sample { time, bytes: (mib * MIB).round() as u64 })
    }
}

/// The name of a function, which is one field.
fn unblanked(field: &str) -> String {
    field.replace('\u{a0}', " ")
}

fn span(text: &str) -> Option<Span> {
    let mut fields = fields(text);
    let function = unblanked(fields.0.next()?);
    let (start, end) = (fields.sample()?, fields.sample()?);
    let mut number = || fields.0.next().map_or(Some(0), |field| field.parse().ok());
    let (level, thread) = (number()?, number()?);
    (end.time >= start.time).then_some(Span { function, start, end, level, thread })
}

/// The line with the command line.
pub(crate) fn command_line(command: &str) -> String {
    format!("CMDLINE {}\n", one_line(command))
}

/// The line of a sample.
pub(crate) fn sample_line(child: Option<u32>, sample: Sample) -> String {
    let figures = figures(sample, 6);
    match child {
        Some(child) => format!("CHLD {child} {figures}\n"),
        None => format!("MEM {figures}\n"),
    }
}

/// The line of the system's own peak.
pub(crate) fn mark_line(child: Option<u32>, mark: Sample) -> String {
    let child = child.map_or_else(String::new, |child| format!(" {child}"));
    format!("PEAK {}{child}\n", figures(mark, 6))
}

/// The line with the name of a child.
pub(crate) fn name_line(child: u32, name: &str) -> String {
    format!("NAME {child} {}\n", one_line(name))
}

/// The lines of calls.
pub(crate) fn span_lines(spans: &[Span]) -> String {
    let mut text = String::new();
    for Span { function, start, end, level, thread } in spans {
        let function = one_field(function);
        let (start, end) = (figures(*start, 4), figures(*end, 4));
        let _ = writeln!(text, "FUNC {function} {start} {end} {level} {thread}");
    }
    text
}

/// The lines of functions of which not every call has one.
pub(crate) fn omitted_lines(omitted: &BTreeMap<String, Option<u64>>) -> String {
    let line = |(function, calls): (&String, &Option<u64>)| {
        calls.map(|calls| format!("OMIT {} {calls}\n", one_field(function)))
    };
    omitted.iter().filter_map(line).collect()
}

/// A blank would end the field; a no-break space looks the same.
fn one_field(name: &str) -> String {
    one_line(name).replace(' ', "\u{a0}")
}

fn figures(sample: Sample, digits: usize) -> String {
    format!("{:.digits$} {:.4}", sample.bytes as f64 / MIB, sample.time)
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Series;

    fn parsed(text: &str) -> Parsed {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn written_files_are_read_back() {
        let sample = |time, bytes| Sample { time, bytes };
        let span = Span {
            function: "<app::Store as Load>::load".into(),
            start: sample(1.25, 1 << 20),
            end: sample(2.5, 3 << 20),
            level: 2,
            thread: 7,
        };
        let text = command_line("app 'two\nlines'")
            + &sample_line(None, sample(1_764_011_432.125, 12_345_677))
            + &sample_line(Some(9), sample(1_764_011_433.0, 1))
            + &mark_line(None, sample(1_764_011_432.5, 22_345_677))
            + &mark_line(Some(9), sample(1_764_011_433.0, 4096))
            + &name_line(9, "sh")
            + &name_line(9, "my app")
            + &span_lines(std::slice::from_ref(&span))
            + &omitted_lines(&BTreeMap::from([(span.function.clone(), Some(488))]));
        let Parsed { timeline, fault } = parsed(&text);
        assert_eq!((timeline.command.as_deref(), fault), (Some("app 'two lines'"), None));
        assert_eq!(timeline.memory.samples, [sample(1_764_011_432.125, 12_345_677)]);
        let peak = |time, bytes| Some(Peak::of_system(sample(time, bytes)));
        assert_eq!(timeline.memory.mark, peak(1_764_011_432.5, 22_345_677));
        let series =
            Series { samples: vec![sample(1_764_011_433.0, 1)], mark: peak(1_764_011_433.0, 4096) };
        // The last name counts: a child has the name of its parent until it has its own program.
        assert_eq!(timeline.children, [Child { id: 9, name: Some("my app".into()), series }]);
        assert_eq!(timeline.omitted, BTreeMap::from([(span.function.clone(), Some(488))]));
        assert_eq!(timeline.spans, [span]);
    }

    #[test]
    fn files_of_python_are_read() {
        let Parsed { timeline, fault } = parsed(
            "FUNC __main__.f 10.0000 5.0000 12.0000 6.0000 0\n\
             FUNC old.g 10.0000 5.5000 12.0000 5.6000\n\
             CMDLINE /usr/bin/python3 a.py\nMEM 2.500000 7.0000\nMEM 1.000000 5.0000\n\n",
        );
        assert_eq!(fault, None);
        let bytes: Vec<_> = timeline.memory.samples.iter().map(|it| it.bytes).collect();
        assert_eq!(bytes, [1 << 20, 5 << 19], "in the order of time");
        let spans: Vec<_> = timeline.spans.iter().map(|it| it.function.as_str()).collect();
        assert_eq!(spans, ["__main__.f", "old.g"]);
    }

    #[test]
    fn valid_lines_are_kept_and_the_fault_is_named() {
        let cut = parsed("MEM 1.000000 5.0000\nMEM 123456.000000 6.0");
        assert_eq!(cut.timeline.memory.samples.len(), 1);
        insta::assert_snapshot!(cut.fault.unwrap(), @"it ends in the middle of a line, which is skipped");
        let one = parsed("MEM 1.0 5.0\nMEM x 6.0\n");
        insta::assert_snapshot!(one.fault.unwrap(), @"line 2 is not a valid sample line: `MEM x 6.0` (1 line skipped)");
        let bad = [
            "MEM",
            "MEM -1 5",
            "MEM NaN 5",
            "MEM 1 1e308",
            "CHLD x 1 5",
            "FUNC f 1 5 1 4",
            "BLUB 1 2",
            "\u{1}",
        ];
        let bad = parsed(&("MEM 1.0 5.0\n".to_owned() + &bad.join("\n") + "\nMEM 2.0 6.0\n"));
        assert_eq!(bad.timeline.memory.samples.len(), 2);
        insta::assert_snapshot!(bad.fault.unwrap(), @"line 2 is not a valid sample line: `MEM` (8 lines skipped)");
    }

    #[test]
    fn blank_and_foreign_files_are_refused() {
        let refusal = |bytes: &[u8]| parse(bytes).unwrap_err();
        insta::assert_snapshot!(refusal(b""), @"is empty: nothing was sampled");
        assert_eq!(refusal(b" \n\n"), refusal(b""));
        insta::assert_snapshot!(refusal(b"\x7fELF\x02\x01"), @r"is not a sample file as written by `exec`: it begins with `\u{7f}ELF\u{2}\u{1}`");
        insta::assert_snapshot!(refusal(b"a,b\n1,2\n"), @"is not a sample file as written by `exec`: it begins with `a,b`");
    }
}
