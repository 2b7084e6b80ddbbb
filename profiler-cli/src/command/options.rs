//! Options that several subcommands share.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use mem_profile_format::FunctionFilter;
use mem_profile_format::report::{self, Style, Unit};

use crate::output::{self, Target};

/// How sizes are printed.
#[derive(Args)]
pub(super) struct Sizes {
    /// Unit of sizes [default: MiB; in the summary of a report, the one that fits each]
    #[arg(
        long,
        env = "MEM_PROFILE_UNIT",
        hide_env_values = true,
        ignore_case = true,
        value_parser = units()
    )]
    unit: Option<Unit>,
    /// Digits after the decimal point
    #[arg(
        long,
        value_name = "DIGITS",
        env = "MEM_PROFILE_PRECISION",
        hide_env_values = true,
        default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(0..=9)
    )]
    precision: u8,
}

fn units() -> impl TypedValueParser<Value = Unit> {
    const UNITS: [(&str, Unit); 5] = [
        ("B", Unit::Byte),
        ("KiB", Unit::KiB),
        ("MiB", Unit::MiB),
        ("GiB", Unit::GiB),
        ("auto", Unit::Auto),
    ];
    let unit = |name: &str| UNITS.iter().find(|unit| unit.0.eq_ignore_ascii_case(name));
    PossibleValuesParser::new(UNITS.map(|unit| unit.0))
        .map(move |name| unit(&name).map_or(Unit::MiB, |unit| unit.1))
}

impl Sizes {
    /// The style of a table for `target`. Colours are removed later if it shows none.
    pub(super) fn style(&self, target: &Target) -> Style {
        Style {
            unit: self.unit.unwrap_or_default(),
            overview_unit: self.unit.unwrap_or(Unit::Auto),
            precision: self.precision.into(),
            color: true,
            width: target.width(),
            ..Style::default()
        }
    }
}

/// Longest pattern in a message, in columns.
const LONGEST: usize = 200;

/// Which functions are shown.
#[derive(Args)]
pub(super) struct Functions {
    /// Only functions whose path matches: `*` and `?` as in a shell; separate several with commas,
    /// exclude with `!`
    #[arg(long, value_name = "GLOB")]
    function: Option<String>,
}

impl Functions {
    /// Whether only some are shown.
    pub(super) fn are_chosen(&self) -> bool {
        self.function.is_some()
    }

    /// Keeps the items whose function matches; `name` gives the path of it.
    ///
    /// # Errors
    /// If none is left, since the pattern is probably a mistake.
    pub(super) fn choose<T>(&self, items: &mut Vec<T>, name: impl Fn(&T) -> &str) -> Result<()> {
        let Some(patterns) = &self.function else { return Ok(()) };
        let filter = FunctionFilter::parse(patterns);
        items.retain(|item| filter.matches(name(item)));
        if items.is_empty() {
            let patterns = report::cut(patterns, LONGEST);
            bail!("no function matches `{patterns}`: leave out --function to see all");
        }
        Ok(())
    }
}

/// Where the result goes.
#[derive(Args)]
pub(super) struct Destination {
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl Destination {
    pub(super) fn target(&self) -> Target {
        self.output.clone().map_or(Target::Stdout, Target::File)
    }

    /// The format that is asked for, by its name or by the extension of the file; else `text`, with a warning if the
    /// extension stands for another one.
    pub(super) fn format<F: ValueEnum + Copy>(
        &self,
        asked: Option<F>,
        text: F,
        extension: impl Fn(F) -> &'static str,
    ) -> F {
        let asked = asked.or_else(|| of_ending(self.output.as_deref()?, extension));
        asked.unwrap_or_else(|| {
            warn_of_name(&self.target(), "text", &["txt"]);
            text
        })
    }
}

/// Where the result goes, and whether it is opened.
#[derive(Args)]
pub(super) struct Shown {
    #[command(flatten)]
    pub(super) destination: Destination,
    /// Open the result in the system's default program
    #[arg(long)]
    open: bool,
}

impl Shown {
    /// The target: a temporary file with this extension if the result is to be opened but has no name.
    pub(super) fn target(&self, extension: &str) -> Target {
        match &self.destination.output {
            Some(path) => Target::File(path.clone()),
            None if self.open => Target::File(temporary(extension)),
            None => Target::Stdout,
        }
    }

    /// Opens the file that was written, with --open.
    pub(super) fn show(&self, target: &Target) {
        if let (true, Target::File(path)) = (self.open, target) {
            show(path);
        }
    }
}

/// Opens a file in the system's default program.
pub(super) fn show(path: &Path) {
    if open::that_detached(path).is_err() {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let message = format!("no program found to open it: the file is at {}", path.display());
        output::status("note", &message);
    }
}

/// The format whose extension the file has.
fn of_ending<F: ValueEnum + Copy>(path: &Path, extension: impl Fn(F) -> &'static str) -> Option<F> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    F::value_variants().iter().copied().find(|format| extension(*format) == ending)
}

/// Warns if the extension of a file stands for another format.
pub(super) fn warn_of_name(target: &Target, form: &str, endings: &[&str]) {
    const FORMS: [&str; 13] = [
        "csv", "dat", "htm", "html", "info", "json", "md", "mprof", "pb", "pdf", "png", "svg",
        "txt",
    ];
    let Target::File(path) = target else { return };
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    let is_form = |ending: &&str| FORMS.contains(ending) && !endings.contains(ending);
    if ending.as_deref().filter(is_form).is_some() {
        let path = path.display();
        output::status("warning", &format!("{path} is written as {form}, despite its extension"));
    }
}

fn temporary(extension: &str) -> PathBuf {
    let name = format!("mem-profile-{}.{extension}", std::process::id());
    std::env::temp_dir().join(name)
}
