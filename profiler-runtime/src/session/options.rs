//! The `MEM_PROFILE…` environment variables.

use std::ffi::OsString;
use std::time::Duration;

use super::Filter;
use super::values::{self, Variable};
use crate::report::{ColorChoice, Format, Unit};
use crate::snapshot::Backend;

/// What a run was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether anything is measured at all (`MEM_PROFILE`).
    pub(crate) enabled: bool,
    /// What a reading is; `None` leaves it to what is available (`MEM_PROFILE_BACKEND`).
    pub(crate) backend: Option<Backend>,
    /// Where reports go (`MEM_PROFILE_OUTPUT`).
    pub(crate) output: Output,
    /// What they are written as, in this order; empty for no report (`MEM_PROFILE_FORMAT`).
    pub(crate) formats: Vec<Format>,
    /// Which functions are measured (`MEM_PROFILE_FILTER`).
    pub(crate) filter: Filter,
    /// Whether memory over time is recorded; `None` leaves it to the program
    /// (`MEM_PROFILE_TIMELINE`).
    pub(crate) timeline: Option<bool>,
    /// Time between two samples of it, at least 1 ms (`MEM_PROFILE_INTERVAL`).
    pub(crate) interval: Option<Duration>,
    /// Unit of sizes (`MEM_PROFILE_UNIT`).
    pub(crate) unit: Unit,
    /// Digits after the decimal point, at most nine (`MEM_PROFILE_PRECISION`).
    pub(crate) precision: usize,
    /// When to use colour (`MEM_PROFILE_COLOR`).
    pub(crate) color: ColorChoice,
    /// Columns of a table, at least forty; `None` for those of the terminal
    /// (`MEM_PROFILE_WIDTH`).
    pub(crate) width: Option<usize>,
}

/// Where a report goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Output {
    /// Standard error.
    #[default]
    Stderr,
    /// Standard output.
    Stdout,
    /// A recording, in a file named like this; reports go to standard error, if they are asked for.
    Recording(String),
    /// A file. `%p` stands for the process number, `%n` for the program's name, `%t` for the
    /// seconds since 1970 and `%%` for a percent sign.
    Path(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            backend: None,
            output: Output::default(),
            formats: vec![Format::Table],
            filter: Filter::default(),
            timeline: None,
            interval: None,
            unit: Unit::default(),
            precision: 3,
            color: ColorChoice::default(),
            width: None,
        }
    }
}

impl Options {
    /// Reads the variables that `get` finds. An empty one counts as unset.
    ///
    /// A value that makes no sense is replaced by the default, and one warning line per such value
    /// is returned.
    pub(crate) fn from_env(get: impl Fn(&str) -> Option<OsString>) -> (Self, Vec<String>) {
        let mut reader = Reader { get, warnings: Vec::new() };
        let options = reader.options();
        (options, reader.warnings)
    }
}

struct Reader<G> {
    get: G,
    warnings: Vec<String>,
}

impl<G: Fn(&str) -> Option<OsString>> Reader<G> {
    fn options(&mut self) -> Options {
        let default = Options::default();
        let output = self.read(&values::OUTPUT).unwrap_or(default.output);
        let formats = match output {
            // It can be made into any report later.
            Output::Recording(_) => Vec::new(),
            _ => default.formats,
        };
        Options {
            enabled: self.read(&values::SWITCH).unwrap_or(default.enabled),
            backend: self.read(&values::BACKEND),
            output,
            formats: self.read(&values::FORMATS).unwrap_or(formats),
            filter: self.read(&values::FILTER).unwrap_or(default.filter),
            timeline: self.read(&values::TIMELINE),
            interval: self.read(&values::INTERVAL),
            unit: self.read(&values::UNIT).unwrap_or(default.unit),
            precision: self.read(&values::PRECISION).unwrap_or(default.precision),
            color: self.read(&values::COLOR).unwrap_or(default.color),
            width: self.read(&values::WIDTH),
        }
    }

    /// The value of a variable, or `None` if it is unset or, with a warning, cannot be used.
    fn read<T>(&mut self, variable: &Variable<T>) -> Option<T> {
        let value = (self.get)(variable.name).filter(|value| !value.is_empty())?;
        let parsed = value.to_str().and_then(|text| (variable.parse)(text.trim()));
        if parsed.is_none() {
            let Variable { name, expected, fallback, .. } = variable;
            let shown = value.to_string_lossy();
            self.warnings.push(format!(
                "mem-profile: {name}={} is not {expected}; using {fallback}",
                shown.escape_debug()
            ));
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Options, Vec<String>) {
        Options::from_env(|name| {
            let variable = variables.iter().find(|variable| variable.0 == name);
            variable.map(|variable| variable.1.into())
        })
    }

    #[test]
    fn unset_and_empty_variables_leave_the_defaults() {
        assert_eq!(read(&[]), (Options::default(), vec![]));
        assert_eq!(read(&[("MEM_PROFILE_UNIT", "")]), (Options::default(), vec![]));
    }

    #[test]
    fn every_variable_is_read() {
        let (options, warnings) = read(&[
            ("MEM_PROFILE", "OFF"),
            ("MEM_PROFILE_BACKEND", "heap"),
            ("MEM_PROFILE_OUTPUT", "report-%p"),
            ("MEM_PROFILE_FORMAT", "json, table,json"),
            ("MEM_PROFILE_FILTER", "a*,!b"),
            ("MEM_PROFILE_TIMELINE", "1"),
            ("MEM_PROFILE_INTERVAL", "5ms"),
            ("MEM_PROFILE_UNIT", "kib"),
            ("MEM_PROFILE_PRECISION", "0"),
            ("MEM_PROFILE_COLOR", "never"),
            ("MEM_PROFILE_WIDTH", "40"),
        ]);
        let expected = Options {
            enabled: false,
            backend: Some(Backend::Heap),
            output: Output::Path("report-%p".into()),
            formats: vec![Format::Json, Format::Table],
            filter: Filter::parse("a*,!b"),
            timeline: Some(true),
            interval: Some(Duration::from_millis(5)),
            unit: Unit::KiB,
            precision: 0,
            color: ColorChoice::Never,
            width: Some(40),
        };
        assert_eq!((options, warnings), (expected, vec![]));
        assert_eq!(read(&[("MEM_PROFILE_FORMAT", "none")]).0.formats, []);
    }

    #[test]
    fn each_unusable_value_gives_one_warning_and_the_default() {
        let (options, warnings) = read(&[
            ("MEM_PROFILE", "maybe"),
            ("MEM_PROFILE_BACKEND", "off"),
            ("MEM_PROFILE_FORMAT", "table,xml"),
            ("MEM_PROFILE_TIMELINE", "fine"),
            ("MEM_PROFILE_INTERVAL", "0.5ms"),
            ("MEM_PROFILE_UNIT", "foo\n"),
            ("MEM_PROFILE_PRECISION", "10"),
            ("MEM_PROFILE_COLOR", "blue"),
            ("MEM_PROFILE_WIDTH", "-1"),
        ]);
        assert_eq!(options, Options::default());
        insta::assert_snapshot!(warnings.join("\n"), @r#"
    mem-profile: MEM_PROFILE=maybe is not one of on, off; using on
    mem-profile: MEM_PROFILE_BACKEND=off is not one of rss, heap; using what is available
    mem-profile: MEM_PROFILE_FORMAT=table,xml is not one of table, json, markdown, csv, lcov, none; using table
    mem-profile: MEM_PROFILE_TIMELINE=fine is not one of on, off; using off
    mem-profile: MEM_PROFILE_INTERVAL=0.5ms is not a time from 1ms up, such as 20ms or 1s; using 100ms
    mem-profile: MEM_PROFILE_UNIT=foo\n is not one of B, KiB, MiB, GiB, auto; using MiB
    mem-profile: MEM_PROFILE_PRECISION=10 is not a number from 0 to 9; using 3
    mem-profile: MEM_PROFILE_COLOR=blue is not one of auto, always, never; using auto
    mem-profile: MEM_PROFILE_WIDTH=-1 is not a number from 40 up; using the terminal's
    "#);
    }

    #[cfg(unix)]
    #[test]
    fn text_that_is_not_unicode_is_unusable_too() {
        use std::os::unix::ffi::OsStringExt;
        let (options, warnings) = Options::from_env(|_| Some(OsString::from_vec(vec![b'a', 0xff])));
        assert_eq!(options, Options::default());
        assert_eq!(warnings.len(), 11);
    }
}
