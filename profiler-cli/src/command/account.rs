//! `account`: says what the resident set of a running program is made of.

use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use mem_profile_account::Account;
use mem_profile_format::recording::{Recording, State};
use mem_profile_format::report;

use super::attach;
use super::options::Shown;
use super::sampling::{duration, file_name, why_proc_is_unreadable};
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
    /// Say every so often what changed, until the program ends; with --json, print an account a line
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
    let is_line = matches!(format, Format::Text | Format::Json) && target == Target::Stdout;
    if arguments.watch.is_some() && !is_line {
        bail!(
            "--watch prints text, or JSON in lines: leave out --output, --open and other formats"
        );
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
        let found = attach::find(&arguments.process).map_err(explained);
        found.map_err(|error| match output::is_file(path) {
            true => {
                anyhow!("{} is no recording, and no visible process has this name", path.display())
            }
            false => error,
        })?
    };
    let account = read(id, arguments.full).map_err(explained)?;
    if let Some(interval) = arguments.watch {
        return watch(id, account, interval, arguments.full, format);
    }
    write(&account, format, &target, id)?;
    arguments.shown.show(&target);
    Ok(Outcome::Done)
}

/// The process that writes a recording; `None` if it has ended.
fn writer(path: &Path) -> Result<Option<u32>> {
    let shown = path.display();
    let recording = Recording::open(path).with_context(|| format!("cannot use {shown}"))?;
    let id = recording.process;
    if resident::writes(id, path) {
        return Ok(Some(id));
    }
    if recording.state != State::Running {
        return Ok(None);
    }
    // In a container, a process has a number of its own.
    let others = process::parents().into_iter().map(|(id, _)| id);
    if let Some(other) = others.filter(|other| *other != id).find(|id| resident::writes(*id, path))
    {
        return Ok(Some(other));
    }
    // Why it cannot be read is said where its memory is.
    if process::mapped_files(id).is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        return Ok(Some(id));
    }
    bail!("{shown} is written by a process that is not visible by its number {id}: use its id")
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

/// The error, or why no process can be read at all.
fn explained(error: anyhow::Error) -> anyhow::Error {
    why_proc_is_unreadable().map_or(error, Into::into)
}

fn write(account: &Account, format: Format, target: &Target, id: u32) -> Result<()> {
    match format {
        Format::Text => target.write_text(&account.text()),
        Format::Markdown => target.write(account.markdown().as_bytes()),
        Format::Json => target.write(json(account)?.as_bytes()),
        Format::Html => {
            let words = process::command_line(id).unwrap_or_default();
            let name = words.first().map_or("process", |word| file_name(word));
            target.write(account.html(&format!("{name} ({id})")).as_bytes())
        }
    }
}

fn json(account: &Account) -> Result<String> {
    let json = serde_json::to_string(account).context("cannot write JSON")?;
    Ok(report::json_printable(&json) + "\n")
}

/// Prints an account, and then what changes: as text, or each account as a line of JSON. Ends with the process, or when
/// nobody reads on.
fn watch(
    id: u32,
    first: Account,
    interval: Duration,
    is_full: bool,
    format: Format,
) -> Result<Outcome> {
    let shown = |account: &Account, text: String| match format {
        Format::Json => json(account),
        _ => Ok(text),
    };
    let mut program = process::program(id);
    let mut is_read = output::print(&shown(&first, first.text())?)?;
    let mut earlier = first;
    while is_read {
        thread::sleep(interval);
        let account = match resident::account(id, is_full) {
            Err(error) if process::command_line(id).is_some() => return Err(error),
            // It could be read before, so it has ended.
            Ok(None) | Err(_) => break,
            Ok(Some(account)) => account,
        };
        let now = process::program(id);
        if now != program {
            let name = now.as_deref().unwrap_or(Path::new("another program")).display();
            output::status("note", &format!("process {id} runs {name} from now on"));
            program = now;
        }
        let changes = format!("\n{}", account.diff(&earlier).text());
        is_read = output::print(&shown(&account, changes)?)?;
        earlier = account;
    }
    Ok(Outcome::Done)
}
