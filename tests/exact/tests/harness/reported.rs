//! The figures that the program reported, counted by its own allocator.

use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Reported {
    pub(crate) calls: Vec<Call>,
    pub(crate) values: BTreeMap<String, i64>,
    pub(crate) live: Option<i64>,
    /// The most bytes that were in use by the process.
    pub(crate) peak: Option<i64>,
}

/// An outermost call.
pub(crate) struct Call {
    pub(crate) function: String,
    /// Bytes that the process had in use before and after the call.
    pub(crate) before: i64,
    pub(crate) after: i64,
    /// Bytes that the thread allocated minus those that it freed, in the call.
    pub(crate) change: i64,
    /// How far they rose in it at the most.
    pub(crate) peak: i64,
}

impl Reported {
    pub(crate) fn read(stderr: &str) -> Self {
        let mut reported = Self::default();
        // The report of the tracer comes last.
        let is_own = |line: &&str| !line.starts_with("mem-profile trace: ");
        for line in stderr.lines().take_while(is_own) {
            let words: Vec<_> = line.split(' ').collect();
            let number = |text: &str| text.parse().expect("a number");
            match words[..] {
                ["truth", "call", function, before, after, change, peak] => {
                    reported.calls.push(Call {
                        function: function.to_owned(),
                        before: number(before),
                        after: number(after),
                        change: number(change),
                        peak: number(peak),
                    })
                }
                ["truth", "value", name, value] => {
                    reported.values.insert(name.to_owned(), number(value));
                }
                ["truth", "live", bytes, peak] => {
                    (reported.live, reported.peak) = (Some(number(bytes)), Some(number(peak)));
                }
                _ => panic!("unexpected on standard error:\n{stderr}"),
            }
        }
        reported
    }
}
