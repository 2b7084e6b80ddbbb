//! One line a stack: frames from the outermost on, separated by semicolons, and a number.

use std::collections::BTreeMap;

use mem_profile_format::report::folded_frame;

use super::label::label;
use super::measure::Measure;
use crate::query::group::outer_end;
use crate::query::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot, measure: Measure) -> String {
    let mut text = String::new();
    for (stack, bytes) in stacks(snapshot, measure) {
        text.push_str(&format!("{stack} {bytes}\n"));
    }
    text
}

/// The stacks that hold anything, with how many bytes.
pub(super) fn stacks(snapshot: &Snapshot, measure: Measure) -> BTreeMap<String, i64> {
    let mut stacks: BTreeMap<String, i64> = BTreeMap::new();
    for trace in &snapshot.data().traces {
        let bytes = measure.of(trace);
        if bytes <= 0 {
            continue;
        }
        let mut frames: Vec<String> =
            snapshot.shown(trace).map(|frame| folded_frame(&label(frame))).collect();
        frames.extend(outer_end(trace.reach).map(str::to_owned));
        frames.reverse();
        *stacks.entry(frames.join(";")).or_default() += bytes;
    }
    stacks
}
