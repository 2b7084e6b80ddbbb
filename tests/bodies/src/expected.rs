//! The figures that a table must have after the calls of its function.

use crate::noisy;
use crate::trace::{self, Event};
use mem_profile::{FunctionSnapshot, LineSnapshot};
use std::cell::Cell;
use std::collections::BTreeMap;

/// The expected figures of all calls of one function.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    change: Cell<i64>,
    calls: u64,
    steps: BTreeMap<u32, u64>,
    made: BTreeMap<u32, u64>,
}

/// Adds the change of the thread's memory during its own lifetime.
pub(crate) struct Change<'a> {
    total: &'a Cell<i64>,
    before: i64,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.total.set(self.total.get() + exact::live_here() - self.before);
    }
}

impl Expected {
    /// Surrounds an outermost call.
    pub(crate) fn outermost(&self) -> Change<'_> {
        Change { total: &self.change, before: exact::live_here() }
    }

    /// Adds the trace of a call.
    pub(crate) fn add_trace(&mut self) {
        trace::read(|events| {
            for event in events {
                match event {
                    Event::Entered => self.calls += 1,
                    Event::Step(number) => *self.steps.entry(*number).or_default() += 1,
                    Event::Made(number) => *self.made.entry(*number).or_default() += 1,
                    _ => {}
                }
            }
        });
    }

    /// Compares with the table, if there is one.
    pub(crate) fn compare(&self, name: &str) -> bool {
        let snapshot = mem_profile::snapshot();
        let path = format!("::{name}");
        let found = snapshot.functions.iter().find(|function| function.name.ends_with(&path));
        let Some(function) = found else { return false };
        let sum: i64 = function.body_lines().filter_map(|line| line.increment).sum();
        expect(name, "bytes in all", sum, self.change.get());
        self.compare_lines(name, function);
        true
    }

    fn compare_lines(&self, name: &str, function: &FunctionSnapshot) {
        expect(name, "calls", function.calls, self.calls);
        for line in function.body_lines() {
            let text = line.source.trim();
            let place = format!("{name} line {}", line.line);
            if let Some(number) = between(text, "step(", ");") {
                let steps = self.steps.get(&number).copied().unwrap_or(0);
                expect(&place, text, executions(line), steps);
            }
            if let Some((_, value)) = text.split_once(" = ")
                && let Some(number) = between(value, "Noisy::new(", ");")
            {
                let made = self.made.get(&number).copied().unwrap_or(0);
                let measured = (executions(line), line.allocations, line.allocated);
                let some = |number| (made > 0).then_some(number);
                let expected = (made, some(made), some(made * noisy::size(number)));
                expect(&place, text, measured, expected);
            }
        }
    }
}

/// The number between a prefix and a suffix of a text.
fn between(text: &str, before: &str, after: &str) -> Option<u32> {
    text.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}

fn executions(line: &LineSnapshot) -> u64 {
    line.occurrences.unwrap_or(0)
}

fn expect<T: PartialEq + std::fmt::Debug>(place: &str, what: &str, measured: T, expected: T) {
    if measured != expected {
        println!("wrong {place}: {what}: measured {measured:?}, expected {expected:?}");
    }
}
