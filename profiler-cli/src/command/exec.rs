//! `exec`: runs a program and samples its memory.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;

use anyhow::{Context, Result};
use clap::Args;
use mem_profile_format::report::Unit;

use super::sampling::{self, Sampling, file_name};
use super::test;
use crate::outcome::Outcome;
use crate::output;
use crate::process::{self, Backend, signals};
use crate::timeline::recorded::ProgramRecordings;
use crate::timeline::recorder::Recorder;
use crate::timeline::sampler::{Clock, Sampler};

/// Run a program and sample its memory over time
///
/// This works with any program. Ctrl-C goes to the program alone; signals sent to this command are
/// passed on. The file has the format of Python's memory_profiler, and includes the calls of annotated
/// functions.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    sampling: Sampling,
    /// Print only errors and warnings
    #[arg(short, long)]
    quiet: bool,
    /// For `test`: append the peak to this file, and write samples only with --output
    #[arg(long, value_name = "FILE", hide = true)]
    peaks: Option<PathBuf>,
    /// Program to run, with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<std::ffi::OsString>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile exec target/release/app input.txt
  cargo mem-profile exec --interval 10ms --include-children -- make --jobs 4
  cargo mem-profile plot

As a runner for everything that cargo runs:
  CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER='cargo-mem-profile exec' cargo run";

/// Events while a program runs.
enum Event {
    Ended(io::Result<ExitStatus>),
    Signal(signals::Signal),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let options = &arguments.sampling;
    process::check(options.backend)?;
    let words: Vec<_> =
        arguments.program.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let is_kept = arguments.peaks.is_none() || options.output.is_some();
    let (mut recorder, recorded) = match is_kept {
        true => (Recorder::create(options.output.as_deref(), &words)?, ProgramRecordings::new()),
        false => (Recorder::default(), None),
    };
    let (recordings, environment) = recorded.unzip();
    let (sender, events) = mpsc::channel();
    let signals = sender.clone();
    signals::receive(move |signal| signals.send(Event::Signal(signal)).is_ok());
    let mut command = Command::new(&arguments.program[0]);
    command.args(&arguments.program[1..]).envs(environment.unwrap_or_default());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            recorder.discard();
            return Ok(cannot_run(&words[0], &error));
        }
    };
    let id = child.id();
    let mut sampler = options.sampler(id);
    thread::spawn(move || sender.send(Event::Ended(child.wait())));
    let (status, fault) = watch(id, &events, &mut sampler, &mut recorder, options);
    let code = signals::exit_code(status.context("cannot wait for the program")?);
    recorder.mark(&sampler);
    if let Some(recordings) = &recordings {
        recorder.calls(recordings);
    }
    report(arguments, &words, &recorder, fault.as_ref(), code);
    Ok(Outcome::Program(code))
}

/// Reports the outcome. Nothing in it changes the exit code of the program.
fn report(
    arguments: &Arguments,
    words: &[String],
    recorder: &Recorder,
    fault: Option<&io::Error>,
    code: u8,
) {
    let noted = arguments.peaks.as_ref().map(|path| test::note(path, words, recorder.peak(), code));
    if let Some(Err(error)) = noted {
        output::status("warning", &format!("{error:#}"));
    }
    if !arguments.quiet || fault.is_some() {
        sampling::conclude(recorder, &arguments.sampling, file_name(&words[0]), fault);
    }
    if !arguments.quiet {
        note_children(&arguments.sampling, recorder);
    }
}

/// Says if a child process, which was not sampled, took more than the program.
fn note_children(options: &Sampling, recorder: &Recorder) {
    let is_alone = !options.include_children && !options.multiprocess;
    let Some(peak) = recorder.peak().filter(|_| is_alone && options.backend == Backend::Rss) else {
        return;
    };
    // The peak of the program itself is a little higher if its last sample was too early.
    if let Some(largest) = process::largest_below().filter(|it| *it / 4 > peak.at.bytes / 3) {
        let largest = Unit::Auto.format(largest.into(), 1);
        let note = "the largest of all its processes took";
        output::status("note", &format!("{note} {largest}: see each with --multiprocess"));
    }
}

/// Samples a program until it ends. Returns its status, and why it could not be read, if so.
fn watch(
    id: u32,
    events: &Receiver<Event>,
    sampler: &mut Sampler,
    recorder: &mut Recorder,
    options: &Sampling,
) -> (io::Result<ExitStatus>, Option<io::Error>) {
    let mut clock = Clock::start(options.interval);
    let mut fault = None;
    let mut is_due = true;
    loop {
        let goes_on = options.timeout.is_none_or(|limit| clock.passed() < limit);
        if is_due && goes_on {
            match sampler.sample() {
                Ok(tick) => recorder.take(&tick),
                Err(error) => fault = Some(error),
            }
        }
        let event = match goes_on {
            true => events.recv_timeout(clock.wait()),
            false => events.recv().map_err(Into::into),
        };
        is_due = matches!(event, Err(RecvTimeoutError::Timeout));
        match event {
            Ok(Event::Ended(status)) => return (status, fault.and_then(explained)),
            Ok(Event::Signal(signal)) => signals::pass_on(signal, id),
            // The thread that waits for the program always sends its end first.
            Err(_) => {}
        }
    }
}

/// A process cannot be found once it has ended. That is no error, unless no process can be read here.
fn explained(error: io::Error) -> Option<io::Error> {
    if error.kind() == ErrorKind::NotFound {
        sampling::why_proc_is_unreadable()
    } else {
        Some(error)
    }
}

fn cannot_run(program: &str, error: &io::Error) -> Outcome {
    output::status("error", &format!("cannot run {program}: {error}"));
    Outcome::Program(if error.kind() == ErrorKind::NotFound { 127 } else { 126 })
}
