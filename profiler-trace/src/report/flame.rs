//! The flame graph.

use mem_profile_format::report::{FlameGraph, FrameKind};

use super::measure::Measure;
use crate::query::group::outer_end;
use crate::query::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot, measure: Measure) -> String {
    let mut graph = FlameGraph::new(measure.title(), true);
    snapshot.notes().iter().for_each(|note| graph.note(note));
    for trace in &snapshot.data().traces {
        let Ok(bytes @ 1..) = u64::try_from(measure.of(trace)) else { continue };
        let mut frame = FlameGraph::ROOT;
        if let Some(end) = outer_end(trace.reach) {
            frame = graph.frame(frame, FrameKind::Other, end, "");
        }
        let frames: Vec<_> = snapshot.shown(trace).collect();
        for shown in frames.into_iter().rev() {
            let line = match shown.file.is_empty() {
                true => String::new(),
                false => format!("({}:{})", shown.file, shown.line),
            };
            frame = graph.frame(frame, FrameKind::Function, &shown.function, &line);
        }
        graph.add(frame, bytes);
    }
    if graph.total() == 0 { String::new() } else { graph.svg() }
}
