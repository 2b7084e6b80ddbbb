//! The tracer's figures as `pprof` reads them.

use mem_profile_pprof::{Builder, Location, Mapping, Sample};

use crate::data::Reach;
use crate::names::stack_frame::Origin;
use crate::query::group::outer_end;
use crate::query::snapshot::Snapshot;
use crate::tables::counters::whole;

/// The modules of the program.
fn add_mappings(builder: &mut Builder, snapshot: &Snapshot) {
    for (id, module) in (1..).zip(&snapshot.data().modules) {
        let (filename, build_id) = (builder.string(&module.path), builder.string(&module.build_id));
        builder.profile.mapping.push(Mapping {
            id,
            memory_start: module.start,
            memory_limit: module.end,
            filename,
            build_id,
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        });
    }
}

/// One for each address, less the profiler's own; its number is the index plus one.
fn add_locations(builder: &mut Builder, snapshot: &Snapshot) {
    for (index, address) in snapshot.data().addresses.iter().enumerate() {
        let frames = snapshot.symbols().of(index as u32).iter();
        let shown = frames.filter(|frame| frame.origin != Origin::Profiler);
        let line = shown.map(|frame| builder.line(&frame.function, &frame.file, frame.line));
        let line = line.collect();
        builder.profile.location.push(Location {
            id: index as u64 + 1,
            mapping_id: address.module.map_or(0, |module| u64::from(module) + 1),
            address: address.address,
            line,
        });
    }
}

/// A place without an address, where the stack is not known further out.
fn outer_end_location(builder: &mut Builder, reach: Reach) -> Option<u64> {
    let line = builder.line(outer_end(reach)?, "", 0);
    let known = builder.profile.location.iter().rev().find(|location| location.line == [line]);
    if let Some(known) = known {
        return Some(known.id);
    }
    let id = builder.profile.location.len() as u64 + 1;
    builder.profile.location.push(Location { id, line: vec![line], ..Location::default() });
    Some(id)
}

/// The stacks.
fn add_samples(builder: &mut Builder, snapshot: &Snapshot) {
    for trace in &snapshot.data().traces {
        let end = outer_end_location(builder, trace.reach);
        let location = |&frame: &u32| {
            let shown = builder.profile.location.get(frame as usize)?;
            (!shown.line.is_empty()).then_some(u64::from(frame) + 1)
        };
        let wanted = usize::try_from(snapshot.data().frames).unwrap_or(usize::MAX);
        let locations = trace.frames.iter().filter_map(location).take(wanted);
        let location_id = locations.chain(end).collect();
        let value = vec![
            whole(trace.allocated_blocks),
            trace.allocated_bytes,
            whole(trace.live_blocks),
            trace.live_bytes,
        ];
        builder.profile.sample.push(Sample { location_id, value });
    }
}
pub(super) fn render(snapshot: &Snapshot) -> Vec<u8> {
    let mut builder = Builder::new();
    builder.profile.sample_type = vec![
        builder.value_type("alloc_objects", "count"),
        builder.value_type("alloc_space", "bytes"),
        builder.value_type("inuse_objects", "count"),
        builder.value_type("inuse_space", "bytes"),
    ];
    builder.profile.period_type = Some(builder.value_type("space", "bytes"));
    builder.profile.period = snapshot.data().mean_bytes.max(1) as i64;
    builder.profile.time_nanos = snapshot.data().taken_at as i64;
    builder.profile.default_sample_type = builder.string("inuse_space");
    let notes = snapshot.notes();
    builder.profile.comment = notes.iter().map(|note| builder.string(note)).collect();
    add_mappings(&mut builder, snapshot);
    add_locations(&mut builder, snapshot);
    add_samples(&mut builder, snapshot);
    builder.encode()
}
