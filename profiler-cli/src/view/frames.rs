//! The frames that flame graphs, folded stacks and speedscope show: of each path, the functions and their
//! lines from the outermost on. Each byte of the process is a frame's own exactly once.

use std::borrow::Cow;
use std::collections::HashMap;

use anyhow::{Result, bail};
use mem_profile_format::report::{self, FrameKind};
use mem_profile_format::{Backend, CallPath, CallPaths, FunctionSnapshot, Held, Snapshot};

/// Calling lines of one path. More could not be read, and a view would take quadratic time.
const MOST_LINES: usize = 200;

/// Longest statement of a line, in columns.
const LONGEST: usize = 200;

pub(crate) const OUTSIDE: &str = "[outside of measured functions]";
pub(crate) const UNATTRIBUTED: &str = "[not attributed to a line]";
const RECURSION: &str = "[recursion]";
const LEFT_OUT: &str = "[calls left out]";

/// One frame of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// The frame below, by index: a lower one.
    pub(crate) below: Option<usize>,
    pub(crate) place: Place<'a>,
    /// The blocks that it allocated itself on this path.
    pub(crate) own: Held,
}

/// The meaning of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Place<'a> {
    Function {
        name: &'a str,
        file: &'a str,
        line: u32,
    },
    Line {
        function: &'a str,
        file: &'a str,
        line: u32,
        source: &'a str,
    },
    /// A name in brackets.
    Other(&'static str),
}

impl<'a> Place<'a> {
    pub(crate) fn kind(self) -> FrameKind {
        match self {
            Self::Function { .. } => FrameKind::Function,
            Self::Line { .. } => FrameKind::Line,
            Self::Other(_) => FrameKind::Other,
        }
    }

    /// A path of which the end says most: of a function, or of a file with the line.
    pub(crate) fn path(self) -> Cow<'a, str> {
        match self {
            Self::Function { name, .. } => name.into(),
            Self::Line { file, line, .. } => format!("{file}:{line}").into(),
            Self::Other(name) => name.into(),
        }
    }

    /// The statement of a line.
    pub(crate) fn source(self) -> &'a str {
        match self {
            Self::Line { source, .. } => source,
            Self::Function { .. } | Self::Other(_) => "",
        }
    }
}

/// The statements of all lines that hold or lead to memory, by function and line.
pub(crate) struct Statements(HashMap<(usize, u32), String>);

impl Statements {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let paths = snapshot.paths.iter().flat_map(|paths| &paths.all);
        let mut statements: HashMap<_, _> =
            paths.map(|path| ((path.function, path.line), String::new())).collect();
        for (at, function) in snapshot.functions.iter().enumerate() {
            for (start, row) in function.lines.iter().enumerate() {
                if let Some(text) = statements.get_mut(&(at, row.line)).filter(|it| it.is_empty()) {
                    *text = report::statement(&function.lines[start..], LONGEST);
                }
            }
        }
        Self(statements)
    }

    /// Without what says nothing in a small frame.
    fn get(&self, path: &CallPath) -> &str {
        let text = self.0.get(&(path.function, path.line));
        text.map_or("", |text| text.trim_end_matches(';'))
    }
}

/// The frames of all paths.
///
/// # Errors
/// If the recording does not say which lines hold its memory.
pub(crate) fn of<'a>(snapshot: &'a Snapshot, statements: &'a Statements) -> Result<Vec<Frame<'a>>> {
    let paths = paths(snapshot)?;
    let mut frames = Frames::default();
    // Of each path, its last frame and how many lines lead to it.
    let mut ends: Vec<(usize, usize)> = Vec::with_capacity(paths.all.len());
    for path in &paths.all {
        let caller = path.caller.map(|caller| ends[caller]);
        let function = &snapshot.functions[path.function];
        ends.push(frames.add(path, caller, function, statements.get(path)));
    }
    for (place, own) in [(OUTSIDE, &paths.outside), (UNATTRIBUTED, &paths.unattributed)] {
        if *own != Held::default() {
            let frame = frames.index(None, Place::Other(place));
            frames.all[frame].own.add(own);
        }
    }
    Ok(frames.all)
}

/// The blocks of a recording by the lines that allocated them.
///
/// # Errors
/// If it has none.
pub(crate) fn paths(snapshot: &Snapshot) -> Result<&CallPaths> {
    let Some(paths) = &snapshot.paths else {
        if snapshot.backend == Backend::Heap {
            bail!(
                "the recording does not say which lines hold the memory: record with \
                 MEM_PROFILE_LIVE=1"
            );
        }
        bail!(
            "with {}, no line is known to hold memory: use mem_profile::Alloc in the program, and \
             record with MEM_PROFILE_LIVE=1",
            snapshot.backend.name(),
        );
    };
    Ok(paths)
}

#[derive(Default)]
struct Frames<'a> {
    all: Vec<Frame<'a>>,
    known: HashMap<(Option<usize>, Place<'a>), usize>,
}

impl<'a> Frames<'a> {
    /// The frame of this place above another one, which is added if it is new.
    fn index(&mut self, below: Option<usize>, place: Place<'a>) -> usize {
        let next = self.all.len();
        let index = *self.known.entry((below, place)).or_insert(next);
        if index == next {
            self.all.push(Frame { below, place, own: Held::default() });
        }
        index
    }

    /// Adds a path. Returns the frame that its callees stand on, and how many lines lead to these.
    fn add(
        &mut self,
        path: &CallPath,
        caller: Option<(usize, usize)>,
        function: &'a FunctionSnapshot,
        source: &'a str,
    ) -> (usize, usize) {
        let (mut below, lines) = caller.map_or((None, 0), |(frame, lines)| (Some(frame), lines));
        let is_too_deep = lines >= MOST_LINES;
        if is_too_deep && self.all[below.unwrap_or(0)].place != Place::Other(LEFT_OUT) {
            below = Some(self.index(below, Place::Other(LEFT_OUT)));
        }
        let FunctionSnapshot { name, file, line, .. } = function;
        let mut under = self.index(below, Place::Function { name, file, line: *line });
        if path.is_recursive && !is_too_deep {
            // The function has called itself through the calls that are left out.
            under = self.index(Some(under), Place::Other(RECURSION));
        }
        let place = Place::Line { function: name, file, line: path.line, source };
        let frame = self.index(Some(under), place);
        self.all[frame].own.add(&path.own);
        match below {
            Some(below) if is_too_deep => (below, lines),
            _ => (frame, lines + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// Each frame that holds anything, with those below it.
    fn stacks(snapshot: &Snapshot) -> Vec<String> {
        let statements = Statements::of(snapshot);
        let frames = of(snapshot, &statements).unwrap();
        let name = |at: usize| frames[at].place.path();
        let stack = |(at, frame): (usize, &Frame)| {
            let below = std::iter::successors(Some(at), |&at| frames[at].below).map(name);
            let mut names: Vec<_> = below.collect();
            names.reverse();
            format!("{} {}", names.join(" > "), frame.own.at_peak)
        };
        let holding = frames.iter().enumerate().filter(|(_, frame)| frame.own.at_peak > 0);
        holding.map(stack).collect()
    }

    #[test]
    fn a_stack_has_each_function_with_its_line() {
        insta::assert_snapshot!(stacks(&sample::by_line()).join("\n"), @"
        leak::process > examples/leak.rs:35 100000000
        leak::process > examples/leak.rs:36 50000
        leak::process > examples/leak.rs:38 100000
        leak::process > examples/leak.rs:38 > audit::log > src/text.rs:21 300000000
        leak::process > examples/leak.rs:38 > audit::log > src/text.rs:21 > text::parse > [recursion] > src/text.rs:6 24000
        [outside of measured functions] 1200
        ");
    }

    #[test]
    fn a_path_of_endless_calls_has_its_ends() {
        let mut snapshot = sample::leak();
        let own = Held { at_peak: 1, ..Held::default() };
        let path = |at: usize| CallPath {
            caller: at.checked_sub(1),
            function: 0,
            line: 35,
            is_recursive: false,
            own,
        };
        let all = (0..100_000).map(path).collect();
        snapshot.paths = Some(CallPaths { all, ..CallPaths::default() });
        let stacks = stacks(&snapshot);
        assert_eq!(stacks.len(), 201);
        assert!(
            stacks[200].ends_with("[calls left out] > leak::process > examples/leak.rs:35 99800")
        );
    }

    #[test]
    fn a_recording_without_blocks_by_line_says_what_to_do() {
        let snapshot = Snapshot { paths: None, ..sample::leak() };
        let error = |snapshot| of(snapshot, &Statements::of(snapshot)).unwrap_err().to_string();
        insta::assert_snapshot!(error(&snapshot), @"the recording does not say which lines hold the memory: record with MEM_PROFILE_LIVE=1");
        insta::assert_snapshot!(error(&sample::resident()), @"with rss, no line is known to hold memory: use mem_profile::Alloc in the program, and record with MEM_PROFILE_LIVE=1");
    }

    #[test]
    fn a_frame_has_the_whole_statement_of_its_line() {
        let mut snapshot = sample::by_line();
        let lines = &mut snapshot.functions[0].lines;
        let at = lines.iter().position(|line| line.line == 35).unwrap();
        lines[at].source = "        let text =".to_owned();
        lines.insert(at + 1, sample::unused(35, "            \"x\".repeat(9);"));
        let statements = Statements::of(&snapshot);
        let frames = of(&snapshot, &statements).unwrap();
        let shown: Vec<_> = frames.iter().map(|frame| frame.place.source()).collect();
        assert!(shown.contains(&"let text = \"x\".repeat(9)"), "{shown:?}");
    }
}
