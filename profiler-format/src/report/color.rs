//! Whether there is colour, and how hot a line is.

use std::ffi::OsString;

use crate::snapshot::{FunctionSnapshot, LineSnapshot};

const HOT: &str = "\u{1b}[1;31m";
const WARM: &str = "\u{1b}[33m";
const RESET: &str = "\u{1b}[0m";

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// As the conventional variables say, else on terminals only.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

impl ColorChoice {
    /// Decides for a target; `get` looks up environment variables.
    ///
    /// With [`Self::Auto`], `NO_COLOR` beats `CLICOLOR_FORCE`, which beats `TERM=dumb`. Empty
    /// variables count as unset.
    pub fn decide(self, get: impl Fn(&str) -> Option<OsString>, is_terminal: bool) -> bool {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR").is_some() => false,
            Self::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            Self::Auto if set("TERM").is_some_and(|value| value == "dumb") => false,
            Self::Auto => is_terminal,
        }
    }
}

/// How much of a function's memory a line accounts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heat {
    /// At least half.
    Hot,
    /// At least a tenth.
    Warm,
    Cool,
}

impl Heat {
    /// Colours a finished line, without its line ending.
    pub(super) fn paint(self, line: &str) -> String {
        match self {
            Self::Hot => format!("{HOT}{line}{RESET}"),
            Self::Warm => format!("{WARM}{line}{RESET}"),
            Self::Cool => line.to_owned(),
        }
    }
}

/// The heat of every row, in order. A reading on entry is always cool.
pub(super) fn heats(function: &FunctionSnapshot) -> Vec<Heat> {
    let total: u128 = function.body_lines().map(weight).sum();
    let heat = |line: &LineSnapshot| match line.is_body() {
        true => heat(weight(line), total),
        false => Heat::Cool,
    };
    function.lines.iter().map(heat).collect()
}

/// Bytes that a line gained, or used for a while and gave back.
fn weight(line: &LineSnapshot) -> u128 {
    let gained = line.increment.unwrap_or(0).max(0).unsigned_abs();
    gained.max(line.peak.unwrap_or(0)).into()
}

fn heat(weight: u128, total: u128) -> Heat {
    match weight {
        0 => Heat::Cool,
        _ if weight * 2 >= total => Heat::Hot,
        _ if weight * 10 >= total => Heat::Warm,
        _ => Heat::Cool,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::RowKind;

    fn decide(choice: ColorChoice, variables: &[(&str, &str)], is_terminal: bool) -> bool {
        let get = |name: &str| {
            variables.iter().find(|variable| variable.0 == name).map(|variable| variable.1.into())
        };
        choice.decide(get, is_terminal)
    }

    #[test]
    fn without_variables_the_terminal_decides() {
        assert!(decide(ColorChoice::Auto, &[], true));
        assert!(!decide(ColorChoice::Auto, &[], false));
        assert!(decide(ColorChoice::Auto, &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "")], true));
    }

    #[test]
    fn conventional_variables_rank() {
        let forced = ("CLICOLOR_FORCE", "1");
        assert!(decide(ColorChoice::Auto, &[forced, ("TERM", "dumb")], false));
        assert!(!decide(ColorChoice::Auto, &[forced, ("NO_COLOR", "1")], true));
        assert!(!decide(ColorChoice::Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!decide(ColorChoice::Auto, &[("TERM", "dumb")], true));
    }

    #[test]
    fn an_explicit_choice_overrides_everything() {
        assert!(decide(ColorChoice::Always, &[("NO_COLOR", "1")], false));
        assert!(!decide(ColorChoice::Never, &[("CLICOLOR_FORCE", "1")], true));
    }

    #[test]
    fn heat_is_a_share_of_all_gains_and_peaks() {
        let row = |increment, peak| LineSnapshot {
            increment: Some(increment),
            peak,
            ..LineSnapshot::default()
        };
        let function = FunctionSnapshot {
            line: 1,
            calls: 1,
            reading_at_entry: Some(1_000_000),
            lines: vec![
                LineSnapshot { kind: RowKind::Entry, ..row(1_000_000, None) },
                row(60, None),
                row(0, Some(30)),
                row(-90, None),
                row(5, None),
            ],
            ..FunctionSnapshot::default()
        };
        let expected = [Heat::Cool, Heat::Hot, Heat::Warm, Heat::Cool, Heat::Cool];
        assert_eq!(heats(&function), expected);
        let on_one_line = FunctionSnapshot {
            lines: vec![LineSnapshot { kind: RowKind::Both, ..row(60, None) }],
            ..function
        };
        assert_eq!(heats(&on_one_line), [Heat::Hot]);
    }
}
