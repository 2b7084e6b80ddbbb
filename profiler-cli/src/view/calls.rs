//! Finds lines that only call another measured function.
//!
//! Such a line includes the figures of that function, so rankings and flame graphs would count them
//! twice. A recording does not contain who called whom, so it is derived from the source: the line has the
//! name of the function before a parenthesis, and the function's increment is at least half of the line's.

use std::collections::HashMap;

use mem_profile_format::{FunctionSnapshot, LineSnapshot};

use crate::figures::Figures;
use crate::highest::Highest;

/// The functions that were called, by the last part of their paths.
pub(crate) struct Callees<'a> {
    by_name: HashMap<&'a str, Namesakes>,
}

/// Functions with the same last part of their paths.
struct Namesakes {
    /// In the order of the recording.
    indices: Vec<usize>,
    /// The absolute increment of each.
    totals: Highest,
}

impl<'a> Callees<'a> {
    pub(crate) fn new(functions: &'a [FunctionSnapshot]) -> Self {
        let mut by_name: HashMap<&str, Vec<(usize, u64)>> = HashMap::new();
        for (index, function) in functions.iter().enumerate().filter(|(_, it)| it.calls > 0) {
            let total = Figures::of_function(function).increment.unwrap_or(0).unsigned_abs();
            by_name.entry(last_part(&function.name)).or_default().push((index, total));
        }
        let by_name = by_name.into_iter().map(|(name, functions)| {
            let totals = Highest::new(functions.iter().map(|(_, total)| *total));
            let indices = functions.into_iter().map(|(index, _)| index).collect();
            (name, Namesakes { indices, totals })
        });
        Self { by_name: by_name.collect() }
    }

    /// The index of the function that accounts for most of a line of `caller`, if there is one.
    pub(crate) fn of(&self, caller: usize, line: &LineSnapshot) -> Option<usize> {
        let least = line.increment.unwrap_or(0).unsigned_abs() / 2;
        let mut called = calls(&line.source).filter_map(|name| self.by_name.get(name));
        called.find_map(|namesakes| namesakes.first(caller, least))
    }
}

impl Namesakes {
    /// The first one with at least this increment that is not the caller.
    fn first(&self, caller: usize, least: u64) -> Option<usize> {
        let first = self.totals.first(0, least)?;
        if self.indices[first] != caller {
            return Some(self.indices[first]);
        }
        self.totals.first(first + 1, least).map(|next| self.indices[next])
    }
}

fn last_part(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// Names before opening parentheses, without functions that are defined there.
fn calls(source: &str) -> impl Iterator<Item = &str> {
    let code = source.split("//").next().unwrap_or_default();
    code.match_indices('(').filter_map(|(at, _)| {
        let before = &code[..at];
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let (before, name) = before.split_at(before.trim_end_matches(is_part).len());
        let is_defined = before.trim_end().ends_with("fn") && before.ends_with(' ');
        (!name.is_empty() && !is_defined).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{function, on_one_line, ran};

    fn line(source: &str, increment: i64) -> LineSnapshot {
        ran(9, source, (increment, 0, 0, 0, 1))
    }

    #[test]
    fn a_call_is_found_by_its_name_and_increment() {
        let body = |increment| vec![ran(1, "", (0, 0, 0, 0, 1)), line("work", increment)];
        let functions = [
            function("app::main", "a.rs", 1, body(1000)),
            function("app::Store::load", "a.rs", 1, body(900)),
            function("app::tiny", "a.rs", 1, body(5)),
        ];
        let callees = Callees::new(&functions);
        let of = |source: &str, increment| callees.of(0, &line(source, increment));
        assert_eq!(of("    let store = Store::load(path)?;", 1000), Some(1));
        assert_eq!(of("    load (path)", 1000), None);
        assert_eq!(of("    reload(path)", 1000), None);
        assert_eq!(of("    keep(); // load(path)", 1000), None);
        assert_eq!(of("    tiny(vec![0; 1000])", 1000), None);
        assert_eq!(of("    tiny(load())", 1000), Some(1));
        assert_eq!(of("    main()", 1000), None);
    }

    #[test]
    fn a_function_on_one_line_does_not_call_its_namesake() {
        let new = |name, increment| {
            let source = "fn new() -> Self { Self(vec![0; 900]) }";
            on_one_line(name, "a.rs", line(source, increment))
        };
        let functions = [new("app::A::new", 1000), new("app::B::new", 900)];
        let callees = Callees::new(&functions);
        assert_eq!(callees.of(0, &functions[0].lines[0]), None);
        assert_eq!(callees.of(0, &line("fn with() -> Self { B::new() }", 900)), Some(1));
    }
}
