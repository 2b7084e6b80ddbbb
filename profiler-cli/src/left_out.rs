//! Functions that `run` leaves out, since they cost much and show nothing: in the last recording one of their
//! lines ran often, and on none of them memory was allocated or freed.
//!
//! A function is known by its source: once that has changed, it is measured again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use mem_profile_format::{Backend, FunctionSnapshot, LineSnapshot, RowKind, Snapshot};
use mem_profile_rewrite::Candidate;
use serde::{Deserialize, Serialize};

/// More executions of a line than this are often.
pub(crate) const OFTEN: u64 = 100_000;

/// The functions that are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut(BTreeSet<Function>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Function {
    file: PathBuf,
    path: String,
    /// A hash of its lines.
    source: u64,
}

impl Function {
    fn of(candidate: &Candidate) -> Self {
        let mut hasher = DefaultHasher::new();
        candidate.source.hash(&mut hasher);
        let path = candidate.path.clone();
        Self { file: candidate.file.to_owned(), path, source: hasher.finish() }
    }
}

impl LeftOut {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a function is left out, as it stands in the source.
    pub(crate) fn holds(&self, candidate: &Candidate) -> bool {
        !self.0.is_empty() && self.0.contains(&Function::of(candidate))
    }

    /// How many of these functions are left out.
    pub(crate) fn count(&self, candidates: &[Candidate]) -> usize {
        candidates.iter().map(Function::of).collect::<BTreeSet<_>>().intersection(&self.0).count()
    }

    /// Decides again about each function that was measured. About those that were left out, nothing new is
    /// known. File names in the recording are relative to `root`.
    pub(crate) fn learn(&mut self, snapshot: &Snapshot, root: &Path, candidates: &[Candidate]) {
        let mut measured: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for function in &snapshot.functions {
            let place = (root.join(&function.file), function.line as usize);
            measured.entry(place).or_default().push(function);
        }
        // Several functions may have one path, as methods of several `impl` blocks, and even one source.
        let (mut idle, mut others) = (BTreeSet::new(), BTreeSet::new());
        for candidate in candidates {
            let place = (candidate.file.to_owned(), *candidate.function.lines.start());
            let Some(functions) = measured.get(&place) else { continue };
            let runs = functions.iter().flat_map(|it| &it.lines).filter_map(|it| it.occurrences);
            let is_hot = runs.max().is_some_and(|runs| runs > OFTEN);
            let is_idle = |it: &&FunctionSnapshot| {
                it.note.is_none() && has_source(it, candidate) && it.lines.iter().all(is_idle)
            };
            let is_left_out =
                snapshot.backend == Backend::Heap && is_hot && functions.iter().all(is_idle);
            let decided = if is_left_out { &mut idle } else { &mut others };
            decided.insert(Function::of(candidate));
        }
        let now: BTreeSet<_> = candidates.iter().map(Function::of).collect();
        let paths: BTreeSet<_> =
            idle.iter().chain(&others).map(|it| (it.file.clone(), it.path.clone())).collect();
        let is_outdated = |it: &Function| {
            !now.contains(it) && paths.contains(&(it.file.clone(), it.path.clone()))
        };
        self.0.retain(|it| !is_outdated(it));
        self.0.extend(idle);
        self.0.retain(|it| !others.contains(it));
    }
}

/// Whether nothing was allocated or freed on a line.
fn is_idle(line: &LineSnapshot) -> bool {
    // The figure of an entry is the memory that was in use before.
    let increment = line.increment.filter(|_| line.kind != RowKind::Entry);
    increment.is_none_or(|bytes| bytes == 0)
        && [line.peak, line.allocations, line.allocated].iter().flatten().all(|figure| *figure == 0)
}

/// Whether the recorded lines are those of the function as it stands now.
fn has_source(function: &FunctionSnapshot, candidate: &Candidate) -> bool {
    let first = *candidate.function.lines.start();
    let now: Vec<_> = candidate.source.lines().collect();
    function.lines.iter().all(|line| {
        let now = (line.line as usize).checked_sub(first).and_then(|index| now.get(index));
        now.is_some_and(|now| now.trim_end() == line.source.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use mem_profile_rewrite::Crate;
    use tempfile::TempDir;

    use super::*;

    const HOT: &str = "fn hot(x: u8) -> u8 {\n    f(x);\n    g(x)\n}\n";

    struct App(TempDir);

    impl App {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        /// Learns from `function` with this source before and after it.
        fn learn(&self, left_out: &mut LeftOut, source: &str, function: FunctionSnapshot) -> usize {
            self.learn_from(left_out, source, &snapshot(function))
        }

        fn learn_from(&self, left_out: &mut LeftOut, source: &str, last: &Snapshot) -> usize {
            let root = self.0.path().join("src/main.rs");
            fs::create_dir_all(root.parent().unwrap()).unwrap();
            fs::write(&root, source).unwrap();
            let read = Crate::read(&root, "app");
            let candidates: Vec<_> = read.functions().collect();
            left_out.learn(last, self.0.path(), &candidates);
            left_out.count(&candidates)
        }
    }

    fn snapshot(function: FunctionSnapshot) -> Snapshot {
        Snapshot { functions: vec![function], ..Snapshot::empty(Backend::Heap) }
    }

    /// `hot`, which begins on line 2 and has a line that ran so often.
    fn hot(runs: u64) -> FunctionSnapshot {
        let line = |(line, source): (u32, &str)| LineSnapshot {
            line,
            kind: if line == 2 { RowKind::Entry } else { RowKind::Body },
            source: source.to_owned(),
            increment: Some(if line == 2 { 500 } else { 0 }),
            peak: Some(0),
            allocations: Some(0),
            allocated: Some(0),
            occurrences: Some(if line == 4 { runs } else { 1 }),
            ..LineSnapshot::default()
        };
        FunctionSnapshot {
            name: "app::hot".into(),
            file: "src/main.rs".into(),
            line: 2,
            calls: 1,
            lines: (2..).zip(HOT.lines()).map(line).collect(),
            ..FunctionSnapshot::default()
        }
    }

    /// How many functions are left out after a run in which `change` was different.
    fn learned(change: impl Fn(&mut FunctionSnapshot)) -> usize {
        let mut function = hot(OFTEN + 1);
        change(&mut function);
        App::new().learn(&mut LeftOut::default(), &format!("\n{HOT}"), function)
    }

    #[test]
    fn a_function_is_left_out_only_if_it_never_touched_memory() {
        assert_eq!(learned(|_| ()), 1);
        assert_eq!(learned(|it| it.lines[2].occurrences = Some(OFTEN)), 0);
        assert_eq!(learned(|it| it.lines[2].increment = Some(-1)), 0);
        assert_eq!(learned(|it| it.lines[2].allocations = Some(1)), 0);
        assert_eq!(learned(|it| it.lines[0].allocated = Some(1)), 0, "grown in its place");
        assert_eq!(learned(|it| it.lines[3].peak = Some(8)), 0);
        assert_eq!(learned(|it| it.note = Some("measured in part".into())), 0);
        assert_eq!(learned(|it| it.lines[1].source = "    h(x);".into()), 0, "another source");
        assert_eq!(learned(|it| it.line = 3), 0);
    }

    #[test]
    fn functions_with_one_path_are_left_out_each_by_itself() {
        let source = |second: &str| {
            format!("\nimpl A<u8> for B {{\n{HOT}}}\nimpl A<u16> for B {{\n{second}}}\n")
        };
        let (app, mut left_out) = (App::new(), LeftOut::default());
        let at = |line: u32| {
            let lines = hot(OFTEN + 1).lines.into_iter();
            let lines = lines.map(|it| LineSnapshot { line: it.line + line - 2, ..it }).collect();
            FunctionSnapshot { line, lines, ..hot(1) }
        };
        let other = HOT.replace("f(x)", "h(x)");
        let mut second = at(9);
        second.lines[1].source = "    h(x);".into();
        let both = Snapshot { functions: vec![at(3), second], ..Snapshot::empty(Backend::Heap) };
        assert_eq!(app.learn_from(&mut left_out, &source(&other), &both), 2);
        // One of two with the same source did touch memory.
        let mut second = at(9);
        second.lines[1].allocations = Some(1);
        let both = Snapshot { functions: vec![at(3), second], ..Snapshot::empty(Backend::Heap) };
        assert_eq!(app.learn_from(&mut LeftOut::default(), &source(HOT), &both), 0);
    }

    #[test]
    fn a_function_is_measured_again_once_its_source_has_changed() {
        let app = App::new();
        let mut left_out = LeftOut::default();
        let other = || FunctionSnapshot { line: 90, ..hot(1) };
        assert_eq!(app.learn(&mut left_out, &format!("\n{HOT}"), hot(OFTEN + 1)), 1);
        // It is not in later recordings, and moves with the code above it.
        assert_eq!(app.learn(&mut left_out, &format!("\n\n\n{HOT}"), other()), 1);
        let changed = HOT.replace("f(x)", "h(x)");
        let before = left_out.clone();
        assert_eq!(app.learn(&mut left_out, &format!("\n{changed}"), other()), 0);
        assert_eq!(left_out, before, "the request stays, so that nothing else is built again");
        // In a run that measured it, it did touch memory.
        let mut function = hot(OFTEN + 1);
        function.lines[1].allocations = Some(1);
        assert_eq!(app.learn(&mut left_out, &format!("\n{HOT}"), function), 0);
        assert!(left_out.is_empty());
    }
}
