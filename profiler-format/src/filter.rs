//! Selects the functions that are measured or shown: `MEM_PROFILE_FILTER`, and the command's options.

use std::cell::LazyCell;

use crate::glob::{collapsed, matches};

/// Patterns over function names. Without a pattern, every function matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionFilter {
    include: Patterns,
    exclude: Patterns,
}

/// Any number of patterns. Most are plain names, which are found by binary search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Patterns {
    /// Sorted.
    names: Vec<String>,
    globs: Vec<Glob>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob {
    pattern: String,
    /// Whether it may also match the last segment of a path alone.
    may_be_last: bool,
}

impl FunctionFilter {
    /// Reads patterns separated by commas. A pattern that starts with `!` excludes.
    ///
    /// `*` stands for any characters, `?` for one.
    #[must_use]
    pub fn parse(patterns: &str) -> Self {
        let mut filter = Self::default();
        for pattern in patterns.split(',').map(str::trim) {
            match pattern.strip_prefix('!') {
                Some(excluded) => filter.exclude.add(excluded.trim()),
                None => filter.include.add(pattern),
            }
        }
        filter.include.names.sort_unstable();
        filter.exclude.names.sort_unstable();
        filter
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Whether the function with this full path, such as `leak::build`, is selected.
    ///
    /// A pattern without `::` may also match the last segment of the path alone.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        (self.include.is_empty() || self.include.cover(path)) && !self.exclude.cover(path)
    }
}

impl Patterns {
    fn add(&mut self, pattern: &str) {
        if pattern.contains(['*', '?']) {
            let may_be_last = !pattern.contains("::") && !pattern.starts_with('*');
            self.globs.push(Glob { pattern: collapsed(pattern), may_be_last });
        } else if !pattern.is_empty() {
            self.names.push(pattern.to_owned());
        }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.globs.is_empty()
    }

    fn cover(&self, path: &str) -> bool {
        let last = LazyCell::new(|| path.rsplit("::").next().unwrap_or(path));
        let is_named = |name: &str| self.names.binary_search_by(|it| it.as_str().cmp(name)).is_ok();
        let is_covered = |glob: &Glob| {
            matches(&glob.pattern, path) || (glob.may_be_last && matches(&glob.pattern, &last))
        };
        (!self.names.is_empty() && (is_named(path) || is_named(&last)))
            || self.globs.iter().any(is_covered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_64_kib_take_no_longer_than_they_are_long() {
        let stars =
            ["*a", "*", "?", "a", "a*?", "abc::*"].map(|part| part.repeat((64 << 10) / part.len()));
        let name = |index: usize| format!("{index},*{index},a{index}*b,");
        let lists = (0..4_000).map(name).collect::<String>();
        let began = std::time::Instant::now();
        for pattern in stars.iter().chain([&lists]) {
            let filter = FunctionFilter::parse(pattern);
            let path = |index: usize| format!("{}::{index}x", "a".repeat(index % 200));
            let found = (0..300).filter(|index| filter.matches(&path(*index))).count();
            assert_eq!(found, if pattern.starts_with("**") { 300 } else { 0 });
        }
        let text = "a".repeat(1 << 20);
        assert!(!matches(&format!("*{}b*", &text[..1 << 19]), &text));
        // The last one alone is 10^11 comparisons if each place is tried.
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }

    #[test]
    fn includes_and_excludes_combine() {
        let filter = FunctionFilter::parse("leak::*, parse ,!*test*,,!");
        assert!(filter.matches("leak::build"));
        assert!(filter.matches("deep::inside::parse"));
        assert!(!filter.matches("leak::test_build"));
        assert!(!filter.matches("other::build"));
        assert!(
            FunctionFilter::default().is_empty() && FunctionFilter::default().matches("anything")
        );
        assert!(
            !FunctionFilter::parse("!a").is_empty() && FunctionFilter::parse("!a").matches("b")
        );
        assert!(!FunctionFilter::parse("a::b").matches("x::b"));
    }
}
