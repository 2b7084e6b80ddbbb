//! Renders profiles for `go tool pprof`: a sample for each line that ran.
//!
//! The sample types are named as in Go's heap profiles; `peak_space` and `executions` are additions.

use mem_profile_format::{Backend, LineSnapshot, Snapshot};
use mem_profile_pprof::{Builder, Location, Sample};

use crate::figures::Measure;

/// A profile that shows `measure` by default.
pub(crate) fn render(snapshot: &Snapshot, measure: Measure) -> Vec<u8> {
    let mut builder = Builder::new();
    let kinds = kinds(snapshot.backend);
    builder.profile.sample_type =
        kinds.iter().map(|(name, unit)| builder.value_type(name, unit)).collect();
    builder.profile.default_sample_type = builder.string(name(measure));
    for function in &snapshot.functions {
        for line in function.body_lines().filter(|line| line.ran()) {
            let id = builder.profile.location.len() as u64 + 1;
            let place = builder.line(&function.name, &function.file, line.line);
            builder.profile.location.push(Location {
                id,
                line: vec![place],
                ..Location::default()
            });
            let value = values(line).into_iter().take(kinds.len()).collect();
            builder.profile.sample.push(Sample { location_id: vec![id], value });
        }
    }
    builder.encode()
}

/// Names and units of the sample types.
fn kinds(backend: Backend) -> &'static [(&'static str, &'static str)] {
    const KINDS: [(&str, &str); 5] = [
        ("executions", "count"),
        ("inuse_space", "bytes"),
        ("peak_space", "bytes"),
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
    ];
    if backend == Backend::Heap { &KINDS } else { &KINDS[..2] }
}

fn values(line: &LineSnapshot) -> [i64; 5] {
    let number = |figure: Option<u64>| i64::try_from(figure.unwrap_or(0)).unwrap_or(i64::MAX);
    [
        number(line.occurrences),
        line.increment.unwrap_or(0),
        number(line.peak),
        number(line.allocations),
        number(line.allocated),
    ]
}

fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::Increment => "inuse_space",
        Measure::Peak => "peak_space",
        Measure::Allocated => "alloc_space",
        Measure::Allocs => "alloc_objects",
    }
}
