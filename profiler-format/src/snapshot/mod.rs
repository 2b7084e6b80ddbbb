//! The figures of a run as owned plain data, from which every report is made.
//!
//! Owns the types and their JSON form. It never reads a file, renders a text or knows how figures are counted.
//!
//! The JSON form of [`Snapshot`] is the contract between a program and whatever reads its
//! recordings. All sizes are whole bytes; a field is `null` where nothing was measured.

mod by_line;
mod held;
#[cfg(feature = "serde")]
mod read;
mod resident;
mod timeline;

pub use self::by_line::{Call, OwnLine};
pub use self::held::{CallPath, CallPaths, Held, ProcessPeak};
pub use self::resident::{Division, ResidentSet};
pub use self::timeline::{Label, Reading, Span, Timeline};

use std::mem;

/// Version of the JSON form, raised whenever a reader of the old form would misread the new one.
///
/// In version 1, `live` included what callees had allocated: readers leave it out.
pub const SCHEMA_VERSION: u32 = 2;

/// The kind of memory that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Backend {
    /// Resident set of the whole process, in whole pages.
    #[cfg_attr(feature = "report", serde(rename = "rss"))]
    Rss,
    /// Bytes live through the counting allocator, exact and per thread.
    #[cfg_attr(feature = "report", serde(rename = "heap"))]
    Heap,
    /// Nothing was measured.
    #[cfg_attr(feature = "report", serde(rename = "off"))]
    Off,
}

impl Backend {
    /// The name used in reports, in JSON and in `MEM_PROFILE_BACKEND`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Heap => "heap",
            Self::Off => "off",
        }
    }
}

/// Everything measured up to one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "read::JsonSnapshot"))]
pub struct Snapshot {
    /// The [`SCHEMA_VERSION`] this was written with.
    pub schema_version: u32,
    /// The memory that `usage`, `increment` and `process_bytes` count.
    pub backend: Backend,
    /// Bytes the whole process uses now: live heap bytes or resident set.
    pub process_bytes: Option<u64>,
    /// The process at its peak; `None` where that is not known.
    pub peak: Option<ProcessPeak>,
    /// Highest resident set of the process so far, in bytes; `None` where the system does not say.
    pub resident_peak: Option<u64>,
    /// The resident set now, beside `process_bytes`; `None` where that is not known, or with rss.
    pub resident: Option<ResidentSet>,
    /// One table per annotated function.
    pub functions: Vec<FunctionSnapshot>,
    /// Which lines the process's memory belongs to; `None` unless live blocks were recorded.
    pub paths: Option<CallPaths>,
    /// Remarks on `live` and `timeline`, one sentence each; mostly empty.
    pub notes: Vec<String>,
    /// Memory over time; `None` where that was not recorded.
    pub timeline: Option<Timeline>,
}

/// The table of one annotated function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "read::JsonFunction"))]
pub struct FunctionSnapshot {
    /// Full path of the function, such as `leak::build`.
    pub name: String,
    /// Source file, relative to the workspace.
    pub file: String,
    /// Line of the first row, counted from 1.
    pub line: u32,
    /// How many times the function was entered.
    pub calls: u64,
    /// Memory in use when the function was first entered, in bytes. No line allocated it.
    pub reading_at_entry: Option<u64>,
    /// Highest rise above the memory in use at entry during one call, in bytes, callees included; `None`
    /// with rss. The budget `max_peak` limits this figure.
    pub peak: Option<u64>,
    /// A remark on its figures, such as `measured in part: it ran on a coroutine`;
    /// mostly `None`.
    pub note: Option<String>,
    /// One row per source line: see [`Self::body_lines`].
    pub lines: Vec<LineSnapshot>,
}

/// The kind of a row in the table of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Option<read::JsonKind>"))]
pub enum RowKind {
    /// The call alone. `usage` and `increment` repeat [`FunctionSnapshot::reading_at_entry`], which
    /// belongs in no sum.
    #[cfg_attr(feature = "report", serde(rename = "entry"))]
    Entry,
    /// Code of the function.
    #[default]
    #[cfg_attr(feature = "report", serde(rename = "body"))]
    Body,
    /// The call and code: a function on one line, or a statement beside `fn`. `usage` and
    /// `increment` are the code's.
    #[cfg_attr(feature = "report", serde(rename = "both"))]
    Both,
}

/// One source line; every number is `None` where the line never ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(miniserde::Serialize))]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LineSnapshot {
    /// Line number, counted from 1.
    pub line: u32,
    /// Whether the figures measure the function's code.
    pub kind: RowKind,
    /// Source text, without its line ending.
    pub source: String,
    /// Bytes in use after the line, the highest over all its executions.
    pub usage: Option<u64>,
    /// Bytes gained over all executions; negative where memory was given back.
    pub increment: Option<i64>,
    /// Highest rise above the line's start during one execution, in bytes; `None` with rss.
    pub peak: Option<u64>,
    /// Bytes that the line itself had allocated and that were live at the process's peak; `None` unless live
    /// blocks were recorded. Callees that are measured have lines of their own for theirs, so these
    /// figures add up.
    pub at_peak: Option<u64>,
    /// The same for the bytes that are live now.
    pub live: Option<u64>,
    /// Number of allocations over all executions; `None` with rss.
    pub allocations: Option<u64>,
    /// Bytes requested by those allocations; `None` with rss.
    pub allocated: Option<u64>,
    /// How many times the line ran.
    pub occurrences: Option<u64>,
}

impl RowKind {
    /// The name used in JSON and CSV.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Body => "body",
            Self::Both => "both",
        }
    }
}

impl Snapshot {
    /// One without functions, of which nothing else is known.
    #[must_use]
    pub const fn empty(backend: Backend) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            backend,
            process_bytes: None,
            peak: None,
            resident_peak: None,
            resident: None,
            functions: Vec::new(),
            paths: None,
            notes: Vec::new(),
            timeline: None,
        }
    }

    /// Orders the functions by file, then line, then name.
    pub fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.functions.len()).collect();
        order.sort_by(|&one, &other| {
            self.functions[one].position().cmp(&self.functions[other].position())
        });
        self.choose_functions(&order);
    }

    /// Keeps the functions of these indices, in their order. Paths follow: the memory of a function that is left
    /// out is outside of the others.
    ///
    /// # Panics
    /// If there is no such function.
    pub fn choose_functions(&mut self, order: &[usize]) {
        if let Some(paths) = &mut self.paths {
            paths.renumber_functions(order, self.functions.len());
        }
        let mut functions: Vec<_> = mem::take(&mut self.functions).into_iter().map(Some).collect();
        self.functions = order.iter().filter_map(|&old| functions[old].take()).collect();
    }
}

impl FunctionSnapshot {
    /// The rows that measured the function's own code, which are all but [`RowKind::Entry`].
    ///
    /// Totals and rankings use these. The function has not caused the reading on entry.
    pub fn body_lines(&self) -> impl Iterator<Item = &LineSnapshot> + Clone {
        self.lines.iter().filter(|line| line.is_body())
    }

    /// The rows from the first of this line on; none if there is no such line.
    #[must_use]
    pub fn rows_from(&self, line: u32) -> &[LineSnapshot] {
        let start = self.lines.iter().position(|row| row.line == line);
        start.map_or(&[], |start| &self.lines[start..])
    }

    /// The place of the function among others in a report.
    pub(crate) fn position(&self) -> (&str, u32, &str) {
        (&self.file, self.line, &self.name)
    }
}

impl LineSnapshot {
    /// Whether the figures measure the function's code, and are not a reading on entry.
    pub fn is_body(&self) -> bool {
        self.kind != RowKind::Entry
    }

    /// Whether the line ran.
    pub fn ran(&self) -> bool {
        self.occurrences.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(file: &str, line: u32, name: &str) -> FunctionSnapshot {
        FunctionSnapshot { name: name.into(), file: file.into(), line, ..Default::default() }
    }

    #[test]
    fn functions_are_sorted_by_file_then_line_then_name() {
        let mut snapshot = Snapshot {
            functions: vec![
                function("b.rs", 1, "b"),
                function("a.rs", 20, "z"),
                function("a.rs", 20, "y"),
                function("a.rs", 3, "x"),
            ],
            ..Snapshot::empty(Backend::Off)
        };
        snapshot.sort();
        let names: Vec<_> = snapshot.functions.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["x", "y", "z", "b"]);
    }

    #[test]
    fn a_row_says_whether_it_is_of_the_body() {
        let mut table = function("a.rs", 1, "f");
        assert_eq!(table.body_lines().count(), 0);
        let body =
            |table: &FunctionSnapshot| table.body_lines().map(|row| row.line).collect::<Vec<_>>();
        table.lines = (1..4).map(|line| LineSnapshot { line, ..Default::default() }).collect();
        table.lines[0].kind = RowKind::Entry;
        assert_eq!(body(&table), [2, 3]);
        table.lines[0].kind = RowKind::Both;
        assert_eq!(body(&table), [1, 2, 3]);
    }
}
