//! The data for the script of the page. Names and order are a contract with `script/`.

use mem_profile_format::{FunctionSnapshot, LineSnapshot, report};
use serde::{Serialize, Serializer};

use super::timeline::Chart;
use crate::figures::Figures;
use crate::recording::Recording;
use crate::view::calls::Callees;
use crate::view::highlight::{Kind, highlight};

/// Everything on the page.
#[derive(Serialize)]
pub(super) struct Page {
    backend: &'static str,
    process_bytes: Option<u64>,
    program: Option<String>,
    functions: Vec<Function>,
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
    #[serde(flatten)]
    figures: Figures,
    lines: Vec<Line>,
}

/// One line, as an array to save space: there may be a hundred thousand lines.
///
/// `[number, source, pieces, calls, usage, increment, peak, allocated, allocations, occurrences, kind]`
struct Line {
    line: LineSnapshot,
    pieces: String,
    calls: Option<usize>,
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { line, pieces, calls } = self;
        let LineSnapshot { line: number, kind, source, usage, increment, peak, .. } = line;
        let LineSnapshot { allocations, allocated, occurrences, .. } = line;
        (
            number,
            source,
            pieces,
            calls,
            usage,
            increment,
            peak,
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
        let callees = Callees::new(&snapshot.functions);
        let functions = snapshot.functions.iter().enumerate();
        let timeline = snapshot.timeline.as_ref();
        Self {
            backend: snapshot.backend.name(),
            process_bytes: snapshot.process_bytes,
            program: recording.program.as_deref().map(report::printable),
            functions: functions.map(|(at, it)| Function::new(at, it, &callees)).collect(),
            timeline: timeline.map(|timeline| Chart::new(timeline, &snapshot.functions)),
        }
    }
}

impl Function {
    fn new(index: usize, function: &FunctionSnapshot, callees: &Callees) -> Self {
        let sources: Vec<String> =
            function.lines.iter().map(|line| report::printable(&line.source)).collect();
        let pieces = highlight(&sources);
        let lines = function.lines.iter().zip(sources).zip(pieces);
        let lines = lines.map(|((line, source), pieces)| Line {
            // The entry calls nothing.
            calls: if line.is_body() { callees.of(index, line) } else { None },
            line: LineSnapshot { source, ..line.clone() },
            pieces: encoded(&pieces),
        });
        Self {
            name: report::printable(&function.name),
            file: report::printable(&function.file),
            line: function.line,
            note: function.note.as_deref().map(report::printable),
            figures: Figures::of_function(function),
            lines: lines.collect(),
        }
    }
}

/// Encodes each piece as a letter and a length: `k3_1f4`.
fn encoded(pieces: &[(Kind, usize)]) -> String {
    pieces.iter().map(|(kind, length)| format!("{}{length}", letter(*kind))).collect()
}

/// The letter of a kind, which is its class in the style sheet.
fn letter(kind: Kind) -> char {
    match kind {
        Kind::Plain => '_',
        Kind::Comment => 'c',
        Kind::Keyword => 'k',
        Kind::Type => 't',
        Kind::Function => 'f',
        Kind::Macro => 'm',
        Kind::Text => 's',
        Kind::Number => 'n',
        Kind::Lifetime => 'l',
        Kind::Attribute => 'a',
    }
}
