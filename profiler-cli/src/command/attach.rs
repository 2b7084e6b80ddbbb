//! `attach`: samples a program that is running.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::sampling::{self, Sampling};
use crate::outcome::Outcome;
use crate::output;
use crate::process::{self, signals};
use crate::timeline::recorder::Recorder;
use crate::timeline::sampler::{Clock, Sampler};

/// Write down the memory of a running program over time
///
/// Until it ends, or Ctrl-C ends this command; the program is not touched.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The number of the process, or the name of its program
    #[arg(value_name = "PID|NAME")]
    process: String,
    #[command(flatten)]
    sampling: Sampling,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile attach 4711 --timeout 1min
  cargo mem-profile attach postgres --multiprocess --backend pss";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let options = &arguments.sampling;
    process::check(options.backend)?;
    let id = find(&arguments.process)?;
    let mut sampler = options.sampler(id);
    let first = sampler.sample().map_err(|error| sampling::blindness().unwrap_or(error));
    let first = first.with_context(|| format!("cannot read the memory of process {id}"))?;
    let command = process::command_line(id).unwrap_or_else(|| vec![arguments.process.clone()]);
    let mut recorder = Recorder::create(options.output.as_deref(), &command)?;
    recorder.take(&first);
    output::complain("note", &format!("sampling process {id}, {}", command[0]));
    let (sender, stops) = mpsc::channel();
    signals::receive(move |_| sender.send(()).is_ok());
    let fault = watch(&stops, &mut sampler, &mut recorder, options);
    recorder.mark(&sampler);
    sampling::conclude(&recorder, fault.as_ref());
    Ok(Outcome::Done)
}

/// Samples a process until it ends, its time is over, or a signal comes: why it could not be read,
/// if so.
fn watch(
    stops: &Receiver<()>,
    sampler: &mut Sampler,
    recorder: &mut Recorder,
    options: &Sampling,
) -> Option<io::Error> {
    let mut clock = Clock::start(options.interval);
    while options.timeout.is_none_or(|limit| clock.passed() < limit) {
        match stops.recv_timeout(clock.wait()) {
            Ok(()) => return None,
            Err(RecvTimeoutError::Timeout) => {}
            // Nobody can send a stop: only the end of the process ends this.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(clock.wait()),
        }
        match sampler.sample() {
            Ok(tick) => recorder.take(&tick),
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => return Some(error),
        }
    }
    None
}

fn find(process: &str) -> Result<u32> {
    if let Ok(id) = process.parse() {
        return Ok(id);
    }
    let found: Vec<u32> =
        process::named(process).into_iter().filter(|id| *id != std::process::id()).collect();
    match found[..] {
        [] => bail!("no process that can be seen has the name {process}: give its number"),
        [id] => Ok(id),
        [first, ..] => {
            let all: Vec<_> = found.iter().map(u32::to_string).collect();
            let all = all.join(", ");
            output::complain("note", &format!("of the processes {all} the first is sampled"));
            Ok(first)
        }
    }
}
