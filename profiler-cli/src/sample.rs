//! A hand-made recording that the tests render.

use mem_profile_format::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, Label, LineSnapshot, ProcessPeak,
    Reading, RowKind, Snapshot, Span, Timeline,
};

/// One function with a leak, and two that free everything.
pub(crate) fn leak() -> Snapshot {
    let process = vec![
        ran(31, "#[mem_profile]", (512, 0, 0, 0, 1)),
        unused(32, "fn process(items: usize) -> Vec<String> {"),
        ran(33, "    let mut kept = Vec::new(); // <script>", (0, 0, 0, 0, 1)),
        ran(34, "    for id in 0..items {", (0, 0, 0, 0, 501)),
        ran(
            35,
            "        let text = \"x\".repeat(100_000);",
            (100_000_000, 100_000, 100_000_000, 1000, 500),
        ),
        ran(36, "        kept.push(text);", (50_000, 40_000, 50_000, 1, 500)),
        ran(37, "    }", (0, 0, 0, 0, 500)),
        ran(38, "    summary(|a| a & \"&amp;\");", (0, 100_000, 100_000, 1, 1)),
        ran(39, "}", (0, 0, 0, 0, 1)),
    ];
    let parse = vec![
        ran(5, "fn parse(text: &str) -> usize {", (1024, 0, 0, 0, 3)),
        ran(
            6,
            "    let words: Vec<&str> = text.split(' ').collect();",
            (48_000, 32_000, 72_000, 9, 3),
        ),
        ran(7, "    words.len()", (0, 0, 0, 0, 3)),
        ran(8, "}", (-48_000, 0, 0, 0, 3)),
    ];
    let audit = vec![
        ran(20, "fn log() {", (0, 0, 0, 0, 2)),
        ran(21, "    format!(\"{:>300000000}\", 1);", (0, 300_000_000, 600_000_000, 5000, 2)),
    ];
    Snapshot {
        process_bytes: Some(100_051_200),
        functions: vec![
            function("leak::process", "examples/leak.rs", 1, process),
            function("text::parse", "src/text.rs", 3, parse),
            function("audit::log", "src/text.rs", 2, audit),
        ],
        ..Snapshot::empty(Backend::Heap)
    }
}

/// [`leak`] with the lines that hold its memory: `audit::log`, which `process` calls, makes the peak.
pub(crate) fn by_line() -> Snapshot {
    let mut snapshot = leak();
    let held = |at_peak, at_peak_blocks, live, live_blocks, allocated, allocations| Held {
        at_peak,
        at_peak_blocks,
        live,
        live_blocks,
        allocated,
        allocations,
    };
    let path =
        |caller, function, line, own| CallPath { caller, function, line, is_recursive: false, own };
    let kept = held(100_000_000, 1000, 100_000_000, 1000, 100_000_000, 1000);
    let all = vec![
        path(None, 0, 35, kept),
        path(None, 0, 36, held(50_000, 1, 50_000, 1, 50_000, 1)),
        path(None, 0, 38, held(100_000, 1, 0, 0, 100_000, 1)),
        path(Some(2), 1, 6, held(0, 0, 0, 0, 48_000, 6)),
        path(Some(2), 2, 21, held(300_000_000, 1, 0, 0, 600_000_000, 5000)),
        CallPath { is_recursive: true, ..path(Some(4), 1, 6, held(24_000, 3, 0, 0, 24_000, 3)) },
    ];
    let outside = held(1_200, 4, 1_200, 4, 5_000, 12);
    let paths = CallPaths { all, outside, unattributed: Held::default() };
    for (at, function) in snapshot.functions.iter_mut().enumerate() {
        for row in function.lines.iter_mut().filter(|row| row.ran()) {
            let is_here = |path: &&CallPath| path.function == at && path.line == row.line;
            let own = || paths.all.iter().filter(is_here).map(|path| path.own);
            (row.at_peak, row.live) =
                (Some(own().map(|own| own.at_peak).sum()), Some(own().map(|own| own.live).sum()));
        }
    }
    let bytes = paths.total().at_peak;
    snapshot.peak = Some(ProcessPeak { bytes, after: Some(1_200_000_000), uncertainty: 0 });
    snapshot.paths = Some(paths);
    snapshot
}

/// A timeline for [`leak`]: a call of 90 milliseconds, 300 short ones, and a named block.
pub(crate) fn timeline() -> Timeline {
    const MILLISECOND: u64 = 1_000_000;
    let samples = (0..10).map(|at| Reading {
        time: at * 10 * MILLISECOND + 1,
        bytes: at << 20,
        resident: None,
    });
    let span = |label, start: u64, end: Option<u64>, level| Span {
        label,
        start: start * MILLISECOND / 100,
        end: end.map(|end| end * MILLISECOND / 100),
        bytes_at_start: 1 << 20,
        bytes_at_end: end.map(|end| end << 10),
        level,
        thread: 0,
    };
    let mut spans = vec![span(0, 100, Some(9100), 0), span(1, 200, None, 1)];
    spans.extend((0..300).map(|at| span(2, 1000 + at, Some(1001 + at), 1)));
    spans.push(span(2, 8500, Some(8600), 1));
    let label = |name: &str, is_block, omitted| Label { name: name.into(), is_block, omitted };
    Timeline {
        started: 1_700_000_000_000_000_000,
        interval: 10 * MILLISECOND,
        samples: samples.collect(),
        spans,
        labels: vec![
            label("leak::process", false, 0),
            label("a <block>", true, 0),
            label("text::parse", false, 99),
        ],
    }
}

/// The same with `rss`, which has neither peaks nor allocations.
pub(crate) fn resident() -> Snapshot {
    let mut snapshot = leak();
    snapshot.backend = Backend::Rss;
    snapshot.functions.iter_mut().for_each(|function| function.peak = None);
    for line in snapshot.functions.iter_mut().flat_map(|function| &mut function.lines) {
        (line.peak, line.allocations, line.allocated) = (None, None, None);
    }
    snapshot
}

/// A function of these lines, the first of which is the entry.
pub(crate) fn function(
    name: &str,
    file: &str,
    calls: u64,
    mut lines: Vec<LineSnapshot>,
) -> FunctionSnapshot {
    lines[0].kind = RowKind::Entry;
    let (line, reading_at_entry) = (lines[0].line, lines[0].usage);
    let (name, file) = (name.into(), file.into());
    let peak = lines.iter().filter_map(|line| line.peak).max();
    FunctionSnapshot {
        name,
        file,
        line,
        calls,
        reading_at_entry,
        peak,
        lines,
        ..Default::default()
    }
}

/// A line that ran: increment, peak, bytes allocated, allocations, occurrences.
pub(crate) fn ran(line: u32, source: &str, figures: (i64, u64, u64, u64, u64)) -> LineSnapshot {
    let (increment, peak, allocated, allocations, occurrences) = figures;
    LineSnapshot {
        at_peak: None,
        live: None,
        line,
        kind: RowKind::Body,
        source: source.into(),
        usage: Some(increment.max(0).unsigned_abs() + 512),
        increment: Some(increment),
        peak: Some(peak),
        allocations: Some(allocations),
        allocated: Some(allocated),
        occurrences: Some(occurrences),
    }
}

/// A line that did not run.
pub(crate) fn unused(line: u32, source: &str) -> LineSnapshot {
    LineSnapshot { line, source: source.into(), ..LineSnapshot::default() }
}
