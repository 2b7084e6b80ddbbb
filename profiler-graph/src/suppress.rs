//! Leaks that somebody knows of, and that are left out.

use std::fmt;

use crate::types::Pattern;

/// Holders outside of what a capture sees.
const BUILT_IN: &str = "
# The standard library keeps a thread's handle in memory of C's malloc, and its name in the program's.
function: *thread_name_string::ThreadNameString*
";

/// The words that begin a line.
const KEYS: [&str; 3] = ["type:", "site:", "function:"];

/// Leaks that are left out of [`HeapGraph::leaks`](crate::HeapGraph::leaks), and counted in the notes. By default they
/// are those of holders outside of what a capture sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressions {
    rules: Vec<Rule>,
}

/// Suppresses what all of its patterns stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Its line in the user's file; 0 if it is built in.
    pub(crate) line: usize,
    pub(crate) text: String,
    /// For each of [`KEYS`].
    patterns: [Option<Pattern>; 3],
}

/// A line that is no suppression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SuppressionError {
    /// The line, counted from 1.
    pub line: usize,
    /// The fault of the line.
    pub what: &'static str,
}

impl fmt::Display for SuppressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} is not a suppression: {}", self.line, self.what)
    }
}

impl std::error::Error for SuppressionError {}

impl Default for Suppressions {
    fn default() -> Self {
        let mut rules = rules(BUILT_IN).unwrap_or_default();
        rules.iter_mut().for_each(|rule| rule.line = 0);
        Self { rules }
    }
}

impl Suppressions {
    /// None, not even those that are built in.
    #[must_use]
    pub const fn none() -> Self {
        Self { rules: Vec::new() }
    }

    /// Adds those of a file. Each line has a pattern for a type, a site, a function on the stack, or several of these:
    ///
    /// ```text
    /// # Leaked on purpose at the start.
    /// type: Box<Config>
    /// type: [*] site: src/cache.rs:*
    /// function: tracing_core::*
    /// ```
    ///
    /// # Errors
    /// The first line that has another form.
    pub fn add(&mut self, file: &str) -> Result<(), SuppressionError> {
        self.rules.extend(rules(file)?);
        Ok(())
    }

    /// The number of the first rule that stands for a leak.
    pub(crate) fn find(&self, name: &str, location: &str, functions: &[String]) -> Option<usize> {
        self.rules.iter().position(|Rule { patterns: [kind, site, function], .. }| {
            let is_kind = kind.as_ref().is_none_or(|kind| kind.matches(name));
            let is_site = site.as_ref().is_none_or(|site| site.matches(location));
            let is_within =
                |function: &Pattern| functions.iter().any(|name| function.matches(name));
            is_kind && is_site && function.as_ref().is_none_or(is_within)
        })
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

fn rules(file: &str) -> Result<Vec<Rule>, SuppressionError> {
    let lines = (1..).zip(file.lines().map(str::trim));
    let lines = lines.filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
    lines
        .map(|(line, text)| rule(line, text).map_err(|what| SuppressionError { line, what }))
        .collect()
}

fn rule(line: usize, text: &str) -> Result<Rule, &'static str> {
    let mut patterns = [const { None }; 3];
    let mut rest = text;
    while !rest.is_empty() {
        let key = KEYS.iter().position(|key| rest.starts_with(key));
        let key = key.ok_or("it does not begin with `type:`, `site:` or `function:`")?;
        let behind = &rest[KEYS[key].len()..];
        let end = KEYS.iter().filter_map(|key| behind.find(&format!(" {key}")));
        let (pattern, next) = behind.split_at(end.min().unwrap_or(behind.len()));
        let pattern = pattern.trim();
        if pattern.is_empty() {
            return Err("there is no pattern behind the colon");
        }
        if patterns[key].replace(Pattern::new(pattern)).is_some() {
            return Err("the same is there twice");
        }
        rest = next.trim_start();
    }
    Ok(Rule { line, text: text.to_owned(), patterns })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(file: &str) -> Result<Suppressions, SuppressionError> {
        let mut all = Suppressions::none();
        all.add(file).map(|()| all)
    }

    #[test]
    fn a_rule_suppresses_what_all_its_patterns_stand_for() {
        let all = added(
            "# comment\n\n type: Box<*>\r\ntype: [*] site: src/a.rs:*\nsite:src/b.rs:1 function: a::type::*",
        );
        let all = all.expect("rules");
        let functions = ["a::type::new".to_owned(), "b".to_owned()];
        let found = |name, site, functions: &[String]| all.find(name, site, functions);
        assert_eq!(found("Box<u8>", "x", &[]), Some(0));
        assert_eq!(found("[u8]", "src/a.rs:7", &[]), Some(1));
        assert_eq!(found("[u8]", "src/c.rs:7", &[]), None);
        assert_eq!(found("u8", "src/b.rs:1", &functions), Some(2));
        assert_eq!(found("u8", "src/b.rs:1", &functions[1..]), None);
        assert_eq!(found("u8", "src/b.rs:12", &functions), None);
        assert_eq!(all.rules().iter().map(|rule| rule.line).collect::<Vec<_>>(), [3, 4, 5]);
    }

    #[test]
    fn a_malformed_line_is_an_error_with_its_number() {
        let wrong = [
            ("type: a\nleak:foo", 2, "it does not begin"),
            ("\n\ntype:", 3, "there is no pattern"),
            ("type: site: a", 1, "there is no pattern"),
            ("type: a type: b", 1, "the same is there twice"),
            ("src/main.rs:12 type: a", 1, "it does not begin"),
        ];
        for (file, line, what) in wrong {
            let error = added(file).expect_err(file);
            assert_eq!(error.line, line, "{file}");
            assert!(error.what.starts_with(what), "{error}");
        }
        let error = added("x").expect_err("no rule").to_string();
        assert_eq!(
            error,
            "line 1 is not a suppression: it does not begin with `type:`, `site:` or `function:`"
        );
    }

    #[test]
    fn what_is_built_in_is_understood() {
        let name = "<std::thread::thread::thread_name_string::ThreadNameString as core::convert::From<alloc::string::String>>::from";
        let all = Suppressions::default();
        assert_eq!(all.find("[u8]", "src/main.rs:1", &[name.to_owned()]), Some(0));
        assert_eq!(all.find("[u8]", "src/main.rs:1", &["std::thread::spawn".to_owned()]), None);
        assert!(all.rules().iter().all(|rule| rule.line == 0));
    }
}
