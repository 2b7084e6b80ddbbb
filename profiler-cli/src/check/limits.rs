//! Limits from a TOML file.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use bytesize::ByteSize;
use serde::{Deserialize, Deserializer};

use crate::figures::Measure;

/// The limits of a run.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// The recording to compare with, relative to the file with the limits.
    pub(crate) baseline: Option<PathBuf>,
    /// How much every line and function may grow.
    #[serde(default)]
    pub(crate) growth: Growth,
    /// Limits on functions.
    #[serde(default, rename = "limit")]
    pub(crate) limits: Vec<Limit>,
}

/// Allowed growth of a line or a function: the share or the slack, whichever is more.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Growth {
    /// Share of the baseline.
    pub(crate) share: Share,
    /// Growth that is always allowed.
    pub(crate) slack: Size,
    /// The compared figures; `None` for increment, and peak if it is measured.
    pub(crate) measures: Option<Vec<Measure>>,
}

impl Default for Growth {
    fn default() -> Self {
        Self { share: Share(10.0), slack: Size(64 << 10), measures: None }
    }
}

/// Limits for each function that matches a pattern.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    /// A pattern as in `MEM_PROFILE_FILTER`.
    pub(crate) function: String,
    #[serde(rename = "at-peak")]
    at_peak: Option<Size>,
    live: Option<Size>,
    increment: Option<Size>,
    peak: Option<Size>,
    allocated: Option<Size>,
    #[serde(alias = "allocations")]
    allocs: Option<u64>,
}

impl Limit {
    /// The limited figures, with their limits.
    pub(crate) fn each(&self) -> Vec<(Measure, u64)> {
        let size = |measure, size: Option<Size>| Some((measure, size?.0));
        let each = [
            size(Measure::AtPeak, self.at_peak),
            size(Measure::Live, self.live),
            size(Measure::Increment, self.increment),
            size(Measure::Peak, self.peak),
            size(Measure::Allocated, self.allocated),
            self.allocs.map(|count| (Measure::Allocs, count)),
        ];
        each.into_iter().flatten().collect()
    }
}

impl Limits {
    /// Parses a file.
    ///
    /// # Errors
    /// If the text is not TOML, has an unknown key or an invalid value, or contains no limit.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let limits: Self = toml::from_str(text).map_err(|error| in_one_line(&error, text))?;
        if limits.baseline.is_none() && limits.limits.is_empty() {
            bail!("it contains no limit: add a `baseline` or a `[[limit]]`");
        }
        if let Some(idle) = limits.limits.iter().find(|limit| limit.each().is_empty()) {
            bail!(
                "the limit on `{}` has no figure: add at-peak, live, increment, peak, allocated or allocs",
                idle.function,
            );
        }
        Ok(limits)
    }
}

fn in_one_line(error: &toml::de::Error, text: &str) -> anyhow::Error {
    let message = error.message().replace('\n', ", ");
    match error.span() {
        Some(span) => {
            let line = text[..span.start].matches('\n').count() + 1;
            anyhow::anyhow!("line {line}: {message}")
        }
        None => anyhow::anyhow!(message),
    }
}

/// A number of bytes, as `"24 MiB"` or plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

impl FromStr for Size {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let size: Result<ByteSize, _> = text.trim().parse();
        let size = size.ok().with_context(|| format!("`{text}` is not a size such as 24 MiB"))?;
        Ok(Self(size.as_u64()))
    }
}

/// A share in percent, as `"10 %"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

impl FromStr for Share {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = text.trim().strip_suffix('%').map(|number| number.trim().parse::<f64>());
        match number {
            Some(Ok(share)) if share >= 0.0 && share.is_finite() => Ok(Self(share)),
            _ => bail!("`{text}` is not a share such as 10%"),
        }
    }
}

impl Share {
    /// This share of `figure`, rounded down.
    pub(crate) fn of(self, figure: i128) -> i128 {
        (figure as f64 * self.0 / 100.0) as i128
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match NumberOrText::deserialize(deserializer) {
            Ok(NumberOrText::Number(bytes)) => Ok(Self(bytes)),
            Ok(NumberOrText::Text(text)) => text.parse().map_err(serde::de::Error::custom),
            Err(_) => Err(serde::de::Error::custom("expected a size such as \"24 MiB\"")),
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_read() {
        let text = r#"
            baseline = "main.json"
            [growth]
            share = "5 %"
            slack = "1 MiB"
            measures = ["increment", "allocs"]
            [[limit]]
            function = "shop::*"
            increment = 4096
            peak = "1.5 KiB"
            allocs = 7
        "#;
        let limits = Limits::parse(text).unwrap();
        let growth = Growth {
            share: Share(5.0),
            slack: Size(1 << 20),
            measures: Some(vec![Measure::Increment, Measure::Allocs]),
        };
        assert_eq!((limits.baseline, limits.growth), (Some("main.json".into()), growth));
        let each = [(Measure::Increment, 4096), (Measure::Peak, 1536), (Measure::Allocs, 7)];
        assert_eq!(limits.limits[0].each(), each);
    }

    #[test]
    fn invalid_limits_are_one_line() {
        let refusal = |text: &str| format!("{:#}", Limits::parse(text).unwrap_err());
        insta::assert_snapshot!(refusal(""), @"it contains no limit: add a `baseline` or a `[[limit]]`");
        insta::assert_snapshot!(refusal("[[limit]]\nfunction = \"a\""), @"the limit on `a` has no figure: add at-peak, live, increment, peak, allocated or allocs");
        insta::assert_snapshot!(refusal("[[limit]]\nfunction = \"a\"\npaek = 1"), @"
        line 3: unknown field `paek`, expected one of `function`, `at-peak`, `live`, `increment`, `peak`, `allocated`, `allocations`, `allocs`
        ");
        insta::assert_snapshot!(refusal("baseline = \"a\"\n[growth]\nshare = \"ten\""), @"line 3: `ten` is not a share such as 10%");
        insta::assert_snapshot!(refusal("[[limit]]\nfunction = \"a\"\npeak = \"1 apple\""), @"line 3: `1 apple` is not a size such as 24 MiB");
        insta::assert_snapshot!(refusal("[[limit]]\nfunction = \"a\"\npeak = -1"), @r#"line 3: expected a size such as "24 MiB""#);
        insta::assert_snapshot!(refusal("[limit"), @"line 1: unclosed table, expected `]`");
    }
}
