//! Which functions are measured or shown: `MEM_PROFILE_FILTER`, and the command's options.

/// Patterns over function names. Without any, every function matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Filter {
    /// Reads patterns separated by commas; one that starts with `!` excludes.
    ///
    /// `*` stands for any characters, `?` for one.
    #[must_use]
    pub fn parse(patterns: &str) -> Self {
        let mut filter = Self::default();
        for pattern in patterns.split(',').map(str::trim) {
            match pattern.strip_prefix('!').map(str::trim) {
                Some("") => {}
                Some(excluded) => filter.exclude.push(excluded.to_owned()),
                None if pattern.is_empty() => {}
                None => filter.include.push(pattern.to_owned()),
            }
        }
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
        let any = |patterns: &[String]| patterns.iter().any(|pattern| covers(pattern, path));
        (self.include.is_empty() || any(&self.include)) && !any(&self.exclude)
    }
}

fn covers(pattern: &str, path: &str) -> bool {
    let last = path.rsplit("::").next().unwrap_or(path);
    matches(pattern, path) || (!pattern.contains("::") && matches(pattern, last))
}

/// Compares a pattern with the whole text.
///
/// Only the last `*` seen is ever reconsidered: an earlier one already covers the least it can, and
/// covering more would not help. So the time is at most the product of the two lengths.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut last_star = None;
    loop {
        let (pattern_before, text_before) = (pattern.clone(), text.clone());
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = text_before;
                last_star = Some((pattern_before, text.clone()));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {}
            _ => {
                let Some((star, mut covered)) = last_star.take() else { return false };
                if covered.next().is_none() {
                    return false;
                }
                pattern = star.clone();
                pattern.next();
                text = covered.clone();
                last_star = Some((star, covered));
            }
        }
    }
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
