//! `account`: says what the resident set of a running program is made of.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use mem_profile_account::Account;
use mem_profile_format::recording::{Recording, State};
use mem_profile_format::report;

use super::attach;
use super::options::Shown;
use super::sampling::{duration, file_name};
use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::view::resident as view;
use crate::{process, recording, resident};

/// Say what the resident set of a running program is made of
///
/// The rows add up to the resident set: heap, stacks, code, static variables, files, shared memory, and
/// memory that was mapped without a file. The program is neither stopped nor asked. If it records live
/// blocks, with MEM_PROFILE_OUTPUT=run.mprof and MEM_PROFILE_LIVE=on, these have rows too, as have free
/// pages and the lines that keep them resident.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Process id, the name of the program, or the recording that it writes or has written
    #[arg(value_name = "PID|NAME|FILE")]
    process: String,
    /// Ask the allocator as well, which takes its locks: C libraries have a row then. The program must take samples
    /// (MEM_PROFILE_TIMELINE=on)
    #[arg(long)]
    full: bool,
    /// Format [default: by the extension of --output, else text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Say every so often what changed, until the program ends
    #[arg(long, value_name = "TIME", value_parser = duration)]
    watch: Option<Duration>,
    #[command(flatten)]
    shown: Shown,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile account 4711
  cargo mem-profile account run.mprof
  cargo mem-profile account postgres --watch 5s
  cargo mem-profile account 4711 --output account.html --open";

/// Format of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A row for each class
    Text,
    /// The same as a table
    Markdown,
    /// Everything; sizes in bytes
    Json,
    /// One self-contained page
    Html,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Html => "html",
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let asked = arguments.format.or(arguments.json.then_some(Format::Json));
    let format = arguments.shown.destination.format(asked, Format::Text, Format::extension);
    let target = arguments.shown.target(format.extension());
    if arguments.watch.is_some() && (format != Format::Text || target != Target::Stdout) {
        bail!("--watch prints text: leave out --format, --json, --output and --open");
    }
    let path = Path::new(&arguments.process);
    let id = if output::is_recording(path) {
        match writer(path)? {
            Some(id) => id,
            None if arguments.watch.is_some() || arguments.full => {
                let shown = path.display();
                bail!("--watch and --full need a program that runs: that of {shown} has ended")
            }
            None => return ended(path, format, &target, &arguments.shown),
        }
    } else {
        attach::find(&arguments.process)?
    };
    let account = read(id, arguments.full)?;
    write(&account, format, &target, id)?;
    arguments.shown.show(&target);
    match arguments.watch {
        Some(interval) => watch(id, account, interval, arguments.full),
        None => Ok(Outcome::Done),
    }
}

/// The process that writes a recording; `None` if it has ended.
fn writer(path: &Path) -> Result<Option<u32>> {
    let shown = path.display();
    let recording = Recording::open(path).with_context(|| format!("cannot use {shown}"))?;
    let id = recording.process;
    let found = resident::written_by(id).and_then(|written| fs::canonicalize(written.path).ok());
    if found.is_some() && found == fs::canonicalize(path).ok() {
        return Ok(Some(id));
    }
    if recording.state == State::Running {
        bail!("{shown} is written by a process that is not visible by its number {id}: use its id");
    }
    Ok(None)
}

/// The resident set of a run that has ended, at the moments at which it was recorded.
fn ended(path: &Path, format: Format, target: &Target, shown: &Shown) -> Result<Outcome> {
    let recording = recording::load(path)?;
    recording.warn(path);
    let moments = view::moments(&recording.snapshot);
    if moments.is_empty() {
        bail!(
            "{}: its process has ended, and has not recorded its resident set: MEM_PROFILE_TIMELINE=on does so; \
             `cargo mem-profile report` shows what it held",
            path.display()
        );
    }
    match format {
        Format::Text => target.write_text(&view::text(&moments))?,
        Format::Markdown => target.write(view::markdown(&moments).as_bytes())?,
        Format::Json => {
            let json = serde_json::to_string(&moments).context("cannot write JSON")?;
            target.write((json + "\n").as_bytes())?;
        }
        Format::Html => bail!(
            "the page of a run that has ended is a report: `cargo mem-profile report {} --output report.html`",
            path.display()
        ),
    }
    shown.show(target);
    Ok(recording.outcome())
}

fn read(id: u32, is_full: bool) -> Result<Account> {
    resident::account(id, is_full)?.with_context(|| {
        format!("process {id} has no memory: it has ended, or is part of the system")
    })
}

fn write(account: &Account, format: Format, target: &Target, id: u32) -> Result<()> {
    match format {
        Format::Text => target.write_text(&account.text()),
        Format::Markdown => target.write(account.markdown().as_bytes()),
        Format::Json => {
            let json = serde_json::to_string(account).context("cannot write JSON")?;
            target.write((report::json_printable(&json) + "\n").as_bytes())
        }
        Format::Html => {
            let words = process::command_line(id).unwrap_or_default();
            let name = words.first().map_or("process", |word| file_name(word));
            target.write(account.html(&format!("{name} ({id})")).as_bytes())
        }
    }
}

fn watch(id: u32, mut earlier: Account, interval: Duration, is_full: bool) -> Result<Outcome> {
    loop {
        thread::sleep(interval);
        let account = match resident::account(id, is_full) {
            Err(error) if process::command_line(id).is_some() => return Err(error),
            // It could be read before, so it has ended.
            Ok(None) | Err(_) => return Ok(Outcome::Done),
            Ok(Some(account)) => account,
        };
        Target::Stdout.write_text(&format!("\n{}", account.diff(&earlier).text()))?;
        earlier = account;
    }
}
