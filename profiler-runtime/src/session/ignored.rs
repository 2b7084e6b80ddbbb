//! Warnings about settings that have no effect, one line each.

use std::ffi::OsStr;
use std::path::Path;

/// All variables, the last five of which are the command's.
pub(super) const KNOWN: [&str; 25] = [
    "MEM_PROFILE",
    "MEM_PROFILE_BACKEND",
    "MEM_PROFILE_OUTPUT",
    "MEM_PROFILE_FORMAT",
    "MEM_PROFILE_FILTER",
    "MEM_PROFILE_TIMELINE",
    "MEM_PROFILE_INTERVAL",
    "MEM_PROFILE_LIVE",
    "MEM_PROFILE_ACCOUNT",
    "MEM_PROFILE_TOP",
    "MEM_PROFILE_UNIT",
    "MEM_PROFILE_PRECISION",
    "MEM_PROFILE_COLOR",
    "MEM_PROFILE_WIDTH",
    "MEM_PROFILE_TRACE",
    "MEM_PROFILE_MONITOR",
    "MEM_PROFILE_FLIGHT",
    "MEM_PROFILE_GRAPH",
    "MEM_PROFILE_GRAPH_AFTER",
    "MEM_PROFILE_GRAPH_DUPLICATES",
    "MEM_PROFILE_LINES",
    "MEM_PROFILE_RECORDING",
    "MEM_PROFILE_RUN",
    "MEM_PROFILE_RUNTIME",
    "MEM_PROFILE_WATCH_TOKEN",
];

/// Names that only look like the profiler's.
pub(super) fn unknown<'a>(names: impl Iterator<Item = &'a OsStr>) -> impl Iterator<Item = String> {
    names.filter_map(|name| {
        let name = name.to_str().filter(|name| is_meant_for_us(name) && !KNOWN.contains(name))?;
        let capitals = name.to_ascii_uppercase();
        let nearest = KNOWN.iter().min_by_key(|known| distance(&capitals, known))?;
        Some(format!("mem-profile: {name} is not known and has no effect; did you mean {nearest}?"))
    })
}

fn is_meant_for_us(name: &str) -> bool {
    let start = name.get(.."MEM_PROFIL".len());
    start.is_some_and(|start| start.eq_ignore_ascii_case("MEM_PROFIL"))
}

/// How many characters have to be inserted, removed or replaced to make the one of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, byte) in from.bytes().enumerate() {
        let mut diagonal = index;
        row[0] = index + 1;
        for (column, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

/// Tracing is asked for, and this program cannot.
pub(super) fn trace(how: &OsStr) -> Option<String> {
    needs(cfg!(feature = "watch"), "MEM_PROFILE_TRACE", how, "trace")
}

/// A capture of the heap is asked for, and this program cannot.
pub(super) fn graph(path: &OsStr) -> Option<String> {
    needs(cfg!(feature = "graph"), "MEM_PROFILE_GRAPH", path, "graph")
}

/// A monitor is asked for, or its flight recorder, and this program has none.
pub(super) fn monitor(name: &str, value: &OsStr) -> Option<String> {
    needs(cfg!(feature = "monitor"), name, value, "monitor")
}

/// An account is asked for, and this program has none.
pub(super) fn account(is_asked: bool) -> Option<String> {
    let value = if is_asked { "on" } else { "off" };
    needs(cfg!(feature = "account"), "MEM_PROFILE_ACCOUNT", OsStr::new(value), "account")
}

/// A variable asks for what only a feature has.
fn needs(has_feature: bool, name: &str, value: &OsStr, feature: &str) -> Option<String> {
    let is_asked = !has_feature && value != "0" && value != "off";
    is_asked.then(|| {
        let value = value.to_string_lossy();
        format!(
            "mem-profile: {name}={value} has no effect: it needs the feature `{feature}` of mem-profile"
        )
    })
}

/// The name of a report asks for what only the command makes.
pub(super) fn form(path: &str) -> Option<String> {
    let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
    let command = match extension.as_str() {
        "html" | "htm" => "report run.mprof",
        "svg" => "flame run.mprof",
        "png" => "plot run.mprof",
        "pb" => "export run.mprof --format pprof",
        _ => return None,
    };
    Some(format!(
        "mem-profile: {path} becomes a text table: a run writes .txt, .json, .md, .csv and .info; for \
         .{extension} set MEM_PROFILE_OUTPUT=run.mprof, then `cargo mem-profile {command} --output \
         {path}`"
    ))
}
