//! Runs a program, reads its recording, and compares both with the comments in its source.

mod held;
mod reported;
mod row;

pub(crate) use self::held::check_held;
#[cfg(feature = "trace")]
pub(crate) use self::held::check_traced;

use reported::Reported;
use row::{Figures, Row};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BINARIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin");

/// The names of all programs, sorted.
pub(crate) fn sources() -> Vec<String> {
    let files = fs::read_dir(BINARIES).expect("the folder of the programs");
    let stem = |path: PathBuf| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let mut names: Vec<_> = files.filter_map(|file| stem(file.ok()?.path())).collect();
    names.sort();
    names
}

/// A program that has ended.
pub(crate) struct Run {
    name: String,
    pub(crate) source: Vec<String>,
    pub(crate) recording: Value,
    reported: Reported,
}

impl Run {
    /// Runs the program to its end; its recording gets the name `recording`.
    pub(crate) fn new(name: &str, executable: &str, recording: &str) -> Self {
        Self::with(name, executable, recording, None)
    }

    /// The same, with live blocks by line; `None` if the program's allocator is wrapped.
    pub(crate) fn recording_live_blocks(name: &str, executable: &str) -> Option<Self> {
        let source = fs::read_to_string(Path::new(BINARIES).join(format!("{name}.rs")));
        let is_wrapped = source.expect("the program's source").contains("Alloc::wrap");
        let live = ("MEM_PROFILE_LIVE", "on");
        (!is_wrapped).then(|| Self::with(name, executable, &format!("{name}-live"), Some(live)))
    }

    /// The same, with every stack of the program in place of live blocks.
    #[cfg(feature = "trace")]
    pub(crate) fn traced(name: &str, executable: &str) -> Self {
        let traced = ("MEM_PROFILE_TRACE", "1");
        Self::with(name, executable, &format!("{name}-traced"), Some(traced))
    }

    fn with(name: &str, executable: &str, recording: &str, setting: Option<(&str, &str)>) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exact");
        fs::create_dir_all(&folder).expect("a folder for recordings");
        let path = folder.join(format!("{recording}.json"));
        let _ = fs::remove_file(&path);
        let output = Command::new(executable)
            .env("MEM_PROFILE_FORMAT", "json")
            .env("MEM_PROFILE_OUTPUT", &path)
            .env_remove("MEM_PROFILE")
            .env_remove("MEM_PROFILE_BACKEND")
            .env_remove("MEM_PROFILE_FILTER")
            .env_remove("MEM_PROFILE_LIVE")
            .env_remove("MEM_PROFILE_TRACE")
            .envs(setting)
            .output()
            .expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {}\n{stderr}", output.status);
        let json = fs::read_to_string(&path).expect("the program wrote a recording");
        let source = fs::read_to_string(Path::new(BINARIES).join(format!("{name}.rs")));
        Self {
            name: name.to_owned(),
            source: source.expect("the program's source").lines().map(str::to_owned).collect(),
            recording: serde_json::from_str(&json).expect("the recording is JSON"),
            reported: Reported::read(&stderr),
        }
    }

    pub(crate) fn functions(&self) -> &[Value] {
        self.recording["functions"].as_array().expect("functions")
    }

    /// `tests/exact/src/bin/straight.rs:14:34`: where the comment of a line begins, or its text.
    fn location(&self, line: usize) -> String {
        let text = self.source.get(line - 1).map_or("", String::as_str);
        let column = text.find("//=").unwrap_or_else(|| text.len() - text.trim_start().len());
        let column = text[..column].chars().count() + 1;
        format!("tests/exact/src/bin/{}.rs:{line}:{column}", self.name)
    }
}

/// Explains the comments under a message about them.
const LEGEND: &str = "Behind `//=` a line states its increment (+), peak (^), allocations (a), allocated bytes (b) \
    and occurrences (x). A figure that is left out is zero; a line without a comment does not run.\n\
    If the measured figures are correct, write them into the comment.";

/// Compares the recording with the comments and with the figures that the program reported.
pub(crate) fn check(run: &Run) {
    let mut wrong = Vec::new();
    let mut covered = BTreeMap::new();
    if run.recording["backend"] != "heap" {
        wrong.push(format!("backend {}", run.recording["backend"]));
    }
    if run.recording["process_bytes"].as_i64() != run.reported.live {
        let process = &run.recording["process_bytes"];
        wrong.push(format!("process: measured {process}, expected {:?}", run.reported.live));
    }
    check_peak(run, &mut wrong);
    for function in run.functions() {
        check_rows(run, function, &mut covered, &mut wrong);
        check_calls(run, function, &mut wrong);
    }
    check_coverage(run, &covered, &mut wrong);
    let (count, differences) = (wrong.len(), wrong.join("\n"));
    assert!(
        wrong.is_empty(),
        "{count} difference(s) in `{}`\n\n{differences}\n\n{LEGEND}\n",
        run.name
    );
}

fn rows(function: &Value) -> Vec<Row> {
    function["lines"].as_array().expect("lines").iter().map(Row::read).collect()
}

fn short_name(function: &Value) -> &str {
    let name = function["name"].as_str().expect("a name");
    name.split_once("::").map_or(name, |(_, own)| own)
}

/// The peak of the process against the program's own, in which the profiler's own memory is while it takes a
/// snapshot.
fn check_peak(run: &Run, wrong: &mut Vec<String>) {
    let figure = |name| run.recording["peak"][name].as_i64().expect("a number");
    let (peak, uncertainty) = (figure("bytes"), figure("uncertainty"));
    let expected = run.reported.peak.expect("the program reports its peak");
    let has = |text| run.source.iter().any(|line| line.contains(text));
    let has_threads = has("thread::") || has("tokio::");
    let is_right = match has("mem_profile::snapshot(") {
        true => peak <= expected,
        false => (peak - expected).abs() <= uncertainty,
    };
    if (uncertainty > 0) != has_threads || !is_right {
        wrong.push(format!("process: peak {peak} ± {uncertainty}, expected {expected}"));
    }
    if run.recording["resident_peak"].as_i64().is_none_or(|bytes| bytes <= 0) {
        wrong.push(format!("process: resident peak {}", run.recording["resident_peak"]));
    }
}

/// Every row against its comment.
fn check_rows(
    run: &Run,
    function: &Value,
    covered: &mut BTreeMap<usize, usize>,
    wrong: &mut Vec<String>,
) {
    let rows = rows(function);
    for row in &rows {
        let location = run.location(row.line);
        let Some(text) = run.source.get(row.line - 1).filter(|text| **text == row.source) else {
            wrong.push(format!("{location}: the recorded text differs: {:?}", row.source));
            continue;
        };
        *covered.entry(row.line).or_default() += 1;
        let (expected, measured) = (Figures::parse(text, &run.reported.values), row.figures());
        let is_right = match row.is_entry {
            true => {
                row.occurrences == expected.occurrences
                    && row.occurrences == function["calls"].as_i64()
                    && (!text.contains('^') || function["peak"].as_i64() == expected.peak)
            }
            false => measured == expected,
        };
        if !is_right {
            let code = row::code(text);
            wrong.push(format!(
                "{location}: {code}\n    expected {expected}\n    measured {measured}"
            ));
        }
    }
}

/// Each line with a comment is a row of one table, and of one only.
fn check_coverage(run: &Run, covered: &BTreeMap<usize, usize>, wrong: &mut Vec<String>) {
    for (index, text) in run.source.iter().enumerate() {
        let tables = covered.get(&(index + 1)).copied().unwrap_or(0);
        if row::comment(text).is_some() && tables != 1 {
            let (location, code) = (run.location(index + 1), row::code(text));
            wrong.push(format!("{location}: {code}\n    expected in one table, is in {tables}"));
        }
    }
}

/// The increments and, unless the entry row states it, the peak of a table against its outermost calls, and the readings.
fn check_calls(run: &Run, function: &Value, wrong: &mut Vec<String>) {
    let name = short_name(function);
    let rows = rows(function);
    let own: Vec<_> = rows.iter().filter(|row| !row.is_entry).collect();
    let calls: Vec<_> = run.reported.calls.iter().filter(|call| call.function == name).collect();
    let Some(first) = calls.first() else { return };
    let measured: i64 = own.iter().filter_map(|row| row.increment).sum();
    let change: i64 = calls.iter().map(|call| call.change).sum();
    if measured != change {
        wrong.push(format!("{name}: the lines add up to {measured}, the calls changed {change}"));
    }
    let is_stated = rows.iter().any(|row| row.is_entry && run.source[row.line - 1].contains('^'));
    let (peak, highest) = (function["peak"].as_i64(), calls.iter().map(|call| call.peak).max());
    if peak != highest && !is_stated {
        wrong.push(format!("{name}: peak {peak:?}, the calls rose by {highest:?}"));
    }
    for row in rows.iter().filter(|row| row.is_entry) {
        if (row.usage, row.increment) != (Some(first.before), Some(first.before)) {
            let before = first.before;
            wrong.push(format!("{name}: usage at entry {:?}, expected {before}", row.usage));
        }
    }
    let entered = function["reading_at_entry"].as_i64();
    if entered != Some(first.before) {
        wrong.push(format!("{name}: reading at entry {entered:?}, expected {}", first.before));
    }
    let is_last = |row: &&&Row| row::is_last(&run.source[row.line - 1]);
    if let Some(row) = own.iter().find(is_last)
        && row.usage != Some(first.after)
    {
        wrong.push(format!("{name}: usage at the end {:?}, expected {}", row.usage, first.after));
    }
}
