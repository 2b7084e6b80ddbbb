//! Spans, put together by function.

use std::collections::{BTreeMap, HashMap};

use super::{Sample, Span, Timeline};

/// All spans of one function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Function {
    /// As in the spans.
    pub(crate) name: String,
    pub(crate) calls: usize,
    /// How long at least one call was running, in seconds.
    pub(crate) seconds: f64,
    /// The most that was in use meanwhile, in bytes.
    pub(crate) peak: u64,
}

/// The functions of a run, the one that ran longest first.
pub(crate) fn functions(timeline: &Timeline) -> Vec<Function> {
    let mut by_name: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in &timeline.spans {
        by_name.entry(&span.function).or_default().push(span);
    }
    let mut functions: Vec<_> = by_name
        .into_iter()
        .map(|(name, spans)| function(name, spans, &timeline.memory.samples))
        .collect();
    functions.sort_by(|one, other| other.seconds.total_cmp(&one.seconds));
    functions
}

fn function(name: &str, mut spans: Vec<&Span>, samples: &[Sample]) -> Function {
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
        let inside = samples[first..].iter().take_while(|sample| sample.time <= seen);
        peak = inside.map(|sample| sample.bytes).fold(peak, u64::max);
    }
    Function { name: name.to_owned(), calls, seconds, peak }
}

/// For each path the shortest end of it, in whole parts, that no other has.
pub(crate) fn labels<'a>(paths: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, &'a str> {
    let mut labels = HashMap::new();
    let mut rest: Vec<&str> = paths.into_iter().collect();
    rest.sort_unstable();
    rest.dedup();
    for parts in 1.. {
        let mut same: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in rest.drain(..) {
            same.entry(last(path, parts)).or_default().push(path);
        }
        for (label, paths) in same {
            match paths[..] {
                [path] => _ = labels.insert(path, label),
                // A whole path may be the end of another: it stays what it is.
                _ => rest.extend(paths),
            }
        }
        if rest.is_empty() {
            break;
        }
        let is_whole = |path: &&str| last(path, parts).len() == path.len();
        for whole in rest.extract_if(.., |path| is_whole(&*path)) {
            labels.insert(whole, whole);
        }
    }
    labels
}

/// The last so many parts of a path, as Rust or Python write it.
fn last(path: &str, parts: usize) -> &str {
    let mut start = path.len();
    for _ in 0..parts {
        let separator = ["::", "."].iter().filter_map(|it| Some((path[..start].rfind(it)?, it)));
        match separator.max() {
            Some((at, _)) => start = at,
            None => return path,
        }
    }
    path[start..].trim_start_matches([':', '.'])
}
