//! The data for the script of the page. Names and order are a contract with `script/`.

use mem_profile_format::report::{self, Overview, Selection, Style, Top};
use mem_profile_format::{FunctionSnapshot, LineSnapshot, ProcessPeak, Snapshot};
use serde::{Serialize, Serializer};

use super::held::{self, Ranking, Rows};
use super::pieces::encoded;
use super::timeline::Chart;
use crate::figures::Figures;
use crate::recording::Recording;
use crate::view::highlight::highlight;

/// Everything on the page.
#[derive(Serialize)]
pub(super) struct Page {
    backend: &'static str,
    program: Option<String>,
    is_complete: bool,
    peak: Option<ProcessPeak>,
    process_bytes: Option<u64>,
    resident_peak: Option<u64>,
    untouched: Option<u64>,
    /// The parts of the resident set in words.
    resident: Option<String>,
    rankings: Option<[Ranking; 3]>,
    /// The functions whose tables are open, hottest first.
    hottest: Vec<usize>,
    functions: Vec<Function>,
    calls: Vec<Call>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<Chart>,
}

/// One function.
#[derive(Serialize)]
struct Function {
    name: String,
    file: String,
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    increment: Option<i64>,
    peak: Option<u64>,
    at_peak: Option<u64>,
    live: Option<u64>,
    allocated: Option<u64>,
    allocations: Option<u64>,
    occurrences: u64,
    lines: Vec<Line>,
}

/// One line, as an array to save space: there may be a hundred thousand lines.
///
/// `[number, source, pieces, length, usage, increment, peak, at_peak, live, allocated, allocations,
/// occurrences, kind]`
struct Line {
    line: LineSnapshot,
    pieces: String,
    /// The number of physical lines of its statement.
    length: usize,
}

/// `[caller, row, callee, at peak, live]`: a line that calls a measured function, and the bytes of that and of
/// all that it calls.
#[derive(Serialize)]
struct Call(usize, usize, usize, u64, u64);

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { line, pieces, length } = self;
        let LineSnapshot { line: number, kind, source, usage, increment, peak, .. } = line;
        let LineSnapshot { at_peak, live, allocations, allocated, occurrences, .. } = line;
        (
            number,
            source,
            pieces,
            length,
            usage,
            increment,
            peak,
            at_peak,
            live,
            allocated,
            allocations,
            occurrences,
            kind,
        )
            .serialize(serializer)
    }
}

impl Page {
    pub(super) fn new(recording: &Recording) -> Self {
        let snapshot = &recording.snapshot;
        let timeline = snapshot.timeline.as_ref();
        let rows = Rows::new(&snapshot.functions);
        let overview = Overview::of(snapshot);
        let untouched = overview.untouched();
        let style = Style { has_ended: recording.incomplete.is_none(), ..Style::default() };
        let Overview { peak, live, resident_peak, held } = overview;
        Self {
            backend: snapshot.backend.name(),
            program: recording.program.as_deref().map(report::printable),
            is_complete: recording.incomplete.is_none(),
            peak,
            process_bytes: live,
            resident_peak,
            untouched,
            resident: report::resident(snapshot, &style),
            rankings: held::rankings(snapshot, held, &rows),
            hottest: Selection::hottest(snapshot, Top::Hot).functions,
            functions: snapshot.functions.iter().map(Function::new).collect(),
            calls: calls(snapshot, &rows),
            notes: snapshot.notes.iter().map(|note| report::printable(note)).collect(),
            timeline: timeline.map(|timeline| Chart::new(timeline, &snapshot.functions, peak)),
        }
    }
}

fn calls(snapshot: &Snapshot, rows: &Rows) -> Vec<Call> {
    let calls = snapshot.paths.iter().flat_map(|paths| paths.calls());
    let call = |call: mem_profile_format::Call| {
        let row = rows.of(call.caller, call.line);
        Call(call.caller, row, call.callee, call.below.at_peak, call.below.live)
    };
    calls.map(call).collect()
}

impl Function {
    fn new(function: &FunctionSnapshot) -> Self {
        let sources: Vec<String> =
            function.lines.iter().map(|line| report::printable(&line.source)).collect();
        let pieces = highlight(&sources);
        let lengths = report::statement_lengths(&function.lines);
        let lines = function.lines.iter().zip(sources).zip(pieces).zip(lengths);
        let lines = lines.map(|(((line, source), pieces), length)| Line {
            line: LineSnapshot { source, ..line.clone() },
            pieces: encoded(&pieces),
            length,
        });
        let figures = Figures::of_function(function);
        Self {
            name: report::printable(&function.name),
            file: report::printable(&function.file),
            line: function.line,
            note: function.note.as_deref().map(report::printable),
            increment: figures.increment,
            peak: function.peak,
            at_peak: held::own(function, |line| line.at_peak),
            live: held::own(function, |line| line.live),
            allocated: figures.allocated,
            allocations: figures.allocations,
            occurrences: function.calls,
            lines: lines.collect(),
        }
    }
}
