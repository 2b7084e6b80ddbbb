//! `attach`: samples a running program.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::sampling::{self, Sampling, file_name};
use crate::outcome::Outcome;
use crate::output;
use crate::process::{self, signals};
use crate::timeline::recorder::Recorder;
use crate::timeline::sampler::{Clock, Sampler};

/// Sample the memory of a running program over time
///
/// Sampling ends with the program, or with Ctrl-C. The program is not affected.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Process id, or the name of the program
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
    let first =
        sampler.sample().map_err(|error| sampling::why_proc_is_unreadable().unwrap_or(error));
    let first = first.with_context(|| format!("cannot read the memory of process {id}"))?;
    let command = process::command_line(id).unwrap_or_else(|| vec![arguments.process.clone()]);
    let mut recorder = Recorder::create(options.output.as_deref(), &command)?;
    recorder.take(&first);
    output::status("note", &format!("sampling process {id}, {}", command[0]));
    let (sender, stops) = mpsc::channel();
    signals::receive(move |_| sender.send(()).is_ok());
    let fault = watch(&stops, &mut sampler, &mut recorder, options);
    recorder.mark(&sampler);
    sampling::conclude(&recorder, options, file_name(&command[0]), fault.as_ref());
    Ok(Outcome::Done)
}

/// Samples a process until it ends, the timeout passes, or a signal arrives. Returns why it could not
/// be read, if so.
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
            // No signal can be received: only the end of the process ends this.
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

/// The process with this number or name.
pub(super) fn find(process: &str) -> Result<u32> {
    if let Ok(id) = process.parse() {
        return Ok(id);
    }
    let mut found: Vec<u32> =
        process::named(process).into_iter().filter(|id| *id != std::process::id()).collect();
    // Those that have ended, and threads of the system, have no memory.
    if found.iter().any(|id| process::command_line(*id).is_some()) {
        found.retain(|id| process::command_line(*id).is_some());
    }
    match found[..] {
        [] if process.is_empty() => bail!("no process is named \"\": use a name or an id"),
        [] => bail!("no visible process is named {process}: use its id"),
        [id] => Ok(id),
        [first, ..] => {
            let all: Vec<_> = found.iter().map(u32::to_string).collect();
            let all = all.join(", ");
            output::status("note", &format!("processes {all} have this name: reading the first"));
            Ok(first)
        }
    }
}
