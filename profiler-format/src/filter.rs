//! Which functions are measured or shown: `MEM_PROFILE_FILTER`, and the command's options.

use std::cell::LazyCell;

/// Patterns over function names. Without any, every function matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    include: Patterns,
    exclude: Patterns,
}

/// Any number of patterns. Most are names, and a name is looked up, however many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Patterns {
    /// In order.
    names: Vec<String>,
    globs: Vec<Glob>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Glob {
    pattern: String,
    /// Whether it may be of the last part of a path where it is not of the path.
    may_be_last: bool,
}

impl Filter {
    /// Reads patterns separated by commas; one that starts with `!` excludes.
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

    /// Whether there is no pattern at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Whether the function of this full path, such as `leak::build`, is wanted.
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

/// The same pattern, with one `*` for several in a row.
pub fn collapsed(pattern: &str) -> String {
    let mut collapsed = String::with_capacity(pattern.len());
    for sign in pattern.chars() {
        if sign != '*' || !collapsed.ends_with('*') {
            collapsed.push(sign);
        }
    }
    collapsed
}

/// Compares a pattern with the whole text.
///
/// A part between two `*` is searched once, behind the last one found: a later place would
/// leave less for the rest. So each part of the text is looked at once, unless there are `?`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return after_start(pattern, text) == Some("");
    };
    let Some(text) = after_start(first, text) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(text) = before_end(last, text) else { return false };
    middle.split('*').try_fold(text, |text, part| after(part, text)).is_some()
}

/// The rest of a text that begins like this.
fn after_start<'a>(start: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    let is_like = |wanted: char| rest.next().is_some_and(|found| wanted == '?' || wanted == found);
    start.chars().all(is_like).then_some(rest.as_str())
}

/// The rest of a text that ends like this.
fn before_end<'a>(end: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    let is_like =
        |wanted: char| rest.next_back().is_some_and(|found| wanted == '?' || wanted == found);
    end.chars().rev().all(is_like).then_some(rest.as_str())
}

/// The rest behind the first match of this part.
fn after<'a>(part: &str, text: &'a str) -> Option<&'a str> {
    if !part.contains('?') {
        // Mostly it is not there, which `contains` finds out faster.
        return if text.contains(part) { Some(text.split_once(part)?.1) } else { None };
    }
    text.char_indices().find_map(|(at, _)| after_start(part, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*ab*ab", "xabab", true),
            ("*ab", "abc", false),
            ("a**b", "ab", true),
            ("?", "é", true),
            ("*é", "caféé", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        assert!(!matches(&"a*".repeat(40), &format!("{}b", "c".repeat(10_000))));
        assert!(!matches(&format!("{}b", "*a".repeat(40)), &"a".repeat(10_000)));
    }

    #[test]
    fn patterns_of_64_kib_take_no_longer_than_they_are_long() {
        let stars =
            ["*a", "*", "?", "a", "a*?", "abc::*"].map(|part| part.repeat((64 << 10) / part.len()));
        let name = |index: usize| format!("{index},*{index},a{index}*b,");
        let lists = (0..4_000).map(name).collect::<String>();
        let began = std::time::Instant::now();
        for pattern in stars.iter().chain([&lists]) {
            let filter = Filter::parse(pattern);
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
        let filter = Filter::parse("leak::*, parse ,!*test*,,!");
        assert!(filter.matches("leak::build"));
        assert!(filter.matches("deep::inside::parse"));
        assert!(!filter.matches("leak::test_build"));
        assert!(!filter.matches("other::build"));
        assert!(Filter::default().is_empty() && Filter::default().matches("anything"));
        assert!(!Filter::parse("!a").is_empty() && Filter::parse("!a").matches("b"));
        assert!(!Filter::parse("a::b").matches("x::b"));
    }
}
