//! The protocol buffers of `pprof`: `proto/profile.proto` of github.com/google/pprof.

use std::collections::HashMap;

use prost::Message;

use crate::trace::data::Reach;
use crate::trace::frame::Origin;
use crate::trace::group::{outer_end, whole};
use crate::trace::snapshot::Snapshot;

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
    #[prost(int64, repeated, tag = "13")]
    comment: Vec<i64>,
    #[prost(int64, tag = "14")]
    default_sample_type: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    r#type: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    /// The innermost first.
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    memory_start: u64,
    #[prost(uint64, tag = "3")]
    memory_limit: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(int64, tag = "6")]
    build_id: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "8")]
    has_filenames: bool,
    #[prost(bool, tag = "9")]
    has_line_numbers: bool,
    #[prost(bool, tag = "10")]
    has_inline_frames: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    /// Several where calls were inlined, the innermost first.
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    /// Empty: of a name that is the same as this, the reader takes `<T as Trait>` away.
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

#[derive(Default)]
struct Builder {
    profile: Profile,
    strings: HashMap<String, i64>,
    functions: HashMap<(i64, i64), u64>,
}

impl Builder {
    fn string(&mut self, text: &str) -> i64 {
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let index = self.profile.string_table.len() as i64;
        self.profile.string_table.push(text.to_owned());
        self.strings.insert(text.to_owned(), index);
        index
    }

    fn value_type(&mut self, kind: &str, unit: &str) -> ValueType {
        ValueType { r#type: self.string(kind), unit: self.string(unit) }
    }

    fn line(&mut self, function: &str, file: &str, line: u32) -> Line {
        let (name, filename) = (self.string(function), self.string(file));
        let id = self.profile.function.len() as u64 + 1;
        let function_id = *self.functions.entry((name, filename)).or_insert(id);
        if function_id == id {
            self.profile.function.push(Function { id, name, system_name: 0, filename });
        }
        Line { function_id, line: line.into() }
    }

    fn add_mappings(&mut self, snapshot: &Snapshot) {
        for (id, module) in (1..).zip(&snapshot.data().modules) {
            let (filename, build_id) = (self.string(&module.path), self.string(&module.build_id));
            self.profile.mapping.push(Mapping {
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
    fn add_locations(&mut self, snapshot: &Snapshot) {
        for (index, address) in snapshot.data().addresses.iter().enumerate() {
            let frames = snapshot.symbols().of(index as u32).iter();
            let shown = frames.filter(|frame| frame.origin != Origin::Profiler);
            let line = shown.map(|frame| self.line(&frame.function, &frame.file, frame.line));
            let line = line.collect();
            self.profile.location.push(Location {
                id: index as u64 + 1,
                mapping_id: address.module.map_or(0, |module| u64::from(module) + 1),
                address: address.address,
                line,
            });
        }
    }

    /// A place without an address, where the stack is not known further out.
    fn outer_end(&mut self, reach: Reach) -> Option<u64> {
        let line = self.line(outer_end(reach)?, "", 0);
        let known = self.profile.location.iter().rev().find(|location| location.line == [line]);
        if let Some(known) = known {
            return Some(known.id);
        }
        let id = self.profile.location.len() as u64 + 1;
        self.profile.location.push(Location { id, line: vec![line], ..Location::default() });
        Some(id)
    }

    fn add_samples(&mut self, snapshot: &Snapshot) {
        for trace in &snapshot.data().traces {
            let end = self.outer_end(trace.reach);
            let location = |&frame: &u32| {
                let shown = self.profile.location.get(frame as usize)?;
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
            self.profile.sample.push(Sample { location_id, value });
        }
    }
}

pub(super) fn render(snapshot: &Snapshot) -> Vec<u8> {
    let mut builder = Builder::default();
    // The first string of the table is empty.
    builder.string("");
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
    builder.add_mappings(snapshot);
    builder.add_locations(snapshot);
    builder.add_samples(snapshot);
    builder.profile.encode_to_vec()
}
