//! The options of sampling, and the message at its end.

use std::cmp::Reverse;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use mem_profile_format::report::{Unit, printable};

use crate::output;
use crate::process::{Backend, ProcessTable};
use crate::timeline::recorder::Recorder;
use crate::timeline::sampler::{Children, Sampler};

/// Options of sampling.
#[derive(Args)]
pub(super) struct Sampling {
    /// Time between two samples: `100ms`, or a number of seconds; at least 1 ms. Early in a run the
    /// interval is shorter: a sixteenth of the time since the start
    #[arg(short = 'T', long, value_name = "TIME", default_value = "100ms", value_parser = interval)]
    pub(super) interval: Duration,
    /// Add the memory of all child processes
    #[arg(short = 'C', long, conflicts_with = "multiprocess")]
    pub(super) include_children: bool,
    /// Sample each child process as a series of its own
    #[arg(short = 'M', long)]
    pub(super) multiprocess: bool,
    /// Stop sampling after this time; the program keeps running
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// Kind of memory to sample
    #[arg(long, value_enum, default_value_t = Backend::Rss)]
    pub(super) backend: Backend,
    /// File to write [default: mprofile_YYYYMMDDhhmmss.dat]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl Sampling {
    pub(super) fn sampler(&self, process: u32) -> Sampler {
        let children = match (self.include_children, self.multiprocess) {
            (true, _) => Children::Included,
            (_, true) => Children::Separate,
            _ => Children::Ignored,
        };
        Sampler::new(process, self.backend, children)
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time < Duration::from_millis(1) {
        return Err("the interval must be at least 1ms".into());
    }
    Ok(time)
}

/// A number of seconds, or a number with its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
    let with_unit = || SignedDuration::from_str(text).ok().and_then(|it| it.try_into().ok());
    let time: Option<Duration> = seconds.or_else(with_unit);
    time.ok_or_else(|| {
        "expected a number of seconds, or a time such as `100ms`, `1.5s` or `2min`".into()
    })
}

/// Prints the peaks, and where the samples are. `program` is the name of the sampled program.
pub(super) fn conclude(
    recorder: &Recorder,
    options: &Sampling,
    program: &str,
    fault: Option<&io::Error>,
) {
    let (file, samples) = (recorder.name(), recorder.samples);
    let Some(peak) = recorder.peak() else {
        match fault {
            Some(fault) => output::status("warning", &format!("{file} has no samples: {fault}")),
            None => {
                output::status("note", &format!("{file} has no samples: the run was too short"))
            }
        }
        return;
    };
    if let Some(fault) = fault {
        output::status("warning", &format!("samples are missing in {file}: {fault}"));
    }
    let headline = match recorder.together() {
        Some((sum, processes)) if processes > 1 => together(sum.bytes, processes, options.backend),
        _ => format!("{}, {}", size(peak.at.bytes), peak.words()),
    };
    output::status("peak", &format!("{headline}; {file} has {samples} samples"));
    let children = recorder.children().filter_map(|it| Some((it.title(), it.series.peak()?)));
    let children: Vec<_> = children.map(|(name, peak)| (name, peak.at.bytes)).collect();
    if !children.is_empty() {
        output::write_stderr(&list(children, (program, peak.at.bytes)));
    }
}

/// The highest sum of several processes, in words.
fn together(bytes: u64, processes: usize, backend: Backend) -> String {
    let shared = match backend {
        Backend::Rss => ", memory that they share counted in each",
        Backend::Pss => ", memory that they share counted once",
        Backend::Uss => ", memory that they share left out",
    };
    format!("{} in {processes} processes at one time{shared}", size(bytes))
}

/// Largest number of children in a list.
const LISTED: usize = 10;

/// The peak of each process, a line each: the children, the highest first, and the program itself.
fn list(mut children: Vec<(String, u64)>, (program, peak): (&str, u64)) -> String {
    children.sort_by_key(|(_, bytes)| Reverse(*bytes));
    let mut text = String::from("each process at its own peak:\n");
    let mut line =
        |bytes, words: &str| text += &format!("{:>12}  {}\n", size(bytes), printable(words));
    for (name, bytes) in children.iter().take(LISTED) {
        line(*bytes, name);
    }
    if let Some((_, highest)) = children.get(LISTED) {
        line(*highest, &format!("in each of {} more, at most", children.len() - LISTED));
    }
    line(peak, &format!("{program}, the program itself"));
    text
}

/// The name of a program, without its folder.
pub(crate) fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

/// Why no process can be read at all; `None` if this process can read its own memory.
pub(super) fn why_proc_is_unreadable() -> Option<io::Error> {
    let itself = ProcessTable::new(Backend::Rss).read(std::process::id());
    itself.err().map(|error| io::Error::other(format!("/proc cannot be read here: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peaks_of_processes_are_a_list_and_their_sum_says_of_what() {
        let sum = |backend| together(200 << 20, 3, backend);
        insta::assert_snapshot!(sum(Backend::Rss), @"200.0 MiB in 3 processes at one time, memory that they share counted in each");
        insta::assert_snapshot!(sum(Backend::Pss), @"200.0 MiB in 3 processes at one time, memory that they share counted once");
        insta::assert_snapshot!(sum(Backend::Uss), @"200.0 MiB in 3 processes at one time, memory that they share left out");
        let peaks = (1..=12_u64).map(|index| (format!("cc\u{1b} ({index})"), index << 19));
        insta::assert_snapshot!(list(peaks.collect(), ("make", 7)), @r"
        each process at its own peak:
             6.0 MiB  cc\u{1b} (12)
             5.5 MiB  cc\u{1b} (11)
             5.0 MiB  cc\u{1b} (10)
             4.5 MiB  cc\u{1b} (9)
             4.0 MiB  cc\u{1b} (8)
             3.5 MiB  cc\u{1b} (7)
             3.0 MiB  cc\u{1b} (6)
             2.5 MiB  cc\u{1b} (5)
             2.0 MiB  cc\u{1b} (4)
             1.5 MiB  cc\u{1b} (3)
             1.0 MiB  in each of 2 more, at most
                 7 B  make, the program itself
        ");
    }

    #[test]
    fn times_have_a_unit_or_are_seconds() {
        let texts = ["100ms", "0.1", "2", "1.5s", "2min", "1 hour"];
        let expected = [100, 100, 2000, 1500, 120_000, 3_600_000].map(Duration::from_millis);
        assert_eq!(texts.map(|text| duration(text).unwrap()), expected);
        for text in ["", "-1", "soon", "5 parsecs", "-3s", "nan"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(interval("0.0009"), Err("the interval must be at least 1ms".into()));
    }
}
