//! Patterns: `*` stands for any characters, `?` for one.

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
/// A part between two `*` is searched once, after the previous match: a later match would
/// leave less for the rest. So the text is searched once, unless there are `?`.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return after_start(pattern, text) == Some("");
    };
    let Some(text) = after_start(first, text) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(text) = before_end(last, text) else { return false };
    middle.split('*').try_fold(text, |text, part| after(part, text)).is_some()
}

/// The rest of a text that starts with this pattern.
fn after_start<'a>(start: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    let is_like = |wanted: char| rest.next().is_some_and(|found| wanted == '?' || wanted == found);
    start.chars().all(is_like).then_some(rest.as_str())
}

/// The rest of a text that ends with this pattern.
fn before_end<'a>(end: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    let is_like =
        |wanted: char| rest.next_back().is_some_and(|found| wanted == '?' || wanted == found);
    end.chars().rev().all(is_like).then_some(rest.as_str())
}

/// The rest after the first match of this part.
fn after<'a>(part: &str, text: &'a str) -> Option<&'a str> {
    if !part.contains('?') {
        // Usually it does not occur, which `contains` finds out faster.
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
}
