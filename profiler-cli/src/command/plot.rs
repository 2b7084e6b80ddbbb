//! `plot`: draws memory over time.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, value_parser};

use crate::outcome::Outcome;
use crate::output::{self, Target};
use crate::timeline::files;
use crate::view::plot::{self, Chart, Options, Run, Theme};

/// Plot memory over time, with the peak and the functions that were running
///
/// Without --output, the plot is drawn in the terminal. Several runs share one plot.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Sample files, or their numbers in `list` [default: the last one]
    #[arg(allow_negative_numbers = true)]
    files: Vec<String>,
    /// Write a picture; the name must end in .svg or .png
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show only this window, in seconds since the start
    #[arg(short, long, value_name = "a,b", value_parser = window)]
    window: Option<(f64, f64)>,
    /// Add a least-squares line, and its growth in bytes per second
    #[arg(short, long)]
    slope: bool,
    /// Show calls in one row per thread and level, instead of one row per function
    #[arg(short, long)]
    flame: bool,
    /// Title of the plot [default: the command line]
    #[arg(short, long)]
    title: Option<String>,
    /// Width of the picture in pixels; a PNG has two for each
    #[arg(long, value_name = "PIXELS", default_value_t = 1200, value_parser = value_parser!(u32).range(320..=4000))]
    width: u32,
    /// Colours of the picture [default: those of the reader in an SVG, light in a PNG]
    #[arg(long, value_enum)]
    theme: Option<Theme>,
}

const EXAMPLES: &str = "\
Examples:
  cargo mem-profile plot
  cargo mem-profile plot -1 --output run.svg --slope
  cargo mem-profile plot before.dat after.dat --window 0,20.5 --output both.png";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let runs = files::choose(&arguments.files)?.into_iter().map(|path| {
        let timeline = files::load(&path)?;
        Ok(Run { name: path.display().to_string(), timeline })
    });
    let runs = runs.collect::<Result<Vec<_>>>()?;
    let options = Options {
        title: arguments.title.clone(),
        window: arguments.window,
        slope: arguments.slope,
        flame: arguments.flame,
    };
    let chart = Chart::new(&runs, &options)?;
    let Some(path) = &arguments.output else {
        let width = Target::Stdout.width().unwrap_or(100);
        Target::Stdout.write_text(&plot::terminal(&chart, width))?;
        return Ok(Outcome::Done);
    };
    let target = Target::File(path.clone());
    let svg = || plot::svg(&chart, arguments.width, arguments.theme).into_bytes();
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("svg") => target.write(&svg())?,
        Some("png") => target.write(&plot::png(&chart, arguments.width, arguments.theme)?)?,
        // The name of a pipe or a device does not end in a format.
        None if path.exists() && !output::is_file(path) => {
            target.write(&svg())?;
        }
        _ => bail!("cannot tell the format of the plot: end the name in .svg or .png"),
    }
    Ok(Outcome::Done)
}

/// In seconds: about thirty years.
const FARTHEST: f64 = 1e9;

fn window(text: &str) -> Result<(f64, f64), String> {
    let ends = text.split_once(',').and_then(|(from, to)| {
        Some((from.trim().parse::<f64>().ok()?, to.trim().parse::<f64>().ok()?))
    });
    let ends = ends.filter(|(from, to)| from < to);
    let ends = ends.ok_or("expected two numbers of seconds, the lower first: 0,20.5")?;
    match [ends.0, ends.1].iter().all(|end| end.abs() <= FARTHEST) {
        true => Ok(ends),
        false => Err(format!("the largest number of seconds is {FARTHEST}")),
    }
}
