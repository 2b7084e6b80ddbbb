//! The differences, as a row per crate.

use std::fmt;

use anyhow::Result;
use serde::Serialize;

use crate::exceptions::Exception;
use crate::rounds;
use crate::trial::{Pair, Trial, first_error};

/// The head of the rows.
pub(crate) const HEADER: &str = "crate                      edition  functions   tests  differ  new warnings   \
       build       debug tests     release tests  binary";

/// The outcome of one crate.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    name: String,
    trial: Option<Trial>,
    /// Why there is no trial.
    failure: Option<String>,
    /// Differences that are not explained.
    differences: Vec<String>,
    explained: usize,
}

impl Outcome {
    pub(crate) fn new(name: &str, trial: Result<Trial>, exceptions: &[Exception]) -> Self {
        let name = name.to_owned();
        let trial = match trial {
            Ok(trial) => trial,
            Err(error) => {
                let failure = Some(format!("{error:#}"));
                return Self { name, trial: None, failure, differences: vec![], explained: 0 };
            }
        };
        let crate_name = name.split('@').next().unwrap_or(&name);
        let is_explained = |difference: &String| {
            exceptions.iter().any(|exception| {
                exception.name == crate_name && difference.contains(&exception.test)
            })
        };
        let mut all = differences("debug", &trial.debug);
        all.extend(trial.release.iter().flat_map(|pair| differences("release", pair)));
        let (explained, differences): (Vec<_>, Vec<_>) = all.into_iter().partition(is_explained);
        Self { name, trial: Some(trial), failure: None, differences, explained: explained.len() }
    }

    /// Whether it was tried and nothing unexplained differs.
    pub(crate) fn is_transparent(&self) -> bool {
        self.trial.is_some() && self.differences.is_empty()
    }
}

fn differences(profile: &str, pair: &Pair) -> Vec<String> {
    let Pair { plain, annotated } = pair;
    if !annotated.errors.is_empty() {
        let first = first_error(&annotated.errors);
        return vec![format!("{profile}: does not compile: {first}\n{}", annotated.errors)];
    }
    let mut found = Vec::new();
    for warning in annotated.warnings.difference(&plain.warnings) {
        found.push(format!("{profile}: new warning: {warning}"));
    }
    for (test, result) in &plain.tests {
        let now = annotated.tests.get(test).map_or("missing", String::as_str);
        // A binary fails because a test does, which is reported, or by itself.
        let by_a_test = test.ends_with("(the whole binary)") && annotated.tests.len() > 1;
        if now != result && !(by_a_test && plain.tests.len() == annotated.tests.len()) {
            found.push(format!("{profile}: {test}: {result} before, {now} with the attribute"));
        }
    }
    found
}

/// The ratio of `after` to `before`.
fn ratio(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| after / before)
}

/// Empty where nothing was measured.
fn seconds(before: f64, after: f64) -> String {
    if before > 0.0 { format!("{before:.2} → {after:.2}") } else { String::new() }
}

fn new_warnings(trial: &Trial) -> usize {
    let pairs = [Some(&trial.debug), trial.release.as_ref()];
    let new = |pair: &Pair| pair.annotated.warnings.difference(&pair.plain.warnings).count();
    pairs.into_iter().flatten().map(new).sum()
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(trial) = &self.trial else {
            let reason = self.failure.as_deref().unwrap_or_default();
            return write!(formatter, "{:<25}  NOT TRIED: {reason}", self.name);
        };
        let Trial { version, edition, functions, debug, release } = trial;
        let times = |pair: &Pair| seconds(pair.plain.test_seconds, pair.annotated.test_seconds);
        let build = seconds(debug.plain.build_seconds, debug.annotated.build_seconds);
        let sizes = release.as_ref().map_or_else(String::new, |pair| {
            let kib = |bytes: u64| bytes / 1024;
            format!("{} → {} KiB", kib(pair.plain.binary_bytes), kib(pair.annotated.binary_bytes))
        });
        write!(
            formatter,
            "{:<25}  {edition:>7}  {functions:>9}  {:>6}  {:>6}  {:>12}  {build:>14}  {:>16}  {:>16}  {sizes}",
            format!("{} {version}", self.name.split('@').next().unwrap_or_default()),
            debug.plain.tests.len(),
            self.differences.len(),
            new_warnings(trial),
            times(debug),
            release.as_ref().map_or_else(String::new, times),
        )?;
        if self.explained > 0 {
            write!(formatter, "  ({} explained)", self.explained)?;
        }
        for difference in &self.differences {
            write!(formatter, "\n    {}", difference.trim_end().replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

/// Median and worst of the costs of the attribute.
pub(crate) fn medians(outcomes: &[Outcome]) -> String {
    type Cost = fn(&Trial) -> Option<f64>;
    let costs: [(&str, Cost); 4] = [
        ("build, debug", |trial| {
            ratio(trial.debug.plain.build_seconds, trial.debug.annotated.build_seconds)
        }),
        ("tests, debug", |trial| {
            ratio(trial.debug.plain.test_seconds, trial.debug.annotated.test_seconds)
        }),
        ("tests, release", |trial| {
            let pair = trial.release.as_ref()?;
            ratio(pair.plain.test_seconds, pair.annotated.test_seconds)
        }),
        ("binary, release", |trial| {
            let pair = trial.release.as_ref()?;
            ratio(pair.plain.binary_bytes as f64, pair.annotated.binary_bytes as f64)
        }),
    ];
    let mut text = String::new();
    for (title, cost) in costs {
        let values: Vec<f64> =
            outcomes.iter().filter_map(|outcome| outcome.trial.as_ref().and_then(cost)).collect();
        let worst = values.iter().copied().max_by(f64::total_cmp);
        if let (Some(median), Some(worst)) = (rounds::median(values), worst) {
            text += &format!("{title:<16} median × {median:.2}, worst × {worst:.2}\n");
        }
    }
    let functions: usize = outcomes
        .iter()
        .filter_map(|outcome| outcome.trial.as_ref())
        .map(|trial| trial.functions)
        .sum();
    let transparent = outcomes.iter().filter(|outcome| outcome.is_transparent()).count();
    text + &format!("{transparent} of {} crates transparent, {functions} functions", outcomes.len())
}
