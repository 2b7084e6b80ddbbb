//! Figures of one moment, for what collects metrics.

#[cfg(any(test, feature = "prometheus"))]
mod prometheus;

#[cfg(any(test, feature = "prometheus"))]
pub use self::prometheus::MetricsFormat;

use std::collections::HashMap;
use std::time::Duration;

use mem_profile_account::{Account, ClassKind};
use mem_profile_format::report::printable_line;

use crate::limit::Limit;
use crate::line::Line;
use crate::sample::Sample;

/// Lines that are metrics of their own, where nothing else is asked for.
pub const LINES: usize = 20;

/// The name of all other lines.
pub(crate) const OTHER: &str = "other";

/// No name of a line is longer, in characters.
const LONGEST: usize = 200;

/// Figures of a process at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Metrics {
    /// The resident set, in bytes.
    pub resident: u64,
    /// The size of the address space, in bytes.
    pub address_space: u64,
    /// When the process was started, since 1970.
    pub started_at: Option<Duration>,
    /// The resident set by its use. If there are classes, they add up to it.
    pub classes: Vec<(ClassKind, u64)>,
    /// Bytes of live blocks, if the allocator counts them.
    pub live: Option<u64>,
    /// Bytes and blocks allocated so far, if the allocator counts them.
    pub allocated: Option<(u64, u64)>,
    /// Names of lines and what each holds, the largest first.
    pub lines: Vec<(String, u64)>,
    /// Bytes of all other lines.
    pub other_lines: Option<u64>,
    /// The limit that holds.
    pub limit: Option<Limit>,
    /// The share of the last 10 s in which a task waited for memory, from 0 to 1.
    pub pressure: Option<f64>,
    /// Warnings so far.
    pub warnings: u64,
    /// Critical events so far.
    pub criticals: u64,
}

impl Metrics {
    /// Those of a sample.
    #[must_use]
    pub fn new(sample: &Sample) -> Self {
        let pressure = sample.group.and_then(|group| group.pressure);
        Self {
            resident: sample.resident,
            address_space: sample.address_space,
            live: sample.live,
            limit: sample.limit,
            pressure: pressure.map(|percent| f64::from(percent) / 100.0),
            ..Self::default()
        }
    }

    /// Divides the resident set by its use. It becomes the account's, so that classes add up to it.
    #[must_use]
    pub fn with_account(mut self, account: &Account) -> Self {
        self.resident = account.resident;
        self.classes = account.classes.iter().map(|class| (class.kind, class.bytes)).collect();
        self
    }

    /// The `count` lines that hold most, and the sum of all others, which is named `other`. So a function of that name is
    /// among them.
    #[must_use]
    pub fn with_lines(mut self, lines: &[Line], count: usize) -> Self {
        let mut by_name: HashMap<String, u64> = HashMap::new();
        for line in lines {
            let bytes = by_name.entry(name(&line.site)).or_default();
            *bytes = bytes.saturating_add(line.bytes);
        }
        let of_namesake = by_name.remove(OTHER).unwrap_or(0);
        let mut lines: Vec<_> = by_name.into_iter().filter(|&(_, bytes)| bytes > 0).collect();
        lines.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        let others = lines.split_off(count.min(lines.len()));
        let others = others.iter().map(|(_, bytes)| *bytes);
        self.other_lines = Some(others.fold(of_namesake, u64::saturating_add));
        self.lines = lines;
        self
    }
}

/// A line's name. Names of functions may be long.
fn name(site: &str) -> String {
    let shown = printable_line(site);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(site: &str, bytes: u64) -> Line {
        Line { site: site.to_owned(), bytes, ..Line::default() }
    }

    #[test]
    fn each_byte_is_on_one_line_or_among_the_others() {
        let all =
            [line("a", 5), line("b", 7), line("a", 4), line("c", 7), line("d", 1), line("e", 0)];
        let metrics = Metrics::default().with_lines(&all, 2);
        assert_eq!(metrics.lines, [("a".to_owned(), 9), ("b".to_owned(), 7)]);
        assert_eq!(metrics.other_lines, Some(8));
        let none = Metrics::default().with_lines(&[], 2);
        assert_eq!((none.lines.len(), none.other_lines), (0, Some(0)));
    }

    #[test]
    fn a_function_that_is_named_other_is_no_second_series() {
        let all = [line("other", 9), line("a", 5), line("b", 1)];
        let metrics = Metrics::default().with_lines(&all, 1);
        assert_eq!(metrics.lines, [("a".to_owned(), 5)]);
        assert_eq!(metrics.other_lines, Some(10));
        let huge = Metrics::default().with_lines(&[line("a", u64::MAX), line("a", 2)], 1);
        assert_eq!(huge.lines, [("a".to_owned(), u64::MAX)], "a recording may say anything");
    }

    #[test]
    fn names_are_short_and_print_as_one_line() {
        assert_eq!(name("a\nb"), "a\\u{a}b");
        let long = name(&"ü".repeat(1000));
        assert_eq!((long.chars().count(), long.ends_with("ü…")), (201, true));
        let both = [line(&("x".repeat(300) + "1"), 1), line(&("x".repeat(300) + "2"), 2)];
        let metrics = Metrics::default().with_lines(&both, 9);
        assert_eq!(metrics.lines, [("x".repeat(200) + "…", 3)], "no name is there twice");
    }
}
