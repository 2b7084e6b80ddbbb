//! The flame graph, drawn by `inferno`.

use inferno::flamegraph::{Options, from_lines};

use mem_profile_format::report::printable;

use super::folded;
use super::measure::Measure;
use crate::query::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot, measure: Measure) -> String {
    let lines: Vec<String> = folded::stacks(snapshot, measure)
        .into_iter()
        .map(|(stack, bytes)| format!("{stack} {bytes}"))
        .collect();
    let mut options = Options::default();
    options.title = match measure {
        Measure::Live => "Memory alive",
        Measure::Peak => "Memory at the peak",
        Measure::Allocated => "Memory allocated",
    }
    .to_owned();
    options.count_name = "bytes".to_owned();
    options.subtitle =
        Some(printable(&snapshot.notes().join("; "))).filter(|notes| !notes.is_empty());
    let mut picture = Vec::new();
    match from_lines(&mut options, lines.iter().map(String::as_str), &mut picture) {
        Ok(()) => String::from_utf8_lossy(&picture).into_owned(),
        // It only fails where there is nothing to draw: the picture goes to memory.
        Err(_) => String::new(),
    }
}
