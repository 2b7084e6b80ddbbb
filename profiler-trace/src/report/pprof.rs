//! The tracer's figures as `pprof` reads them.

use std::collections::HashMap;

use mem_profile_pprof::{Builder, Line, Location, Mapping, Sample};

use crate::data::{Address, Reach, Trace};
use crate::names::segment::{self, CodeSegment};
use crate::query::group::outer_end;
use crate::query::notes;
use crate::query::snapshot::Snapshot;
use crate::report::measure::Measure;
use crate::tables::counters::whole;
use mem_profile_names::{Frame, Origin};

/// The frames of a profile, and who names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PprofFrames {
    /// All frames, named here.
    All,
    /// The same, less frames of the standard library at the inner end. So a figure is on the line that asked the
    /// standard library for memory.
    WithoutStandard,
    /// All frames, as addresses. The reader names them, by files with the same build ids. Nothing is looked up in
    /// this process.
    Addresses,
}

/// A profile that is being built.
struct Writer<'a> {
    builder: Builder,
    snapshot: &'a Snapshot,
    frames: PprofFrames,
    /// The location of each address that is on a stack; `None` if none of its frames is shown.
    locations: HashMap<u32, Option<u64>>,
    /// The same without the frames of the standard library at their inner end.
    inner: HashMap<u32, Option<u64>>,
}

/// What the values of a sample are in [`Trace`], with blocks in 1024ths.
type Figures = [i64; 4];

pub(super) fn render(snapshot: &Snapshot, shown: Measure, frames: PprofFrames) -> Vec<u8> {
    build(snapshot, shown, frames).encode()
}

pub(super) fn build(snapshot: &Snapshot, shown: Measure, frames: PprofFrames) -> Builder {
    let (locations, inner) = (HashMap::new(), HashMap::new());
    let mut writer = Writer { builder: Builder::new(), snapshot, frames, locations, inner };
    writer.add_head(shown);
    writer.add_mappings();
    writer.add_samples();
    writer.builder
}

impl<'a> Writer<'a> {
    fn add_head(&mut self, shown: Measure) {
        let (builder, data) = (&mut self.builder, self.snapshot.data());
        builder.profile.sample_type = vec![
            builder.value_type("alloc_objects", "count"),
            builder.value_type("alloc_space", "bytes"),
            builder.value_type("inuse_objects", "count"),
            builder.value_type("inuse_space", "bytes"),
        ];
        builder.profile.period_type = Some(builder.value_type("space", "bytes"));
        builder.profile.period = data.mean_bytes.max(1) as i64;
        builder.profile.time_nanos = data.taken_at as i64;
        builder.profile.duration_nanos = self.snapshot.duration().as_nanos() as i64;
        builder.profile.default_sample_type = builder.string(match shown {
            Measure::Allocated => "alloc_space",
            Measure::Live | Measure::Peak => "inuse_space",
        });
        let notes = match self.frames {
            PprofFrames::Addresses => notes::of_figures(self.snapshot),
            PprofFrames::All | PprofFrames::WithoutStandard => notes::notes(self.snapshot),
        };
        builder.profile.comment = notes.iter().map(|note| builder.string(note)).collect();
    }

    /// The modules of the program.
    fn add_mappings(&mut self) {
        let has_names = self.has_names();
        for (id, module) in (1..).zip(&self.snapshot.data().modules) {
            let builder = &mut self.builder;
            let (filename, build_id) =
                (builder.string(&module.path), builder.string(&module.build_id));
            let code = if has_names { None } else { segment::code_of(module) };
            let code =
                code.unwrap_or(CodeSegment { start: module.start, end: module.end, offset: 0 });
            builder.profile.mapping.push(Mapping {
                id,
                memory_start: code.start,
                memory_limit: code.end,
                file_offset: code.offset,
                filename,
                build_id,
                has_functions: has_names,
                has_filenames: has_names,
                has_line_numbers: has_names,
                has_inline_frames: has_names,
            });
        }
    }

    fn has_names(&self) -> bool {
        self.frames != PprofFrames::Addresses
    }

    /// The location of an address, which is added if it is new; `None` if no frame of it is shown.
    fn location(&mut self, index: u32) -> Option<u64> {
        if let Some(&known) = self.locations.get(&index) {
            return known;
        }
        let address = self.snapshot.data().addresses.get(index as usize)?;
        let line = match address.is_recursion() {
            true => vec![self.builder.line("[recursion]", "", 0)],
            false => self.lines(self.shown(index)),
        };
        // Without the profiler's own, as far as these are known.
        let is_shown = if self.has_names() { !line.is_empty() } else { !address.is_own };
        let id = is_shown.then(|| self.add_location(address, line));
        self.locations.insert(index, id);
        id
    }

    /// The frames of an address, less the profiler's own.
    fn shown(&self, index: u32) -> impl Iterator<Item = &'a Frame> + use<'a> {
        let named: &[Frame] =
            if self.has_names() { self.snapshot.symbols().of(index) } else { &[] };
        named.iter().filter(|frame| frame.origin != Origin::Profiler)
    }

    fn lines(&mut self, frames: impl Iterator<Item = &'a Frame>) -> Vec<Line> {
        frames.map(|frame| self.builder.line(&frame.function, &frame.file, frame.line)).collect()
    }

    fn add_location(&mut self, address: &Address, line: Vec<Line>) -> u64 {
        let locations = &mut self.builder.profile.location;
        let id = locations.len() as u64 + 1;
        locations.push(Location {
            id,
            mapping_id: address.module.map_or(0, |module| u64::from(module) + 1),
            // A call returns behind itself: its last byte is one before.
            address: address.address.saturating_sub(1),
            line,
        });
        id
    }

    /// Each stack once: threads are not told apart, and frames that are left out may have been all that differed.
    fn add_samples(&mut self) {
        let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
        let mut stacks: Vec<(Vec<u64>, Figures)> = Vec::new();
        for trace in &self.snapshot.data().traces {
            let stack = self.stack(trace);
            let index = *known.entry(stack).or_insert_with_key(|stack| {
                stacks.push((stack.clone(), Figures::default()));
                stacks.len() - 1
            });
            let more = [
                trace.allocated_blocks,
                trace.allocated_bytes,
                trace.live_blocks,
                trace.live_bytes,
            ];
            let Some((_, sums)) = stacks.get_mut(index) else { continue };
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        // Where threads have freed what others made, a change may be none in all.
        stacks.retain(|(_, sums)| *sums != Figures::default());
        let sample = |(location_id, sums): (Vec<u64>, Figures)| {
            let [allocated_blocks, allocated, live_blocks, live] = sums;
            let value = vec![whole(allocated_blocks), allocated, whole(live_blocks), live];
            Sample { location_id, value }
        };
        self.builder.profile.sample = stacks.into_iter().map(sample).collect();
    }

    /// The locations of a stack, the innermost first.
    fn stack(&mut self, trace: &Trace) -> Vec<u64> {
        let mut frames = trace.frames.iter().copied();
        let mut ids = Vec::new();
        if self.frames == PprofFrames::WithoutStandard {
            let mut tried = frames.clone();
            if let Some(inner) = tried.find_map(|frame| self.inner_location(frame)) {
                ids.push(inner);
                frames = tried;
            }
        }
        ids.extend(frames.filter_map(|frame| self.location(frame)));
        let wanted = usize::try_from(self.snapshot.data().frames).unwrap_or(usize::MAX);
        ids.truncate(wanted);
        ids.extend(self.mark(trace.reach));
        ids
    }

    /// The location of an address from the first frame on that is not the standard library's; `None` if all are.
    fn inner_location(&mut self, frame: u32) -> Option<u64> {
        if let Some(&known) = self.inner.get(&frame) {
            return known;
        }
        let rest = || self.shown(frame).skip_while(|frame| frame.origin == Origin::Standard);
        let id = match (rest().count(), self.shown(frame).count()) {
            (0, _) => None,
            (left, all) if left == all => self.location(frame),
            _ => {
                let address = self.snapshot.data().addresses.get(frame as usize)?;
                let line = self.lines(rest());
                Some(self.add_location(address, line))
            }
        };
        self.inner.insert(frame, id);
        id
    }

    /// A place where the stack is not known further out. Readers that subtract profiles compare locations by their
    /// addresses, so each mark has one of its own.
    fn mark(&mut self, reach: Reach) -> Option<u64> {
        let line = self.builder.line(outer_end(reach)?, "", 0);
        let address = reach as u64;
        let locations = &mut self.builder.profile.location;
        let known = locations.iter().rev().find(|it| it.address == address && it.line == [line]);
        if let Some(known) = known {
            return Some(known.id);
        }
        let id = locations.len() as u64 + 1;
        locations.push(Location { id, address, line: vec![line], ..Location::default() });
        Some(id)
    }
}
