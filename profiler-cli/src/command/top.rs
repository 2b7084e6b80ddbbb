//! `top`: shows the hottest lines of a program while it runs.

use clap::Args;

/// Show the hottest lines of a running program, live
///
/// The program must record: run it with MEM_PROFILE_OUTPUT=run.mprof. Keys: a, l, i, p, b and n sort by
/// at peak, live, increment, peak, allocated and allocs; z shows rows of 0 too; arrows select a line,
/// Enter opens the table of its function, Esc closes it, and q quits. Needs the feature `tui`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Recording, or the id of the process that writes it
    #[arg(value_name = "FILE|PID")]
    recording: String,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile top run.mprof
  cargo mem-profile top 4711";

#[cfg(not(feature = "tui"))]
pub(crate) fn run(_arguments: &Arguments) -> anyhow::Result<crate::outcome::Outcome> {
    anyhow::bail!("this build has no `top`: install the command with `--features tui`")
}

#[cfg(feature = "tui")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<crate::outcome::Outcome> {
    live::run(&arguments.recording)
}

#[cfg(feature = "tui")]
mod live {
    use std::io::IsTerminal;
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use anyhow::{Context, Result, bail};
    use ratatui::DefaultTerminal;
    use ratatui::crossterm::event::{self, Event};

    use crate::outcome::Outcome;
    use crate::view::top::{self, Top};
    use crate::{output, process, recording};

    /// Time between two updates.
    const REFRESH: Duration = Duration::from_millis(500);

    pub(super) fn run(recording: &str) -> Result<Outcome> {
        let path = find(recording)?;
        if path.metadata().is_ok_and(|it| !it.is_file() && !it.is_dir()) {
            bail!(
                "{} is not a regular file, which `top` reads repeatedly: use a file",
                path.display()
            );
        }
        let mut top = Top::new(&path.display().to_string());
        top.update(recording::load(&path)?);
        if !std::io::stdout().is_terminal() {
            bail!("`top` needs a terminal: use `report` to print the figures once");
        }
        let mut terminal = ratatui::try_init().context("cannot use this terminal")?;
        let ended = show(&mut terminal, &mut top, &path);
        ratatui::restore();
        ended.context("cannot use this terminal")?;
        Ok(Outcome::Done)
    }

    fn show(terminal: &mut DefaultTerminal, top: &mut Top, path: &Path) -> std::io::Result<()> {
        let mut due = Instant::now() + REFRESH;
        loop {
            terminal.draw(|frame| top::render(top, frame))?;
            if event::poll(due.saturating_duration_since(Instant::now()))? {
                match event::read()? {
                    Event::Key(key) if top.press(key) => return Ok(()),
                    _ => {}
                }
            } else {
                // If the recording is gone, the last figures stay.
                match recording::load(path) {
                    Ok(recording) => top.update(recording),
                    Err(error) => top.lose(&format!("{error:#}")),
                }
                due = Instant::now() + REFRESH;
            }
        }
    }

    fn find(named: &str) -> Result<PathBuf> {
        let path = PathBuf::from(named);
        let Some(id) = named.parse().ok().filter(|_| !path.exists()) else { return Ok(path) };
        let mapped = process::mapped_files(id);
        let mapped = mapped.with_context(|| format!("cannot look into process {id}"))?;
        let recording = mapped.into_iter().find(|path| output::is_recording(path));
        recording.with_context(|| {
            format!("process {id} writes no recording: run it with MEM_PROFILE_OUTPUT=run.mprof")
        })
    }
}
