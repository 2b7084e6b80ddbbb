//! The values that the environment variables understand.

use std::path::Path;
use std::time::Duration;

use mem_profile_format::report::{ColorChoice, Format, Top, Unit};
use mem_profile_format::{Backend, FunctionFilter};

const LARGEST_PRECISION: usize = 9;
const SMALLEST_WIDTH: usize = 40;

/// The ending of a file's name that asks for a recording.
pub(super) const EXTENSION: &str = "mprof";

/// Faster sampling would mostly measure itself.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

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

/// Whether live blocks are recorded by line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Live {
    #[default]
    Off,
    /// They are, or a warning says why not.
    On,
    /// They are if that is possible.
    Auto,
}

/// One environment variable.
pub(super) struct Variable<T> {
    pub(super) name: &'static str,
    /// The values that are allowed, as a warning says it.
    pub(super) expected: &'static str,
    /// The value used in place of one that is not allowed.
    pub(super) fallback: &'static str,
    pub(super) parse: fn(&str) -> Option<T>,
}

impl<T> Variable<T> {
    const fn new(
        name: &'static str,
        expected: &'static str,
        fallback: &'static str,
        parse: fn(&str) -> Option<T>,
    ) -> Self {
        Self { name, expected, fallback, parse }
    }
}

pub(super) const SWITCH: Variable<bool> =
    Variable::new("MEM_PROFILE", "one of on, off", "on", switch);
pub(super) const BACKEND: Variable<Backend> =
    Variable::new("MEM_PROFILE_BACKEND", "one of rss, heap", "what is available", backend);
pub(super) const OUTPUT: Variable<Output> =
    Variable::new("MEM_PROFILE_OUTPUT", "stderr, stdout or a path in UTF-8", "stderr", output);
pub(super) const FORMATS: Variable<Vec<Format>> = Variable::new(
    "MEM_PROFILE_FORMAT",
    "one of table, json, markdown, csv, lcov, none",
    "table",
    formats,
);
pub(super) const FILTER: Variable<FunctionFilter> =
    Variable::new("MEM_PROFILE_FILTER", "UTF-8", "every function", filter);
pub(super) const TIMELINE: Variable<bool> =
    Variable::new("MEM_PROFILE_TIMELINE", "one of on, off", "off", switch);
pub(super) const INTERVAL: Variable<Duration> = Variable::new(
    "MEM_PROFILE_INTERVAL",
    "a time from 1ms up, such as 20ms or 1s",
    "100ms",
    duration,
);
pub(super) const LIVE: Variable<Live> =
    Variable::new("MEM_PROFILE_LIVE", "one of on, off, auto", "off", live);
pub(super) const ACCOUNT: Variable<bool> =
    Variable::new("MEM_PROFILE_ACCOUNT", "one of on, off", "off", switch);
pub(super) const UNIT: Variable<Unit> =
    Variable::new("MEM_PROFILE_UNIT", "one of B, KiB, MiB, GiB, auto", "MiB", unit);
pub(super) const TOP: Variable<Top> =
    Variable::new("MEM_PROFILE_TOP", "all or a number", "the hottest", Top::parse);
pub(super) const PRECISION: Variable<usize> =
    Variable::new("MEM_PROFILE_PRECISION", "a number from 0 to 9", "3", precision);
pub(super) const COLOR: Variable<ColorChoice> =
    Variable::new("MEM_PROFILE_COLOR", "one of auto, always, never", "auto", color);
pub(super) const WIDTH: Variable<usize> =
    Variable::new("MEM_PROFILE_WIDTH", "a number from 40 up", "the terminal's", width);

/// The second of the pair whose first is the text, in any case.
fn choose<T: Clone>(text: &str, choices: &[(&str, T)]) -> Option<T> {
    let choice = choices.iter().find(|choice| choice.0.eq_ignore_ascii_case(text))?;
    Some(choice.1.clone())
}

fn switch(text: &str) -> Option<bool> {
    let choices =
        [("on", true), ("1", true), ("true", true), ("off", false), ("0", false), ("false", false)];
    choose(text, &choices)
}

fn live(text: &str) -> Option<Live> {
    let switch = || switch(text).map(|is_on| if is_on { Live::On } else { Live::Off });
    choose(text, &[("auto", Live::Auto)]).or_else(switch)
}

fn backend(text: &str) -> Option<Backend> {
    choose(text, &[("rss", Backend::Rss), ("heap", Backend::Heap)])
}

fn output(text: &str) -> Option<Output> {
    Some(match text {
        "stderr" => Output::Stderr,
        "stdout" => Output::Stdout,
        path if is_recording(path) => Output::Recording(path.to_owned()),
        path => Output::Path(path.to_owned()),
    })
}

/// The format of a report with this name, if its ending is known.
pub(super) fn format_of_path(path: &str) -> Option<Format> {
    let extension = Path::new(path).extension()?.to_str()?;
    let formats = [Format::Table, Format::Json, Format::Markdown, Format::Csv, Format::Lcov];
    formats.into_iter().find(|format| format.extension().eq_ignore_ascii_case(extension))
}

pub(super) fn is_recording(path: &str) -> bool {
    let extension = Path::new(path).extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION))
}

fn formats(text: &str) -> Option<Vec<Format>> {
    let choices = [
        ("table", Some(Format::Table)),
        ("json", Some(Format::Json)),
        ("markdown", Some(Format::Markdown)),
        ("csv", Some(Format::Csv)),
        ("lcov", Some(Format::Lcov)),
        ("none", None),
    ];
    let chosen = text.split(',').map(|name| choose(name.trim(), &choices));
    let chosen: Option<Vec<_>> = chosen.collect();
    let mut formats = Vec::new();
    for format in chosen?.into_iter().flatten() {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    Some(formats)
}

fn filter(text: &str) -> Option<FunctionFilter> {
    Some(FunctionFilter::parse(text))
}

/// A time of at least a millisecond, such as `20ms` or `1.5s`. In milliseconds, where it has no unit.
pub fn duration(text: &str) -> Option<Duration> {
    const MILLISECOND: u64 = 1_000_000;
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, MILLISECOND),
        None => {
            text.strip_suffix('s').map_or((text, MILLISECOND), |number| (number, 1_000_000_000))
        }
    };
    // Whole numbers throughout: what reads floating point is 30 KiB of the user's program.
    let number = number.trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let scale = 10_u128.checked_pow(fraction.len() as u32)?;
    let fraction = u128::from(digits(fraction)?) * u128::from(unit) / scale;
    let nanoseconds = digits(whole)?.checked_mul(unit)?.checked_add(fraction as u64)?;
    Some(Duration::from_nanos(nanoseconds)).filter(|&interval| interval >= SHORTEST)
}

/// The number that they are; 0 of none.
fn digits(text: &str) -> Option<u64> {
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

fn unit(text: &str) -> Option<Unit> {
    let choices = [
        ("B", Unit::Byte),
        ("KiB", Unit::KiB),
        ("MiB", Unit::MiB),
        ("GiB", Unit::GiB),
        ("auto", Unit::Auto),
    ];
    choose(text, &choices)
}

fn precision(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&precision| precision <= LARGEST_PRECISION)
}

fn color(text: &str) -> Option<ColorChoice> {
    let choices = [
        ("auto", ColorChoice::Auto),
        ("always", ColorChoice::Always),
        ("never", ColorChoice::Never),
    ];
    choose(text, &choices)
}

fn width(text: &str) -> Option<usize> {
    text.parse().ok().filter(|&width| width >= SMALLEST_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_number_with_or_without_a_unit() {
        let milliseconds = |text| duration(text).map(|interval| interval.as_micros() as f64 / 1e3);
        for (text, expected) in [
            ("1", 1.0),
            ("20ms", 20.0),
            ("1.5 ms", 1.5),
            ("0.1s", 100.0),
            ("0.10s", 100.0),
            (".5s", 500.0),
            ("2.", 2.0),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        assert_eq!(duration("99999999999999s"), None, "more than there are numbers for");
        for text in ["", "0", "-5ms", "ms", "1m", "nan", "inf", "1e99s", "0.9", "1.+5", "."] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
