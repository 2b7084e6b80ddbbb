//! Selects the functions to measure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mem_profile_format::{FunctionFilter, report};
use mem_profile_rewrite::Candidate;

/// Number of suggestions.
const MISSES: usize = 3;
/// Longest text that is compared, in bytes: the time is the product of the lengths.
const LONGEST: usize = 200;
/// Least similarity of a suggestion, of 1.
const ALIKE: f32 = 0.6;
/// Largest difference in similarity from the best suggestion.
const LESS_ALIKE: f32 = 0.15;

/// Patterns of functions; without any, all functions match that are not trivial.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns(Vec<Pattern>);

#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Globs on paths.
    Path(FunctionFilter),
    /// The functions around a line of a file.
    Line(PathBuf, usize),
    /// Globs on paths of excluded functions.
    Except(FunctionFilter),
}

impl Patterns {
    pub(crate) fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Self {
        let parse = |text: &str| {
            let line = text.rsplit_once(':').and_then(|(file, line)| {
                let is_file = file.ends_with(".rs");
                is_file.then(|| Some(Kind::Line(file.into(), line.parse().ok()?)))?
            });
            let kind = line.unwrap_or_else(|| match text.strip_prefix('!') {
                Some(excluded) => Kind::Except(FunctionFilter::parse(excluded)),
                None => Kind::Path(FunctionFilter::parse(text)),
            });
            Pattern { text: text.to_owned(), kind }
        };
        let patterns = patterns.into_iter().flat_map(|text| text.split(',')).map(str::trim);
        Self(patterns.filter(|text| !text.is_empty()).map(parse).collect())
    }

    /// Whether each function of one file is to be measured.
    pub(crate) fn choose(&self, candidates: &[Candidate]) -> Vec<bool> {
        let (except, include): (Vec<_>, Vec<_>) =
            self.0.iter().partition(|pattern| matches!(pattern.kind, Kind::Except(_)));
        let is_chosen = |candidate: &Candidate| match include.is_empty() {
            true => !candidate.function.is_trivial,
            false => include.iter().any(|pattern| pattern.names(candidate, candidates)),
        };
        let is_excluded =
            |candidate: &_| except.iter().any(|pattern| pattern.names(candidate, candidates));
        candidates.iter().map(|it| is_chosen(it) && !is_excluded(it)).collect()
    }

    /// Whether it says which functions are measured, rather than only which are not.
    pub(crate) fn name_functions(&self) -> bool {
        self.0.iter().any(|pattern| !matches!(pattern.kind, Kind::Except(_)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The indices of the patterns that match at least one function.
    pub(crate) fn matching(&self, candidates: &[Candidate]) -> BTreeSet<usize> {
        let names = |pattern: &Pattern| candidates.iter().any(|it| pattern.names(it, candidates));
        (0..).zip(&self.0).filter(|(_, pattern)| names(pattern)).map(|(number, _)| number).collect()
    }

    /// The patterns whose index is not in `matching`, as they were written, and whether that is all
    /// of them. Exclusions do not count.
    pub(crate) fn missing(&self, matching: &BTreeSet<usize>) -> (Vec<&str>, bool) {
        let asked = (0..).zip(&self.0).filter(|(_, it)| !matches!(it.kind, Kind::Except(_)));
        let missing = asked.clone().filter(|(number, _)| !matching.contains(number));
        let missing: Vec<_> = missing.map(|(_, pattern)| pattern.text.as_str()).collect();
        let is_all = !missing.is_empty() && missing.len() == asked.count();
        (missing, is_all)
    }

    /// An error for the first pattern that matches no function, with suggestions.
    pub(crate) fn error_for(&self, candidates: &[Candidate]) -> Option<String> {
        let matches_none =
            |pattern: &&Pattern| !candidates.iter().any(|it| pattern.names(it, candidates));
        let pattern = self.0.iter().find(matches_none)?;
        let text = &pattern.text;
        let misses = match &pattern.kind {
            Kind::Line(file, line) => near_line(file, *line, candidates),
            Kind::Path(_) | Kind::Except(_) => near_path(text, candidates),
        };
        let meant = match misses.split_last() {
            None => "no function has a similar name".to_owned(),
            Some((only, [])) => format!("did you mean {only}?"),
            Some((last, misses)) => format!("did you mean {} or {last}?", misses.join(", ")),
        };
        let text = report::cut(text, LONGEST);
        Some(format!("`{text}` matches no function that can be measured: {meant}"))
    }
}

impl Pattern {
    fn names(&self, candidate: &Candidate, all: &[Candidate]) -> bool {
        match &self.kind {
            Kind::Path(filter) | Kind::Except(filter) => filter.matches(&candidate.path),
            Kind::Line(file, line) => {
                let holds =
                    |it: &Candidate| it.function.lines.contains(line) && it.file.ends_with(file);
                // Of nested functions, the one that starts last is the innermost.
                let start = |it: &Candidate| *it.function.lines.start();
                holds(candidate)
                    && !all.iter().any(|it| {
                        it.file == candidate.file && holds(it) && start(it) > start(candidate)
                    })
            }
        }
    }
}

/// Suggestions for a line: functions near it, or files of the same name.
fn near_line(file: &Path, line: usize, candidates: &[Candidate]) -> Vec<String> {
    let distance = |it: &Candidate| {
        let lines = &it.function.lines;
        lines.start().saturating_sub(line).max(line.saturating_sub(*lines.end()))
    };
    let mut inside: Vec<_> = candidates.iter().filter(|it| it.file.ends_with(file)).collect();
    if inside.is_empty() {
        let name = file.file_name();
        let mut files: Vec<_> = candidates.iter().map(|it| it.file).collect();
        files.retain(|it| it.file_name() == name);
        files.dedup();
        return files.iter().take(MISSES).map(|file| format!("`{}`", file.display())).collect();
    }
    inside.sort_by_key(|it| distance(it));
    let shown = |it: &&Candidate| {
        let (start, end) = (it.function.lines.start(), it.function.lines.end());
        match start == end {
            true => format!("`{}` on line {start}", it.path),
            false => format!("`{}` on lines {start} to {end}", it.path),
        }
    };
    inside.iter().take(2).map(shown).collect()
}

/// Suggestions for a path: functions whose path, or the end of it, is similar.
fn near_path(pattern: &str, candidates: &[Candidate]) -> Vec<String> {
    let wanted = pattern.replace(['*', '?', '!'], "");
    let wanted = wanted.trim_matches(':');
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let segments = wanted.split("::").count();
    let mut near: Vec<(f32, &str)> = Vec::new();
    for candidate in candidates {
        let all: Vec<_> = candidate.path.split("::").collect();
        let end = all[all.len().saturating_sub(segments)..].join("::");
        let start = all[..all.len().min(segments)].join("::");
        let alike = |text: &str| match text.len() > LONGEST {
            true => 0.0,
            false => similar::TextDiff::from_chars(wanted, text).ratio(),
        };
        let ratio = alike(&candidate.path).max(alike(&end)).max(alike(&start));
        if ratio >= ALIKE {
            near.push((ratio, &candidate.path));
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.dedup_by_key(|it| it.1);
    let best = near.first().map_or(0.0, |it| it.0);
    near.retain(|it| it.0 >= best - LESS_ALIKE);
    near.iter().take(MISSES).map(|(_, path)| format!("`{path}`")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use mem_profile_rewrite::Crate;

    const SOURCE: &str = "\
mod parse {
    pub fn number() {
        a();
        fn digit() { b(); c(); }
    }
    fn len(&self) -> usize { self.len }
}
fn main() { parse::number(); println!(); }
";

    fn with<R>(run: impl FnOnce(&[Candidate]) -> R) -> R {
        with_source(SOURCE, run)
    }

    fn with_source<R>(source: &str, run: impl FnOnce(&[Candidate]) -> R) -> R {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("src/main.rs");
        fs::create_dir(root.parent().unwrap()).unwrap();
        fs::write(&root, source).unwrap();
        run(&Crate::read(&root, "app").functions().collect::<Vec<_>>())
    }

    fn chosen(patterns: &[&str]) -> Vec<String> {
        with(|candidates| {
            let flags = Patterns::parse(patterns.iter().copied()).choose(candidates);
            let chosen = candidates.iter().zip(flags).filter(|it| it.1);
            chosen.map(|(candidate, _)| candidate.path.clone()).collect()
        })
    }

    fn error_for(patterns: &[&str]) -> Option<String> {
        with(|candidates| Patterns::parse(patterns.iter().copied()).error_for(candidates))
    }

    #[test]
    fn patterns_of_64_kib_are_compared_with_thousands_of_functions() {
        let function = |at: usize| format!("fn work_{at}() {{ a(); b(); }}\n");
        let source: String = (0..3_000).map(function).collect();
        let lists = [|at: usize| format!("app::work_{at},"), |at| format!("*work_{at},")];
        let lists = lists.map(|name| (0..5_000).map(name).collect::<String>());
        with_source(&source, |candidates| {
            let began = std::time::Instant::now();
            for pattern in ["*a".repeat(32 << 10), "work_".repeat(13 << 10)] {
                let patterns = Patterns::parse([pattern.as_str()]);
                assert!(!patterns.choose(candidates).contains(&true));
                let error = patterns.error_for(candidates).unwrap();
                assert!(error.len() < 300 && error.contains("no function has a similar name"));
            }
            for list in &lists {
                let patterns = Patterns::parse([list.as_str()]);
                assert!(!patterns.choose(candidates).contains(&false));
                assert!(patterns.error_for(candidates).unwrap().contains("work_3000`"));
            }
            assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
        });
    }

    #[test]
    fn without_a_pattern_all_but_the_trivial_are_chosen() {
        let all = ["app::parse::number", "app::parse::number::digit", "app::main"];
        assert_eq!(chosen(&[]), all);
        assert_eq!(chosen(&["!main"]), all[..2]);
    }

    #[test]
    fn patterns_name_paths_names_and_lines() {
        assert_eq!(chosen(&["app::parse::len", "main"]), ["app::parse::len", "app::main"]);
        assert_eq!(chosen(&["app::parse::*,!*::digit"]), ["app::parse::number", "app::parse::len"]);
        assert_eq!(chosen(&["src/main.rs:4"]), ["app::parse::number::digit"]);
        assert_eq!(chosen(&["main.rs:3"]), ["app::parse::number"]);
    }

    #[test]
    fn patterns_without_a_function_are_missing() {
        let missing = |patterns: &[&str]| {
            with(|candidates| {
                let patterns = Patterns::parse(patterns.iter().copied());
                let (missing, is_all) = patterns.missing(&patterns.matching(candidates));
                (missing.join(" "), is_all)
            })
        };
        assert_eq!(missing(&["main", "!none"]), (String::new(), false));
        assert_eq!(missing(&["main", "absent", "x.rs:1"]), ("absent x.rs:1".to_owned(), false));
        assert_eq!(missing(&["absent", "!main"]), ("absent".to_owned(), true));
    }

    #[test]
    fn a_pattern_without_a_function_gets_suggestions() {
        assert_eq!(error_for(&["app::*", "main.rs:8"]), None);
        let misses = [&["app::prase::number"][..], &["x.rs:3"], &["src/main.rs:7"], &["numbr"]];
        let all = misses.map(|patterns| error_for(patterns).unwrap());
        insta::assert_snapshot!(all.join("\n"), @"
        `app::prase::number` matches no function that can be measured: did you mean `app::parse::number` or `app::parse::number::digit`?
        `x.rs:3` matches no function that can be measured: no function has a similar name
        `src/main.rs:7` matches no function that can be measured: did you mean `app::parse::len` on line 6 or `app::main` on line 8?
        `numbr` matches no function that can be measured: did you mean `app::parse::number`?
        ");
    }
}
