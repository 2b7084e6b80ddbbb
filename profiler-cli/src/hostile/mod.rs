//! Tests of every view with recordings whose strings are hostile in every field.

mod large;
mod pages;
mod tables;
mod terminals;

use fastrand::Rng;
use mem_profile_format::{
    Backend, CallPath, CallPaths, FunctionSnapshot, Held, Label, Reading, Snapshot, Span, Timeline,
};

use crate::recording::{Incomplete, Recording};
use crate::sample::{function, ran};

/// Characters that control a terminal, are invisible, reverse text, or are invalid in XML.
const FORBIDDEN: [(u32, u32); 15] = [
    (0x00, 0x1f),
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x61c, 0x61c),
    (0x115f, 0x1160),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0xe0000, 0xe0fff),
];

/// Texts with a meaning in one of the formats.
const SIGNS: [&str; 56] = [
    "::error file=x::y",
    "::",
    "##[group]x",
    "##vso[task.x]",
    "\u{1b}[2J",
    "\u{1b}]0;t\u{7}",
    "\u{9b}7m",
    "\r\n::warning::x\r\n",
    "\n# x\n",
    "\n\n",
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "\n```\n",
    "</script>",
    "<script>",
    "<!--",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "[a](https://b.c)",
    "![a](b)",
    "<https://b.c>",
    "https://b.c",
    "www.b.c",
    "@a",
    "*a*",
    "_a_",
    "~~a~~",
    "- a",
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "＝1",
    "\t",
    "'",
    "\"",
    ",",
    ";",
    " 5",
    " 5.5",
    " ",
    "%0A",
    "%",
    "{{style}}",
    "{{",
    "&lt;",
    "&",
    "<",
    ">",
    "漢字",
    "🦀",
    "é",
    "let x = work(1)",
];

/// A text of such texts and characters.
fn text(random: &mut Rng) -> String {
    let piece = |random: &mut Rng| {
        if random.u8(..) < 160 {
            return random.choice(SIGNS).unwrap_or_default().to_owned();
        }
        let (first, last) = random.choice(FORBIDDEN).unwrap_or_default();
        char::from_u32(random.u32(first..=last)).map(String::from).unwrap_or_default()
    };
    (0..random.usize(0..7)).map(|_| piece(random)).collect()
}

fn texts<const N: usize>(random: &mut Rng) -> [String; N] {
    [(); N].map(|()| text(random))
}

/// A recording with such a text in each string field.
fn recording(random: &mut Rng) -> Recording {
    let functions = (0..2).map(|_| hostile_function(random)).collect();
    let label = |random: &mut Rng| Label { name: text(random), is_block: false, omitted: 1 };
    let span = |label, start| Span {
        label,
        start,
        end: Some(start + 50),
        bytes_at_start: 1 << 20,
        bytes_at_end: Some(2 << 20),
        level: label,
        thread: 0,
    };
    let timeline = Timeline {
        started: 1_764_011_432_000_000_000,
        interval: 10,
        samples: (1..20)
            .map(|time| Reading { time: time * 10, bytes: time << 20, resident: None })
            .collect(),
        spans: vec![span(0, 10), span(1, 20)],
        labels: vec![label(random), label(random)],
    };
    let [program, reason, one, other] = texts(random);
    let snapshot = Snapshot {
        process_bytes: Some(1 << 20),
        functions,
        notes: vec![one, other],
        timeline: Some(timeline),
        ..Snapshot::empty(Backend::Heap)
    };
    let incomplete = Some(Incomplete { reason, lossy: true });
    Recording { snapshot, program: Some(program), incomplete }
}

/// Each function holds 1,000 bytes of the peak on its second line.
fn with_live_blocks(mut snapshot: Snapshot) -> Snapshot {
    let own = |at_peak| Held { at_peak, ..Held::default() };
    let path = |function| CallPath {
        caller: None,
        function,
        line: 8,
        is_recursive: false,
        own: own(1000),
    };
    snapshot.functions.iter_mut().for_each(|function| function.lines[1].at_peak = Some(1000));
    snapshot.paths =
        Some(CallPaths { all: vec![path(0), path(1)], outside: own(10), ..CallPaths::default() });
    snapshot
}

fn hostile_function(random: &mut Rng) -> FunctionSnapshot {
    let [name, file] = texts(random);
    let increment = |random: &mut Rng| if random.bool() { 100_000 } else { -1_000 };
    let line = |line| ran(line, &text(random), (increment(random), 70, 80, 3, 2));
    let lines = (7..11).map(line).collect();
    let note = random.bool().then(|| text(random));
    FunctionSnapshot { note, ..function(&name, &file, 7, lines) }
}

/// With the lines that hold the memory: each figure is 100,000, on a line that calls another one.
fn with_paths(mut snapshot: Snapshot) -> Snapshot {
    let figure = 100_000;
    let own = Held {
        at_peak: figure,
        at_peak_blocks: figure,
        live: figure,
        live_blocks: figure,
        allocated: figure,
        allocations: figure,
    };
    let path =
        |caller, function, is_recursive| CallPath { caller, function, line: 8, is_recursive, own };
    let all = vec![path(None, 0, false), path(Some(0), 1, true)];
    snapshot.paths = Some(CallPaths { all, outside: own, unattributed: own });
    snapshot
}

/// Hundreds of recordings, the same in each run.
fn recordings() -> impl Iterator<Item = Recording> {
    let mut random = Rng::with_seed(16);
    std::iter::repeat_with(move || recording(&mut random)).take(300)
}

/// Asserts that nothing is left that a terminal or the log of a workflow would execute.
fn check(view: &str, shown: &str) {
    let is_forbidden = |character: &char| match *character {
        // Nearly all that is shown: to search the list for each would take most of the time.
        '\n' | ' '..='~' => false,
        other => {
            let code = u32::from(other);
            FORBIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&code))
        }
    };
    let found = shown.chars().find(is_forbidden);
    assert_eq!(found, None, "{view}: {shown:?}");
    let command = shown.lines().find(|line| line.trim_start().starts_with("::"));
    assert_eq!(command, None, "{view}: {shown:?}");
    assert!(!shown.contains("##[") && !shown.contains("##vso["), "{view}: {shown:?}");
}

/// The text without the command's own colours.
fn without_colors(shown: &str) -> String {
    let is_ours = |code: &str| {
        ["0", "1", "1;31", "31", "32", "33"].contains(&code) || code.starts_with("38;2;")
    };
    let mut parts = shown.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('m') {
            Some((code, rest)) if is_ours(code) => text.push_str(rest),
            _ => text.extend(["\u{1b}[", part]),
        }
    }
    text
}
