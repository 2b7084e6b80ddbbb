//! The `MEM_PROFILE…` environment variables.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use mem_profile_format::report::{ColorChoice, Format, Top, Unit};
use mem_profile_format::{Backend, FunctionFilter};

use super::ignored;
use super::values::{self, Live, Output, Variable};
use super::warning::warn;

static OPTIONS: OnceLock<Options> = OnceLock::new();

/// The options in the environment, as they were at the first call.
///
/// That call also warns, on standard error, of values it could not use.
pub(crate) fn options() -> &'static Options {
    OPTIONS.get_or_init(|| {
        let (options, warnings) = Options::read(&env::vars_os().collect::<Vec<_>>());
        warnings.iter().for_each(|warning| warn(warning));
        options
    })
}

/// The options of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether anything is measured at all (`MEM_PROFILE`).
    pub(crate) enabled: bool,
    /// The source of readings; `None` chooses by what is available (`MEM_PROFILE_BACKEND`).
    pub(crate) backend: Option<Backend>,
    /// Where reports go (`MEM_PROFILE_OUTPUT`).
    pub(crate) output: Output,
    /// The file of the command's own recording, made unless `output` is one
    /// (`MEM_PROFILE_RECORDING`).
    pub(crate) recording: Option<PathBuf>,
    /// Their formats, in this order; empty for no report (`MEM_PROFILE_FORMAT`).
    pub(crate) formats: Vec<Format>,
    /// Which functions are measured (`MEM_PROFILE_FILTER`).
    pub(crate) filter: FunctionFilter,
    /// Whether memory over time is recorded; `None` leaves it to the program
    /// (`MEM_PROFILE_TIMELINE`).
    pub(crate) timeline: Option<bool>,
    /// Time between two samples of it, at least 1 ms (`MEM_PROFILE_INTERVAL`).
    pub(crate) interval: Option<Duration>,
    /// Whether live blocks are recorded (`MEM_PROFILE_LIVE`).
    pub(crate) live: Live,
    /// Whether the end of the run says what the resident set is made of (`MEM_PROFILE_ACCOUNT`).
    #[cfg_attr(not(feature = "account"), allow(dead_code))]
    pub(crate) account: bool,
    /// The functions that get a table (`MEM_PROFILE_TOP`).
    pub(crate) top: Top,
    /// Unit of sizes; `None` for the usual ones (`MEM_PROFILE_UNIT`).
    pub(crate) unit: Option<Unit>,
    /// Digits after the decimal point, at most nine (`MEM_PROFILE_PRECISION`).
    pub(crate) precision: usize,
    /// When to use colour (`MEM_PROFILE_COLOR`).
    pub(crate) color: ColorChoice,
    /// Columns of a table, at least forty; `None` for those of the terminal
    /// (`MEM_PROFILE_WIDTH`).
    pub(crate) width: Option<usize>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            backend: None,
            output: Output::default(),
            recording: None,
            formats: vec![Format::Table],
            filter: FunctionFilter::default(),
            timeline: None,
            interval: None,
            live: Live::default(),
            account: false,
            top: Top::default(),
            unit: None,
            precision: 3,
            color: ColorChoice::default(),
            width: None,
        }
    }
}

impl Options {
    /// Reads the known ones of these variables. An empty one counts as unset.
    ///
    /// An invalid value is replaced by the default. One warning line is returned for each of
    /// these, and for each other setting that has no effect.
    pub(crate) fn read(variables: &[(OsString, OsString)]) -> (Self, Vec<String>) {
        let mut reader = Reader { variables, warnings: Vec::new() };
        let options = reader.options();
        let mut warnings = reader.warnings;
        let names = variables.iter().map(|variable| variable.0.as_os_str());
        warnings.extend(ignored::unknown(names));
        (options, warnings)
    }
}

struct Reader<'a> {
    variables: &'a [(OsString, OsString)],
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn options(&mut self) -> Options {
        let default = Options::default();
        let enabled = self.read(&values::SWITCH).unwrap_or(default.enabled);
        let backend = self.read(&values::BACKEND);
        let output = self.read(&values::OUTPUT).unwrap_or(default.output);
        let formats = self.formats(&output);
        self.warnings.extend(self.get("MEM_PROFILE_TRACE").and_then(ignored::trace));
        self.warnings.extend(self.get("MEM_PROFILE_GRAPH").and_then(ignored::graph));
        for name in ["MEM_PROFILE_MONITOR", "MEM_PROFILE_FLIGHT"] {
            self.warnings.extend(self.get(name).and_then(|value| ignored::monitor(name, value)));
        }
        Options {
            enabled,
            backend,
            output,
            recording: self.get("MEM_PROFILE_RECORDING").map(PathBuf::from),
            formats,
            filter: self.read(&values::FILTER).unwrap_or(default.filter),
            timeline: self.read(&values::TIMELINE),
            interval: self.read(&values::INTERVAL),
            live: self.read(&values::LIVE).unwrap_or(default.live),
            account: self.account(),
            top: self.read(&values::TOP).unwrap_or(default.top),
            unit: self.read(&values::UNIT),
            precision: self.read(&values::PRECISION).unwrap_or(default.precision),
            color: self.read(&values::COLOR).unwrap_or(default.color),
            width: self.read(&values::WIDTH),
        }
    }

    fn account(&mut self) -> bool {
        let is_asked = self.read(&values::ACCOUNT).unwrap_or(Options::default().account);
        self.warnings.extend(ignored::account(is_asked));
        is_asked
    }

    /// The formats of a report: the ones asked for, else the one that its file name's ending means.
    fn formats(&mut self, output: &Output) -> Vec<Format> {
        if self.get(values::FORMATS.name).is_some() {
            return self.read(&values::FORMATS).unwrap_or(Options::default().formats);
        }
        match output {
            // It can be made into any report later.
            Output::Recording(_) => Vec::new(),
            Output::Path(path) => {
                self.warnings.extend(ignored::form(path));
                vec![values::format_of_path(path).unwrap_or(Format::Table)]
            }
            Output::Stderr | Output::Stdout => Options::default().formats,
        }
    }

    fn get(&self, name: &str) -> Option<&OsStr> {
        let (_, value) = self.variables.iter().find(|variable| variable.0 == name)?;
        Some(value.as_os_str()).filter(|value| !value.is_empty())
    }

    /// The value of a variable, or `None` if it is unset or, with a warning, cannot be used.
    fn read<T>(&mut self, variable: &Variable<T>) -> Option<T> {
        let value = self.get(variable.name)?.to_owned();
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
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Options::read(&variables.collect::<Vec<_>>())
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
            ("MEM_PROFILE_RECORDING", "/kept.mprof"),
            ("MEM_PROFILE_FORMAT", "json, table,json"),
            ("MEM_PROFILE_FILTER", "a*,!b"),
            ("MEM_PROFILE_TIMELINE", "1"),
            ("MEM_PROFILE_INTERVAL", "5ms"),
            ("MEM_PROFILE_LIVE", "auto"),
            ("MEM_PROFILE_ACCOUNT", "off"),
            ("MEM_PROFILE_TOP", "All"),
            ("MEM_PROFILE_UNIT", "kib"),
            ("MEM_PROFILE_PRECISION", "0"),
            ("MEM_PROFILE_COLOR", "never"),
            ("MEM_PROFILE_WIDTH", "40"),
        ]);
        let expected = Options {
            enabled: false,
            backend: Some(Backend::Heap),
            output: Output::Path("report-%p".into()),
            recording: Some("/kept.mprof".into()),
            formats: vec![Format::Json, Format::Table],
            filter: FunctionFilter::parse("a*,!b"),
            timeline: Some(true),
            interval: Some(Duration::from_millis(5)),
            live: Live::Auto,
            account: false,
            top: Top::All,
            unit: Some(Unit::KiB),
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
            ("MEM_PROFILE_LIVE", "all"),
            ("MEM_PROFILE_ACCOUNT", "full"),
            ("MEM_PROFILE_TOP", "-1"),
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
    mem-profile: MEM_PROFILE_LIVE=all is not one of on, off, auto; using off
    mem-profile: MEM_PROFILE_ACCOUNT=full is not one of on, off; using off
    mem-profile: MEM_PROFILE_TOP=-1 is not all or a number; using the hottest
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
        // Without the variables of the tracer and the command.
        let names = ignored::KNOWN.iter().take(14);
        let value = OsString::from_vec(vec![b'a', 0xff]);
        let (options, warnings) =
            Options::read(&names.map(|name| (name.into(), value.clone())).collect::<Vec<_>>());
        assert_eq!(options, Options::default());
        assert_eq!(warnings.len(), 14);
    }

    #[test]
    fn the_ending_of_a_name_says_what_a_report_is() {
        let of = |path| read(&[("MEM_PROFILE_OUTPUT", path)]);
        for (path, format) in [
            ("a.txt", Format::Table),
            ("a.JSON", Format::Json),
            ("a.md", Format::Markdown),
            ("%p.csv", Format::Csv),
            ("a.info", Format::Lcov),
            ("a", Format::Table),
            ("a.log", Format::Table),
            (".csv", Format::Table),
        ] {
            let (options, warnings) = of(path);
            assert_eq!((options.formats, warnings), (vec![format], vec![]), "{path}");
        }
        let asked = [("MEM_PROFILE_OUTPUT", "a.html"), ("MEM_PROFILE_FORMAT", "csv")];
        assert_eq!(read(&asked).1, [""; 0]);
        let warnings = ["a.html", "a.svg", "a.PNG", "a.pb"].map(|path| {
            let (options, warnings) = of(path);
            assert_eq!(options.formats, [Format::Table]);
            warnings.join("\n")
        });
        insta::assert_snapshot!(warnings.join("\n"), @"
        mem-profile: a.html becomes a text table: a run writes .txt, .json, .md, .csv and .info; for .html set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile report run.mprof --output a.html`
        mem-profile: a.svg becomes a text table: a run writes .txt, .json, .md, .csv and .info; for .svg set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile flame run.mprof --output a.svg`
        mem-profile: a.PNG becomes a text table: a run writes .txt, .json, .md, .csv and .info; for .png set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile plot run.mprof --output a.PNG`
        mem-profile: a.pb becomes a text table: a run writes .txt, .json, .md, .csv and .info; for .pb set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile export run.mprof --format pprof --output a.pb`
        ");
    }

    #[test]
    fn what_is_unknown_is_named_with_the_nearest() {
        let (options, warnings) = read(&[
            ("MEM_PROFILE_OUTPT", "x"),
            ("MEM_PROFIL", "off"),
            ("MEM_PROFILE_TIME_LINE", "1"),
            ("mem_profile_unit", "B"),
            ("MEM_PROFILER", ""),
            ("MEM_PROFILE_LINES", "*"),
            ("MEM_PROFILE_RUN", "{}"),
            ("MEMORY", "1"),
        ]);
        assert_eq!(options, Options::default());
        insta::assert_snapshot!(warnings.join("\n"), @"
        mem-profile: MEM_PROFILE_OUTPT is not known and has no effect; did you mean MEM_PROFILE_OUTPUT?
        mem-profile: MEM_PROFIL is not known and has no effect; did you mean MEM_PROFILE?
        mem-profile: MEM_PROFILE_TIME_LINE is not known and has no effect; did you mean MEM_PROFILE_TIMELINE?
        mem-profile: mem_profile_unit is not known and has no effect; did you mean MEM_PROFILE_UNIT?
        mem-profile: MEM_PROFILER is not known and has no effect; did you mean MEM_PROFILE?
        ");
    }

    #[cfg(not(feature = "graph"))]
    #[test]
    fn a_capture_without_the_feature_is_said() {
        let warnings = ["a.mheap", "off", ""].map(|path| read(&[("MEM_PROFILE_GRAPH", path)]).1);
        let line = "mem-profile: MEM_PROFILE_GRAPH=a.mheap has no effect: it needs the feature `graph` of \
                    mem-profile";
        assert_eq!(warnings, [vec![line.to_owned()], vec![], vec![]]);
    }

    #[cfg(not(feature = "monitor"))]
    #[test]
    fn a_monitor_without_the_feature_is_said() {
        for (name, value) in [("MEM_PROFILE_MONITOR", "above=1GiB"), ("MEM_PROFILE_FLIGHT", "dir")]
        {
            let warnings = [value, "off"].map(|value| read(&[(name, value)]).1);
            let line = format!(
                "mem-profile: {name}={value} has no effect: it needs the feature `monitor` of mem-profile"
            );
            assert_eq!(warnings, [vec![line], vec![]]);
        }
    }

    #[test]
    fn an_account_without_the_feature_is_said() {
        let warnings = ["1", "off"].map(|how| read(&[("MEM_PROFILE_ACCOUNT", how)]));
        assert_eq!(warnings.each_ref().map(|(options, _)| options.account), [true, false]);
        let line = "mem-profile: MEM_PROFILE_ACCOUNT=on has no effect: it needs the feature `account` of \
                    mem-profile";
        let expected: &[&str] = if cfg!(feature = "account") { &[] } else { &[line] };
        assert_eq!(warnings.map(|(_, warnings)| warnings), [expected, &[]]);
    }

    #[cfg(not(feature = "watch"))]
    #[test]
    fn a_trace_without_the_feature_is_said() {
        let warnings = ["1", "sample", "0", ""].map(|how| read(&[("MEM_PROFILE_TRACE", how)]).1);
        let line = |how| {
            format!(
                "mem-profile: MEM_PROFILE_TRACE={how} has no effect: it needs the feature `trace` of \
                 mem-profile"
            )
        };
        assert_eq!(warnings, [vec![line("1")], vec![line("sample")], vec![], vec![]]);
    }
}
