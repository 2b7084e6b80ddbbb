//! Short names of functions.

use std::collections::{HashMap, HashSet};

/// The name of each path without its modules: `Parser::next`, `<B as D>::e`, `module::function`. A path whose short
/// name another one has too keeps its modules.
pub(super) fn short_names<'a>(paths: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let mut owners: HashMap<String, HashSet<&str>> = HashMap::new();
    for path in paths.clone() {
        owners.entry(short_name(path)).or_default().insert(path);
    }
    let name = |path: &str| {
        let short = short_name(path);
        if owners.get(&short).is_some_and(|paths| paths.len() > 1) {
            path.to_owned()
        } else {
            short
        }
    };
    paths.map(name).collect()
}

/// A type needs no modules, and a function outside of one the last.
fn short_name(path: &str) -> String {
    let path = without_unnamed(path);
    let is_plain = path.chars().all(|sign| is_of_word(sign) || sign == ':');
    let mut text = String::with_capacity(path.len());
    // Modules that were read and not written yet.
    let mut modules = String::new();
    let mut rest = path.as_str();
    while let Some(sign) = rest.chars().next() {
        let word = rest.trim_start_matches(is_of_word);
        let (name, after) = rest.split_at(rest.len() - word.len());
        if let Some(next) = after.strip_prefix("::").filter(|_| starts_module(name)) {
            modules.push_str(name);
            modules.push_str("::");
            rest = next;
            continue;
        }
        if !(sign.is_uppercase() || sign == '<') {
            text.push_str(&modules);
        }
        modules.clear();
        let length = if name.is_empty() { sign.len_utf8() } else { name.len() };
        text.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    text.push_str(&modules);
    if is_plain { last_two(&text).to_owned() } else { text }
}

fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn starts_module(name: &str) -> bool {
    name.starts_with(|sign: char| sign.is_lowercase() || sign == '_')
}

/// The last two parts of a path.
fn last_two(path: &str) -> &str {
    let before = path.rmatch_indices("::").nth(1);
    before.map_or(path, |(at, separator)| &path[at + separator.len()..])
}

/// A path without parameters that have no names: `Parser::next` for `Parser<'_, _>::next`.
pub(super) fn without_unnamed(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let inside = after.trim_start_matches(['\'', '_', ',', ' ']);
        rest = match inside.strip_prefix('>') {
            Some(behind) if inside.len() < after.len() => behind,
            _ => {
                text.push('<');
                after
            }
        };
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_has_no_modules_but_that_of_a_function() {
        let paths = [
            "app::Parser<'_, _>::next",
            "<app::shapes::Circle<a::B> as app::draw::Draw>::draw",
            "app::parse::<impl app::Text>::next",
            "app::parse::line",
            "app::parse::lines::{closure}",
            "main",
            "a::",
            "größe::Maß::neu",
        ];
        let expected = [
            "Parser::next",
            "<Circle<B> as Draw>::draw",
            "<impl Text>::next",
            "parse::line",
            "app::parse::lines::{closure}",
            "main",
            "a::",
            "Maß::neu",
        ];
        assert_eq!(paths.map(short_name), expected);
    }

    #[test]
    fn names_of_different_functions_differ() {
        let paths = ["a::one::new", "a::two::one::new", "a::B::new", "a::B::new"];
        let expected = ["a::one::new", "a::two::one::new", "B::new", "B::new"];
        assert_eq!(short_names(paths.into_iter()), expected);
    }

    #[test]
    fn only_parameters_without_names_are_left_out() {
        let shown = ["a::B<'_, _>::c", "<B<'_> as D<T>>::e", "a::<_", "B<u8>", "b", "B<>"];
        let expected = ["a::B::c", "<B as D<T>>::e", "a::<_", "B<u8>", "b", "B<>"];
        assert_eq!(shown.map(without_unnamed), expected);
    }
}
