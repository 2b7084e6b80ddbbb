//! What the program said of itself, counted by its own allocator.

use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Said {
    pub(crate) calls: Vec<Call>,
    pub(crate) values: BTreeMap<String, i64>,
    pub(crate) live: Option<i64>,
}

/// An outermost call.
pub(crate) struct Call {
    pub(crate) function: String,
    /// Bytes that the process had in use before and after it.
    pub(crate) before: i64,
    pub(crate) after: i64,
    /// What the thread allocated minus what it freed in it.
    pub(crate) change: i64,
}

impl Said {
    pub(crate) fn read(stderr: &str) -> Self {
        let mut said = Self::default();
        for line in stderr.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let number = |text: &str| text.parse().expect("a number");
            match words[..] {
                ["truth", "call", function, before, after, change] => said.calls.push(Call {
                    function: function.to_owned(),
                    before: number(before),
                    after: number(after),
                    change: number(change),
                }),
                ["truth", "value", name, value] => {
                    said.values.insert(name.to_owned(), number(value));
                }
                ["truth", "live", bytes] => said.live = Some(number(bytes)),
                _ => panic!("unexpected on standard error:\n{stderr}"),
            }
        }
        said
    }
}
