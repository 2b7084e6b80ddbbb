//! Two recordings side by side: which function and which line of one is which of the other.

mod lines;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use anyhow::{Result, bail};
use mem_profile_runtime::{FunctionSnapshot, LineSnapshot, Snapshot};
use serde::Serialize;

use crate::figures::{Figures, Measure};

/// A function or a line, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Full path of the function.
    pub(crate) function: String,
    /// Where it is: after, or before if it is gone.
    pub(crate) file: String,
    /// Line number, counted from 1; where it is gone, the last one it had.
    pub(crate) line: u32,
    /// The line that it was, if that was another.
    pub(crate) moved_from: Option<u32>,
    /// Source text; empty for a function.
    pub(crate) source: String,
    /// `None` where it is new.
    pub(crate) before: Option<Figures>,
    /// `None` where it is gone.
    pub(crate) after: Option<Figures>,
}

impl Change {
    /// The change of a function as such.
    fn at(function: &FunctionSnapshot, figures: (Option<Figures>, Option<Figures>)) -> Self {
        Self {
            function: function.name.clone(),
            file: function.file.clone(),
            line: function.line,
            moved_from: None,
            source: String::new(),
            before: figures.0,
            after: figures.1,
        }
    }

    /// How much more there is after. What is missing counts as nothing.
    pub(crate) fn growth(&self, measure: Measure) -> i128 {
        self.figure_after(measure) - self.figure_before(measure)
    }

    pub(crate) fn figure_before(&self, measure: Measure) -> i128 {
        self.before.and_then(|figures| measure.of(&figures)).unwrap_or(0)
    }

    pub(crate) fn figure_after(&self, measure: Measure) -> i128 {
        self.after.and_then(|figures| measure.of(&figures)).unwrap_or(0)
    }
}

/// Changes, ordered by growth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranking {
    /// Those that differ, the most grown first, the most shrunk last.
    pub(crate) shown: Vec<Change>,
    /// What the growth is of.
    pub(crate) measure: Measure,
    /// How many grew, shown or not.
    pub(crate) grew: usize,
    /// How many shrank, shown or not.
    pub(crate) shrank: usize,
    /// How many stayed as they were.
    pub(crate) same: usize,
}

impl Ranking {
    /// Ranks the changes and keeps the first `top` of those that differ.
    pub(crate) fn of(mut changes: Vec<Change>, measure: Measure, top: Option<usize>) -> Self {
        let count = changes.len();
        changes.retain(|change| change.growth(measure) != 0);
        changes.sort_by_key(|change| Reverse(change.growth(measure)));
        let grew = changes.iter().filter(|change| change.growth(measure) > 0).count();
        let (shrank, same) = (changes.len() - grew, count - changes.len());
        changes.truncate(top.unwrap_or(usize::MAX));
        Self { shown: changes, measure, grew, shrank, same }
    }
}

/// One function of two recordings, and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) function: Change,
    pub(crate) lines: Vec<Change>,
}

/// Compares two recordings.
///
/// Functions are matched by path and file, then by path, then by their text; lines as
/// [`lines::matched`] says.
///
/// # Errors
/// Readings of different kinds cannot be compared.
pub(crate) fn compare(before: &Snapshot, after: &Snapshot) -> Result<Vec<Compared>> {
    if before.backend != after.backend {
        bail!(
            "one recording counts {}, the other {}: record both with the same MEM_PROFILE_BACKEND",
            before.backend.name(),
            after.backend.name(),
        );
    }
    let was = matched_functions(&before.functions, &after.functions);
    let kept = after.functions.iter().zip(&was);
    let kept = kept.filter_map(|(function, was)| {
        Compared::new(was.map(|index| &before.functions[index]), Some(function))
    });
    let gone = before.functions.iter().enumerate().filter(|(at, _)| !was.contains(&Some(*at)));
    let gone = gone.filter_map(|(_, function)| Compared::new(Some(function), None));
    Ok(kept.chain(gone).collect())
}

impl Compared {
    /// `None` without either.
    fn new(before: Option<&FunctionSnapshot>, after: Option<&FunctionSnapshot>) -> Option<Self> {
        let place = after.or(before)?;
        let pairs = lines::matched(&body(before), &body(after));
        let lines = pairs.into_iter().filter_map(|(before, after)| {
            let line = after.or(before)?;
            let figures = (before.map(Figures::of_line), after.map(Figures::of_line));
            Some(Change {
                line: line.line,
                moved_from: before.map(|it| it.line).filter(|&from| from != line.line),
                source: line.source.clone(),
                ..Change::at(place, figures)
            })
        });
        let figures = (before.map(Figures::of_function), after.map(Figures::of_function));
        let moved_from = before.map(|it| it.line).filter(|&from| from != place.line);
        let function = Change { moved_from, ..Change::at(place, figures) };
        Some(Self { function, lines: lines.collect() })
    }
}

/// The lines of all functions.
pub(crate) fn lines(comparison: Vec<Compared>) -> Vec<Change> {
    comparison.into_iter().flat_map(|it| it.lines).collect()
}

fn body(function: Option<&FunctionSnapshot>) -> Vec<&LineSnapshot> {
    function.into_iter().flat_map(FunctionSnapshot::body_lines).collect()
}

/// For each function of `after` the index of the one that it was.
fn matched_functions(
    before: &[FunctionSnapshot],
    after: &[FunctionSnapshot],
) -> Vec<Option<usize>> {
    let mut was = vec![None; after.len()];
    pair(before, after, &mut was, |function| (function.name.clone(), function.file.clone()));
    pair(before, after, &mut was, |function| function.name.clone());
    pair(before, after, &mut was, |function| {
        let texts = function.body_lines().map(|line| line.source.trim().to_owned());
        texts.collect::<Vec<_>>()
    });
    was
}

/// Pairs what has no partner yet and the same key, in order.
fn pair<T, K: Eq + Hash>(
    before: &[T],
    after: &[T],
    was: &mut [Option<usize>],
    key: impl Fn(&T) -> K,
) {
    let mut free: HashMap<K, Vec<usize>> = HashMap::new();
    // The last index comes first, so that `pop` gives them in order.
    for (index, item) in before.iter().enumerate().rev() {
        if !was.contains(&Some(index)) {
            free.entry(key(item)).or_default().push(index);
        }
    }
    for (item, was) in after.iter().zip(was).filter(|(_, was)| was.is_none()) {
        *was = free.get_mut(&key(item)).and_then(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_recording_equals_itself() {
        let comparison = compare(&sample::leak(), &sample::leak()).unwrap();
        assert_eq!(comparison.len(), 3);
        for change in comparison.iter().flat_map(|it| it.lines.iter().chain([&it.function])) {
            assert_eq!((change.before, change.moved_from), (change.after, None));
        }
    }

    #[test]
    fn functions_are_found_again_in_another_file_and_under_another_name() {
        let (before, mut after) = (sample::leak(), sample::leak());
        after.functions[0].file = "examples/moved.rs".into();
        after.functions[1].name = "text::renamed".into();
        after.functions[2].name = "audit::other".into();
        after.functions[2].lines[1].source = "    something else".into();
        let comparison = compare(&before, &after).unwrap();
        let found = comparison.iter().map(|Compared { function, .. }| {
            (function.function.as_str(), function.before.is_some(), function.after.is_some())
        });
        let expected = [
            ("leak::process", true, true),
            ("text::renamed", true, true),
            ("audit::other", false, true),
            ("audit::log", true, false),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn functions_of_one_name_are_paired_in_order() {
        let mut twice = sample::leak();
        twice.functions[1] = FunctionSnapshot { line: 90, ..twice.functions[0].clone() };
        let comparison = compare(&twice, &twice).unwrap();
        assert!(comparison.iter().all(|it| it.function.moved_from.is_none()));
    }

    #[test]
    fn what_counts_differently_is_not_compared() {
        let error = compare(&sample::leak(), &sample::resident()).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"one recording counts heap, the other rss: record both with the same MEM_PROFILE_BACKEND");
    }
}
