//! One row of a recording, and the comment on its line.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A row of a recording.
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) source: String,
    pub(crate) usage: Option<i64>,
    pub(crate) increment: Option<i64>,
    pub(crate) occurrences: Option<i64>,
    /// Whether usage and increment are the reading at entry.
    pub(crate) is_entry: bool,
    others: [Option<i64>; 3],
    /// Bytes at the peak and at the end, where live blocks are recorded.
    pub(crate) held: [Option<i64>; 2],
}

impl Row {
    pub(crate) fn read(row: &Value) -> Self {
        let number = |name: &str| {
            let value = row.get(name).unwrap_or_else(|| panic!("a row without `{name}`: {row}"));
            assert!(value.is_i64() || value.is_null(), "`{name}` is {value}");
            value.as_i64()
        };
        Self {
            line: number("line").expect("a line number") as usize,
            source: row["source"].as_str().expect("source text").to_owned(),
            usage: number("usage"),
            increment: number("increment"),
            occurrences: number("occurrences"),
            is_entry: row["kind"] == "entry",
            others: ["peak", "allocations", "allocated"].map(number),
            held: ["at_peak", "live"].map(number),
        }
    }

    /// The figures that a comment states. A row has all of them or none.
    pub(crate) fn figures(&self) -> Figures {
        let [peak, allocations, allocated] = self.others;
        let Self { increment, occurrences, usage, .. } = *self;
        let all = [increment, peak, allocations, allocated, occurrences, usage];
        let there = all.iter().flatten().count();
        assert!([0, all.len()].contains(&there), "line {} has some figures: {all:?}", self.line);
        Figures { increment, peak, allocations, allocated, occurrences }
    }
}

/// The figures of a line: those in its comment, or those of its row.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) increment: Option<i64>,
    pub(crate) peak: Option<i64>,
    pub(crate) allocations: Option<i64>,
    pub(crate) allocated: Option<i64>,
    pub(crate) occurrences: Option<i64>,
}

/// The text behind `//=`.
pub(crate) fn comment(line: &str) -> Option<&str> {
    line.split_once(" //= ").map(|(_, comment)| comment)
}

/// The line without its comment.
pub(crate) fn code(line: &str) -> &str {
    line.split_once(" //= ").map_or(line, |(code, _)| code).trim()
}

pub(crate) fn is_last(line: &str) -> bool {
    comment(line).is_some_and(|comment| comment.split(' ').any(|word| word == "last"))
}

impl Figures {
    pub(crate) fn parse(line: &str, names: &BTreeMap<String, i64>) -> Self {
        let Some(comment) = comment(line) else { return Self::default() };
        let mut found = [0; 5];
        for word in comment.split(' ').filter(|word| *word != "last") {
            if word.ends_with(['p', 'l']) {
                continue;
            }
            let (field, sum) = match word.strip_prefix('^') {
                Some(sum) => (1, sum),
                None if word.starts_with(['+', '-']) => (0, word),
                None => match word.split_at(word.len() - 1) {
                    (sum, "a") => (2, sum),
                    (sum, "b") => (3, sum),
                    (sum, "x") => (4, sum),
                    _ => panic!("unknown figure `{word}` in `//= {comment}`"),
                },
            };
            found[field] = evaluate(sum, names);
        }
        assert!(found[4] > 0, "no occurrences (`1x`) in `//= {comment}`");
        let [increment, peak, allocations, allocated, occurrences] = found.map(Some);
        Self { increment, peak, allocations, allocated, occurrences }
    }
}

/// The bytes at the peak and at the end that a comment states, if it states any.
pub(crate) fn held(line: &str, names: &BTreeMap<String, i64>) -> [Option<i64>; 2] {
    let words = || comment(line).unwrap_or("").split(' ');
    ["p", "l"].map(|suffix| {
        words().find_map(|word| word.strip_suffix(suffix)).map(|sum| evaluate(sum, names))
    })
}

/// `100`, `-20`, `+100+2*F`.
fn evaluate(sum: &str, names: &BTreeMap<String, i64>) -> i64 {
    let terms = sum.replace('-', "+-");
    let factor = |text: &str| match text.parse() {
        Ok(number) => number,
        Err(_) => *names.get(text).unwrap_or_else(|| {
            panic!(
                "unknown name `{text}` in `{sum}`: the program has to report it by `exact::value`"
            )
        }),
    };
    let term = |text: &str| match text.strip_prefix('-') {
        Some(text) => -text.split('*').map(factor).product::<i64>(),
        None => text.split('*').map(factor).product::<i64>(),
    };
    terms.split('+').filter(|text| !text.is_empty()).map(term).sum()
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self {
            increment: Some(increment),
            peak: Some(peak),
            allocations: Some(allocations),
            allocated: Some(allocated),
            occurrences: Some(occurrences),
        } = self
        else {
            return write!(formatter, "a line that does not run");
        };
        let parts = [
            (*increment, format!("{increment:+} ")),
            (*peak, format!("^{peak} ")),
            (*allocations, format!("{allocations}a ")),
            (*allocated, format!("{allocated}b ")),
        ];
        let parts = parts.into_iter().filter(|(figure, _)| *figure != 0).map(|(_, text)| text);
        write!(formatter, "//= {}{occurrences}x", parts.collect::<String>())
    }
}
