//! From blocks to a [`Timeline`].

use std::collections::BTreeMap;

use super::RecordingError;
use super::blocks::{Block, Blocks, unsigned};
use crate::layout;
use crate::snapshot::{Label, Reading, Span, Timeline};

/// `None` where the run has recorded none.
pub(super) fn timeline(blocks: &Blocks<'_>) -> Result<Option<Timeline>, RecordingError> {
    let Some(block) = blocks.of_kind(layout::TIMELINE).next() else { return Ok(None) };
    let mut labels = Labels::new(blocks);
    let mut spans = Vec::new();
    for (number, mut span) in found_spans(blocks)? {
        if let Some(label) = labels.count(number)? {
            span.label = label;
            spans.push(span);
        }
    }
    labels.add_others()?;
    Ok(Some(Timeline {
        started: unsigned(block.word(layout::timeline::STARTED)),
        interval: unsigned(block.word(layout::timeline::INTERVAL)),
        samples: samples(blocks),
        spans,
        labels: labels.labels,
    }))
}

/// A remark on a timeline that leaves out calls.
pub(super) fn note(timeline: &Timeline) -> Option<String> {
    let (spans, omitted) = (timeline.spans.len() as u64, timeline.omitted());
    (omitted > 0).then(|| {
        format!(
            "the timeline has {spans} of {} calls: of what is called very often it keeps every \
             second, fourth, eighth …",
            omitted.saturating_add(spans)
        )
    })
}

fn samples(blocks: &Blocks<'_>) -> Vec<Reading> {
    // Some are there twice while their number is being halved.
    let mut samples = BTreeMap::new();
    for block in blocks.of_kind(layout::SAMPLES) {
        let places = (layout::samples::FIRST..layout::samples::SIZE).step_by(layout::samples::EACH);
        for (index, at) in places.enumerate() {
            let time = block.word(at + layout::samples::TIME);
            if let Ok(bytes) = u64::try_from(block.word(at + layout::samples::BYTES))
                && time > 0
            {
                let at = layout::samples::RESIDENT + index * layout::resident::SIZE;
                let resident = block.resident_set(at);
                samples.insert(time, Reading { time: unsigned(time), bytes, resident });
            }
        }
    }
    samples.into_values().collect()
}

/// All spans by their start, with the numbers of their functions and blocks.
fn found_spans(blocks: &Blocks<'_>) -> Result<Vec<(i64, Span)>, RecordingError> {
    let mut spans = Vec::new();
    for block in blocks.of_kind(layout::SPANS) {
        let places = (layout::spans::FIRST..layout::spans::SIZE).step_by(layout::spans::EACH);
        for at in places.filter(|at| block.word(at + layout::spans::START) != 0) {
            let span = span(&block, at);
            let span = span.ok_or_else(|| block.damaged("a span has an impossible place"))?;
            spans.push((block.word(at + layout::spans::LABEL), span));
        }
    }
    spans.sort_by_key(|&(number, span)| (span.start, span.level, span.thread, number));
    Ok(spans)
}

fn span(block: &Block<'_>, at: usize) -> Option<Span> {
    let word = |offset| block.word(at + offset);
    let start = u64::try_from(word(layout::spans::START)).ok()?;
    let end = u64::try_from(word(layout::spans::END)).ok()?;
    let has_ended = end != 0;
    Some(Span {
        label: 0,
        start,
        end: has_ended.then_some(end.max(start)),
        bytes_at_start: unsigned(word(layout::spans::BYTES_AT_START)),
        bytes_at_end: has_ended.then(|| unsigned(word(layout::spans::BYTES_AT_END))),
        level: u32::try_from(word(layout::spans::LEVEL)).ok()?,
        thread: u32::try_from(block.word(layout::spans::THREAD)).ok()?,
    })
}

/// Labels in the order of their first spans; until a span is counted it is omitted.
struct Labels<'a> {
    blocks: &'a Blocks<'a>,
    /// Numbers of calls, by the number of the function.
    calls: BTreeMap<i64, u64>,
    /// Names of blocks, by the label in a span.
    names: BTreeMap<i64, Block<'a>>,
    /// Indices of labels, by the label in a span. The type of `calls`, whose code a program then has once.
    found: BTreeMap<i64, u64>,
    /// Indices of block names, by their hashes. The same type for the same reason.
    by_hash: BTreeMap<i64, u64>,
    labels: Vec<Label>,
}

impl<'a> Labels<'a> {
    fn new(blocks: &'a Blocks<'a>) -> Self {
        let mut calls = BTreeMap::<_, u64>::new();
        for chunk in &blocks.chunks {
            let runs = unsigned(chunk.word(layout::chunk::SIZE + layout::row::RUNS));
            let sum = calls.entry(chunk.word(layout::chunk::TABLE)).or_default();
            *sum = sum.saturating_add(runs);
        }
        // One by one: `collect` would sort them first, by code that nothing else needs.
        let mut names = BTreeMap::new();
        for name in blocks.of_kind(layout::NAME) {
            names.insert(!name.word(layout::name::NUMBER), name);
        }
        let (found, by_hash) = Default::default();
        Self { blocks, calls, names, found, by_hash, labels: Vec::new() }
    }

    /// Counts a span, and returns the index of its label; `None` if the label was cut off.
    fn count(&mut self, number: i64) -> Result<Option<u32>, RecordingError> {
        let found = match self.found.get(&number) {
            Some(&found) => Some(found as u32),
            None => self.add(number)?,
        };
        if let Some(label) = found.and_then(|found| self.labels.get_mut(found as usize)) {
            label.omitted = label.omitted.saturating_sub(1);
        }
        Ok(found)
    }

    /// Functions and blocks that ran and have no spans.
    fn add_others(&mut self) -> Result<(), RecordingError> {
        let functions =
            self.calls.iter().filter(|(_, calls)| **calls > 0).map(|(number, _)| number);
        let all: Vec<_> = functions.chain(self.names.keys()).copied().collect();
        for number in all {
            if !self.found.contains_key(&number) {
                self.add(number)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, number: i64) -> Result<Option<u32>, RecordingError> {
        let Some(label) = self.label(number)? else { return Ok(None) };
        // Two threads may have stored the same name at the same time.
        let is_same = |index: &usize| {
            let other = self.labels.get(*index);
            other.is_some_and(|other| other.is_block && other.name == label.name)
        };
        let hash = hash(&label.name);
        let known = self.by_hash.get(&hash).map(|&index| index as usize);
        let same = known.filter(is_same).filter(|_| label.is_block);
        let index = same.unwrap_or(self.labels.len());
        if label.is_block {
            self.by_hash.insert(hash, index as u64);
        }
        match self.labels.get_mut(index) {
            Some(same) => same.omitted = same.omitted.saturating_add(label.omitted),
            None => self.labels.push(label),
        }
        self.found.insert(number, index as u64);
        Ok(Some(index as u32))
    }

    fn label(&self, number: i64) -> Result<Option<Label>, RecordingError> {
        let is_block = number < 0;
        let (block, length, start) = if is_block {
            (self.names.get(&number), layout::name::TEXT, layout::name::SIZE)
        } else {
            (self.blocks.texts.get(&number), layout::texts::LENGTHS, layout::texts::SIZE)
        };
        let Some(block) = block else { return Ok(None) };
        let [name] = block.texts(start, [block.word(length)])?;
        let omitted = match is_block {
            true => unsigned(block.word(layout::name::RUNS)),
            false => self.calls.get(&number).copied().unwrap_or(0),
        };
        Ok(Some(Label { name: name.into_owned(), is_block, omitted }))
    }
}

/// The hash function of Fowler, Noll and Vo (FNV-1a).
fn hash(text: &str) -> i64 {
    let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::image::Image;
    use crate::snapshot::ResidentSet;

    /// Samples in a block of this size: the second one, and its resident set.
    fn read(size: usize, set: [i64; 3]) -> Vec<Reading> {
        let mut image = Image::new();
        image.block(layout::TIMELINE, layout::timeline::SIZE, &[]);
        let sample = layout::samples::FIRST + layout::samples::EACH;
        let resident = layout::samples::RESIDENT + layout::resident::SIZE;
        let mut words = vec![(sample, 5), (sample + layout::samples::BYTES, 700)];
        if size > layout::samples::SIZE {
            words.extend((0..3).map(|word| resident + word * layout::WORD).zip(set));
        }
        image.block(layout::SAMPLES, size, &words);
        image.read().snapshot.timeline.unwrap().samples
    }

    #[test]
    fn samples_have_a_resident_set_if_it_was_written() {
        let reading = |resident| [Reading { time: 5, bytes: 700, resident }];
        let long = layout::samples::RESIDENT + 60 * layout::resident::SIZE;
        let set = ResidentSet { bytes: 9000, files: 200, profiler: 30 };
        assert_eq!(read(long, [9000, 200, 30]), reading(Some(set)));
        assert_eq!(read(layout::samples::SIZE, [0; 3]), reading(None), "an earlier recording");
        assert_eq!(read(long, [0, 200, 30]), reading(None));
        assert_eq!(read(long, [-9000, 200, 30]), reading(None));
        let set = ResidentSet { bytes: 9000, files: 0, profiler: 0 };
        assert_eq!(read(long, [9000, -200, i64::MIN]), reading(Some(set)));
    }

    #[test]
    fn a_closed_recording_may_have_a_resident_set() {
        let read = |set: [i64; 3]| {
            let mut image = Image::new();
            let at = layout::segment::SIZE + layout::process::RESIDENT;
            (0..3).zip(set).for_each(|(word, figure)| image.set(at + word * layout::WORD, figure));
            image.read().snapshot.resident
        };
        let set = ResidentSet { bytes: 9000, files: 200, profiler: 30 };
        assert_eq!((read([9000, 200, 30]), read([0; 3])), (Some(set), None));
    }

    #[test]
    fn the_highest_resident_set_is_no_lower_than_a_sample() {
        let peak = |mark, sample, end| {
            let mut image = Image::new();
            let process = layout::segment::SIZE;
            image.set(process + layout::process::RESIDENT_PEAK, mark);
            image.set(process + layout::process::RESIDENT, end);
            image.block(layout::TIMELINE, layout::timeline::SIZE, &[]);
            let words = [(layout::samples::FIRST, 5), (layout::samples::RESIDENT, sample)];
            image.block(layout::SAMPLES, layout::samples::RESIDENT + 1440, &words);
            image.read().snapshot.resident_peak
        };
        assert_eq!(peak(100, 90, 80), Some(100));
        assert_eq!(peak(100, 103, 80), Some(103));
        assert_eq!(peak(100, 103, 105), Some(105));
        assert_eq!(peak(layout::NEVER, 103, 0), None, "it may have been higher between samples");
    }
}
