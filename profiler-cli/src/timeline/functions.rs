//! Groups spans by function.

use std::collections::{BTreeMap, HashMap};

use super::model::{Span, Timeline};
use crate::highest::Highest;

/// All spans of one function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    /// As in the spans.
    pub(crate) name: String,
    pub(crate) calls: usize,
    /// How many calls have no span: none, so many, or an unknown number.
    pub(crate) omitted: Option<u64>,
    /// How long at least one call was running, in seconds.
    pub(crate) seconds: f64,
    /// The highest memory in use meanwhile, in bytes.
    pub(crate) peak: u64,
}

/// The functions of a run, longest running first.
pub(crate) fn functions(timeline: &Timeline) -> Vec<Function> {
    let mut by_name: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in &timeline.spans {
        by_name.entry(&span.function).or_default().push(span);
    }
    let samples = timeline.memory.samples.iter();
    let highest = Highest::new(samples.map(|sample| sample.bytes));
    let mut functions: Vec<_> = by_name
        .into_iter()
        .map(|(name, spans)| function(timeline, name, spans, &highest))
        .collect();
    functions.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    functions
}

fn function(timeline: &Timeline, name: &str, mut spans: Vec<&Span>, highest: &Highest) -> Function {
    let samples = &timeline.memory.samples;
    let omitted = timeline.omitted.get(name).copied().unwrap_or(Some(0));
    let calls = spans.len();
    let ends = spans.iter().flat_map(|span| [span.start.bytes, span.end.bytes]);
    let mut peak = ends.max().unwrap_or(0);
    spans.sort_by(|one, other| one.start.time.total_cmp(&other.start.time));
    let mut seconds = 0.0;
    let mut seen = f64::NEG_INFINITY;
    for span in spans {
        let from = span.start.time.max(seen);
        if span.end.time < from {
            continue;
        }
        seconds += span.end.time - from;
        seen = span.end.time;
        let first = samples.partition_point(|sample| sample.time < from);
        let end = samples.partition_point(|sample| sample.time <= seen);
        peak = peak.max(highest.within(first..end));
    }
    Function { name: name.to_owned(), calls, omitted, seconds, peak }
}

/// For each path its shortest suffix, in whole parts, that no other path has. A path that is a suffix of
/// another one stays whole.
pub(crate) fn labels<'a>(paths: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, &'a str> {
    let mut paths: Vec<_> = paths.into_iter().map(|path| (parts(path), path)).collect();
    // Paths with a common suffix become neighbours.
    paths.sort_unstable();
    paths.dedup();
    let shared: Vec<usize> = paths.windows(2).map(|pair| common(&pair[0].0, &pair[1].0)).collect();
    let label = |(index, (parts, path)): (usize, &(Vec<Part<'a>>, &'a str))| {
        let before = index.checked_sub(1).map_or(0, |before| shared[before]);
        let most = shared.get(index).copied().unwrap_or(0).max(before);
        let own: usize =
            parts.iter().take(most + 1).map(|(text, between)| text.len() + between.len()).sum();
        (*path, if most < parts.len() { &path[path.len() - own..] } else { *path })
    };
    paths.iter().enumerate().map(label).collect()
}

/// A part of a path, and the separator before the next part.
type Part<'a> = (&'a str, &'a str);

/// The parts of a path of Rust or Python, the last one first.
fn parts(path: &str) -> Vec<Part<'_>> {
    let is_sign = |sign: char| sign == ':' || sign == '.';
    let mut parts = Vec::new();
    let (mut end, mut separator) = (path.len(), "");
    loop {
        let rest = &path[..end];
        let found = rest
            .char_indices()
            .rev()
            .find(|(at, sign)| *sign == '.' || (*sign == ':' && rest[..*at].ends_with(':')));
        let start = found.map_or(0, |(at, _)| at + 1);
        if start < end || parts.is_empty() {
            parts.push((&path[start..end], separator));
        }
        if start == 0 {
            return parts;
        }
        end = rest[..start].trim_end_matches(is_sign).len();
        separator = &path[end..start];
    }
}

/// Number of parts in the common suffix of two paths.
fn common(one: &[Part<'_>], other: &[Part<'_>]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
