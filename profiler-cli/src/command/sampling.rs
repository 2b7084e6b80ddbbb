//! The options of sampling, and the message at its end.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use mem_profile_format::report::Unit;

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
    include_children: bool,
    /// Sample each child process as a series of its own
    #[arg(short = 'M', long)]
    multiprocess: bool,
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
fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
    let with_unit = || SignedDuration::from_str(text).ok().and_then(|it| it.try_into().ok());
    let time: Option<Duration> = seconds.or_else(with_unit);
    time.ok_or_else(|| {
        "expected a number of seconds, or a time such as `100ms`, `1.5s` or `2min`".into()
    })
}

/// Prints the peak, and where the samples are.
pub(super) fn conclude(recorder: &Recorder, fault: Option<&io::Error>) {
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
    let size = Unit::Auto.format(peak.at.bytes.into(), 1);
    let how = if peak.is_mark { "as reported by the system" } else { "the highest sample" };
    output::status("peak", &format!("{size}, {how}; {file} has {samples} samples"));
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
