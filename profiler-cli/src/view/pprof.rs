//! Renders profiles for `go tool pprof`: a sample for each path, by all its calling lines.
//!
//! The sample types are named as in Go's heap profiles. Those of the peak are additions.

use std::collections::HashMap;

use anyhow::Result;
use mem_profile_format::{Held, Snapshot};
use mem_profile_pprof::{Builder, Location, Sample};

use super::frames::{self, Place};
use crate::figures::Own;

const KINDS: [(&str, &str); 6] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
    ("peak_objects", "count"),
    ("peak_space", "bytes"),
];

/// A profile that shows `measure` by default.
///
/// # Errors
/// If the recording does not say which lines hold its memory.
pub(crate) fn render(snapshot: &Snapshot, measure: Own) -> Result<Vec<u8>> {
    let statements = frames::Statements::of(snapshot);
    let frames = frames::of(snapshot, &statements)?;
    let mut builder = Builder::new();
    builder.profile.sample_type =
        KINDS.iter().map(|(name, unit)| builder.value_type(name, unit)).collect();
    builder.profile.default_sample_type = builder.string(kind(measure));
    let mut known = HashMap::new();
    let locations: Vec<Option<u64>> =
        frames.iter().map(|frame| location(&mut builder, &mut known, frame.place)).collect();
    for (at, frame) in frames.iter().enumerate().filter(|(_, it)| it.own != Held::default()) {
        let stack = std::iter::successors(Some(at), |&at| frames[at].below);
        let location_id = stack.filter_map(|at| locations[at]).collect();
        builder.profile.sample.push(Sample { location_id, value: values(&frame.own) });
    }
    Ok(builder.encode())
}

/// The location of a line; a function has none beside those of its lines.
fn location<'a>(
    builder: &mut Builder,
    known: &mut HashMap<Place<'a>, u64>,
    place: Place<'a>,
) -> Option<u64> {
    let line = match place {
        Place::Function { .. } => return None,
        Place::Line { function, file, line, .. } => builder.line(function, file, line),
        Place::Other(name) => builder.line(name, "", 0),
    };
    let next = builder.profile.location.len() as u64 + 1;
    let id = *known.entry(place).or_insert(next);
    if id == next {
        builder.profile.location.push(Location { id, line: vec![line], ..Location::default() });
    }
    Some(id)
}

fn values(held: &Held) -> Vec<i64> {
    let Held { at_peak, at_peak_blocks, live, live_blocks, allocated, allocations } = *held;
    let all = [allocations, allocated, live_blocks, live, at_peak_blocks, at_peak];
    all.map(|figure| i64::try_from(figure).unwrap_or(i64::MAX)).into()
}

fn kind(measure: Own) -> &'static str {
    match measure {
        Own::AtPeak => "peak_space",
        Own::Live => "inuse_space",
        Own::Allocated => "alloc_space",
        Own::Allocs => "alloc_objects",
    }
}
