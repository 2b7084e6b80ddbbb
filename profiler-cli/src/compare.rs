//! Compares two recordings: matches their functions and lines. It neither reads nor prints them.
//!
//! Functions are matched by path and file, then by path, then by text. Lines are matched by their
//! text in order, then anywhere, then by position in an edited part. After two seconds, the lines of
//! the remaining functions are paired by their order, and a note names the functions.

mod lines;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use mem_profile_format::{FunctionSnapshot, LineSnapshot, Snapshot};
use serde::Serialize;

use crate::figures::{Figures, Measure};

/// A function or a line, before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Full path of the function.
    pub(crate) function: String,
    /// Its file after, or before if it is gone.
    pub(crate) file: String,
    /// Line number, counted from 1: after, or before if it is gone.
    pub(crate) line: u32,
    /// The line number before, if it was different.
    pub(crate) moved_from: Option<u32>,
    /// Source text; empty for a function.
    pub(crate) source: String,
    /// A note on the function's figures, before or after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// `None` if it is new.
    pub(crate) before: Option<Figures>,
    /// `None` if it is gone.
    pub(crate) after: Option<Figures>,
}

impl Change {
    /// The change of a whole function.
    fn at(function: &FunctionSnapshot, figures: (Option<Figures>, Option<Figures>)) -> Self {
        Self {
            function: function.name.clone(),
            file: function.file.clone(),
            line: function.line,
            moved_from: None,
            source: String::new(),
            note: function.note.clone(),
            before: figures.0,
            after: figures.1,
        }
    }

    /// The figure after minus before. A missing one counts as 0.
    pub(crate) fn growth(&self, measure: Measure) -> i128 {
        self.figure_after(measure) - self.figure_before(measure)
    }

    /// Whether it ran before and after, and one of the two lacks the figure.
    pub(crate) fn lacks(&self, measure: Measure) -> bool {
        let ran = |figures: &Figures| figures.occurrences.is_some();
        let both = self.before.filter(ran).zip(self.after.filter(ran));
        both.is_some_and(|(before, after)| {
            measure.of(&before).is_some() != measure.of(&after).is_some()
        })
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
    /// Those that differ, largest growth first.
    pub(crate) shown: Vec<Change>,
    /// The figure that is compared.
    pub(crate) measure: Measure,
    /// How many grew, shown or not.
    pub(crate) grew: usize,
    /// How many shrank, shown or not.
    pub(crate) shrank: usize,
    /// How many did not change.
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

/// Time limit for matching lines by their text.
const LONGEST: Duration = Duration::from_secs(2);

/// One function of two recordings, and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub(crate) function: Change,
    pub(crate) lines: Vec<Change>,
    /// Whether its lines were paired by their order, because of the time limit.
    pub(crate) is_by_order: bool,
}

/// The note on functions whose lines were paired by their order.
pub(crate) fn note(comparison: &[Compared]) -> Option<String> {
    let by_order = || comparison.iter().filter(|it| it.is_by_order);
    let first = &by_order().next()?.function.function;
    let more = match by_order().count() - 1 {
        0 => String::new(),
        more => format!(" and {more} more functions"),
    };
    let seconds = LONGEST.as_secs();
    Some(format!(
        "lines of {first}{more} are paired by their order: matching them by their text takes more \
         than {seconds} s"
    ))
}

/// Compares two recordings.
///
/// Functions are matched by path and file, then by path, then by their text; lines as
/// [`lines::matched`] says.
///
/// # Errors
/// If the recordings have different backends.
pub(crate) fn compare(before: &Snapshot, after: &Snapshot) -> Result<Vec<Compared>> {
    if before.backend != after.backend {
        bail!(
            "the recordings measure different things, {} and {}: use the same MEM_PROFILE_BACKEND for both",
            before.backend.name(),
            after.backend.name(),
        );
    }
    let deadline = Instant::now() + LONGEST;
    let matching = matched_functions(&before.functions, &after.functions);
    let kept = after.functions.iter().zip(&matching.was);
    let kept = kept.filter_map(|(function, was)| {
        Compared::new(was.map(|index| &before.functions[index]), Some(function), deadline)
    });
    let gone = before.functions.iter().zip(&matching.taken).filter(|(_, is_taken)| !**is_taken);
    let gone = gone.filter_map(|(function, _)| Compared::new(Some(function), None, deadline));
    Ok(kept.chain(gone).collect())
}

impl Compared {
    /// `None` without either.
    fn new(
        before: Option<&FunctionSnapshot>,
        after: Option<&FunctionSnapshot>,
        deadline: Instant,
    ) -> Option<Self> {
        let place = after.or(before)?;
        let note = [after, before].into_iter().flatten().find_map(|it| it.note.clone());
        let matched = lines::matched(&body(before), &body(after), deadline);
        let lines = matched.pairs.into_iter().filter_map(|(before, after)| {
            let line = after.or(before)?;
            let figures = (before.map(Figures::of_line), after.map(Figures::of_line));
            Some(Change {
                line: line.line,
                moved_from: before.map(|it| it.line).filter(|&from| from != line.line),
                source: line.source.clone(),
                note: note.clone(),
                ..Change::at(place, figures)
            })
        });
        let lines = lines.collect();
        let figures = (before.map(Figures::of_function), after.map(Figures::of_function));
        let moved_from = before.map(|it| it.line).filter(|&from| from != place.line);
        let function = Change { moved_from, note, ..Change::at(place, figures) };
        Some(Self { function, lines, is_by_order: matched.is_by_order })
    }
}

/// The lines of all functions.
pub(crate) fn lines(comparison: Vec<Compared>) -> Vec<Change> {
    comparison.into_iter().flat_map(|it| it.lines).collect()
}

fn body(function: Option<&FunctionSnapshot>) -> Vec<&LineSnapshot> {
    function.into_iter().flat_map(FunctionSnapshot::body_lines).collect()
}

/// Pairs of functions.
struct Matching {
    /// For each function after, its index before.
    was: Vec<Option<usize>>,
    taken: Vec<bool>,
}

fn matched_functions(before: &[FunctionSnapshot], after: &[FunctionSnapshot]) -> Matching {
    let (was, taken) = (vec![None; after.len()], vec![false; before.len()]);
    let mut matching = Matching { was, taken };
    matching.pair(before, after, |function| (function.name.as_str(), function.file.as_str()));
    matching.pair(before, after, |function| function.name.as_str());
    matching.pair(before, after, |function| {
        let texts = function.body_lines().map(|line| line.source.trim());
        texts.collect::<Vec<_>>()
    });
    matching
}

impl Matching {
    /// Pairs functions that have no partner yet and the same key, in order.
    fn pair<'a, T, K: Eq + Hash>(
        &mut self,
        before: &'a [T],
        after: &'a [T],
        key: impl Fn(&'a T) -> K,
    ) {
        let mut free: HashMap<K, Vec<usize>> = HashMap::new();
        // In reverse, so that `pop` returns them in order.
        for (index, item) in before.iter().enumerate().rev() {
            if !self.taken[index] {
                free.entry(key(item)).or_default().push(index);
            }
        }
        for (item, was) in after.iter().zip(&mut self.was).filter(|(_, was)| was.is_none()) {
            *was = free.get_mut(&key(item)).and_then(Vec::pop);
            if let Some(index) = *was {
                self.taken[index] = true;
            }
        }
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
    fn different_backends_are_not_compared() {
        let error = compare(&sample::leak(), &sample::resident()).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"the recordings measure different things, heap and rss: use the same MEM_PROFILE_BACKEND for both");
    }
}
