//! From bytes to blocks. Nothing in the bytes is believed before it is checked.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::RecordingError::{self, Damaged, NotARecording, TooShort};
use crate::layout::{self, PAGE, UNIT, WORD};
use crate::snapshot::ResidentSet;

/// All blocks of a recording that are filled, and whole.
pub(super) struct Blocks<'a> {
    bytes: &'a [u8],
    /// Sorted by address.
    segments: Vec<Segment>,
    process: Block<'a>,
    /// By number.
    pub(super) functions: BTreeMap<i64, Block<'a>>,
    /// By the numbers of their functions.
    pub(super) texts: BTreeMap<i64, Block<'a>>,
    /// By number.
    pub(super) threads: BTreeMap<i64, Block<'a>>,
    pub(super) chunks: Vec<Block<'a>>,
    stacks: Vec<Block<'a>>,
    /// The blocks of other kinds, with these.
    others: Vec<(i64, Block<'a>)>,
    /// Where the last segment ends, or should.
    end: u64,
}

#[derive(Clone, Copy)]
struct Segment {
    /// Its address in the process.
    address: u64,
    length: u64,
    offset: u64,
}

/// A block, which lies within the bytes.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    bytes: &'a [u8],
    /// From the beginning of the recording.
    pub(super) at: u64,
}

/// Collects the blocks.
#[derive(Default)]
struct Parser<'a> {
    segments: Vec<Segment>,
    process: Option<Block<'a>>,
    functions: BTreeMap<i64, Block<'a>>,
    texts: BTreeMap<i64, Block<'a>>,
    threads: BTreeMap<i64, Block<'a>>,
    chunks: Vec<Block<'a>>,
    stacks: Vec<Block<'a>>,
    others: Vec<(i64, Block<'a>)>,
}

impl<'a> Blocks<'a> {
    pub(super) fn find(bytes: &'a [u8]) -> Result<Self, RecordingError> {
        let length = bytes.len() as u64;
        if word(bytes, 0) != Some(layout::MAGIC) {
            return Err(NotARecording);
        }
        let (mut at, mut parser) = (0, Parser::default());
        while at < length {
            at = parser.add_segment(bytes, at)?;
        }
        let Some(process) = parser.process else { return Err(TooShort { found: length }) };
        let Parser { mut segments, functions, texts, threads, chunks, stacks, others, .. } = parser;
        segments.sort_by_key(|segment| segment.address);
        let end = at;
        Ok(Self {
            bytes,
            segments,
            process,
            functions,
            texts,
            threads,
            chunks,
            stacks,
            others,
            end,
        })
    }

    pub(super) fn process(&self) -> Block<'a> {
        self.process
    }

    /// Blocks of the timeline, and of live blocks.
    pub(super) fn of_kind(&self, kind: i64) -> impl Iterator<Item = Block<'a>> + use<'a, '_> {
        self.others.iter().filter(move |(found, _)| *found == kind).map(|(_, block)| *block)
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The length when it was written, if that is more than is left.
    pub(super) fn expected_length(&self) -> Option<u64> {
        let said = u64::try_from(self.process.word(layout::process::LENGTH)).unwrap_or(0);
        Some(said.max(self.end)).filter(|&expected| expected > self.length())
    }

    /// The offset in the recording of an address in the process.
    pub(super) fn offset_of(&self, address: i64) -> Option<u64> {
        let address = address as u64;
        let next = self.segments.partition_point(|segment| segment.address <= address);
        let segment = self.segments.get(next.checked_sub(1)?)?;
        let within = address - segment.address;
        (within < segment.length).then(|| segment.offset.wrapping_add(within))
    }

    /// The addresses of all segments in the process.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Range<u64>> {
        let range =
            |segment: &Segment| segment.address..segment.address.saturating_add(segment.length);
        self.segments.iter().map(range)
    }

    /// The number of frames that all stacks together have room for.
    pub(super) fn frames(&self) -> usize {
        self.stacks.iter().map(|stack| stack.bytes.len() / layout::saved_frame::SIZE).sum()
    }

    /// The saved frames between two addresses in the process; empty if these are not in one stack.
    pub(super) fn stack(&self, from: i64, to: i64) -> &'a [u8] {
        let bytes = || {
            let (start, last) = (self.offset_of(from)?, self.offset_of(to.wrapping_sub(1))?);
            // Stacks are sorted by their place in the file.
            let next = self.stacks.partition_point(|stack| stack.at <= start);
            let stack =
                self.stacks.get(next.checked_sub(1)?).filter(|stack| stack.contains(start))?;
            let within = |offset: u64| usize::try_from(offset.checked_sub(stack.at)?).ok();
            stack.bytes.get(within(start)?..=within(last)?)
        };
        bytes().unwrap_or_default()
    }
}

impl<'a> Parser<'a> {
    /// Adds the segment at `at` and returns where the next one should be.
    fn add_segment(&mut self, bytes: &'a [u8], at: u64) -> Result<u64, RecordingError> {
        let header = |offset: usize| word(bytes, at + offset as u64);
        match header(0) {
            // The file grew by a piece that was never mapped.
            Some(0) => return Ok(at + PAGE as u64),
            Some(layout::MAGIC) => {}
            Some(_) => return Err(Damaged { at, what: "no segment begins" }),
            None => return Ok(at + PAGE as u64),
        }
        let words =
            [layout::segment::VERSION, layout::segment::LENGTH, layout::segment::USED].map(header);
        let [Some(version), Some(length), Some(used)] = words else {
            return Ok(at + PAGE as u64);
        };
        if version != i64::from(layout::VERSION) {
            let found = u32::try_from(version).unwrap_or(u32::MAX);
            return Err(RecordingError::Version { found, expected: layout::VERSION });
        }
        let (length, used) = (length as u64, used as u64);
        let end = at.checked_add(length).filter(|_| length % PAGE as u64 == 0 && length > 0);
        let end = end.ok_or(Damaged { at, what: "a segment has an impossible length" })?;
        let is_possible = used <= length && used % UNIT as u64 == 0;
        if !is_possible || used < layout::segment::SIZE as u64 {
            return Err(Damaged { at, what: "a segment holds more than it can" });
        }
        let address = header(layout::segment::ADDRESS).unwrap_or(0) as u64;
        self.segments.push(Segment { address, length, offset: at });
        self.add_blocks(bytes, at + layout::segment::SIZE as u64, at + used)?;
        Ok(end)
    }

    fn add_blocks(&mut self, bytes: &'a [u8], start: u64, end: u64) -> Result<(), RecordingError> {
        let mut at = start;
        while at < end {
            let Some(first) = word(bytes, at) else { return Ok(()) };
            let (size, kind) = layout::size_and_kind(first);
            // A page that never reached the disk.
            let size = if first == 0 { UNIT as u64 } else { size };
            let next = at.checked_add(size).filter(|&next| next <= end);
            let next = next.filter(|_| size > 0 && size % UNIT as u64 == 0);
            let next = next.ok_or(Damaged { at, what: "a block has an impossible size" })?;
            let Some(block) = bytes.get(at as usize..next as usize) else { return Ok(()) };
            self.add(kind, Block { bytes: block, at })?;
            at = next;
        }
        Ok(())
    }

    fn add(&mut self, kind: i64, block: Block<'a>) -> Result<(), RecordingError> {
        let least = match kind {
            layout::RESERVED => return Ok(()),
            layout::PROCESS => layout::process::SIZE,
            layout::FUNCTION => layout::function::SIZE,
            layout::THREAD => layout::thread::SIZE,
            layout::CHUNK => layout::chunk::SIZE,
            layout::STACK => layout::UNIT,
            layout::TIMELINE => layout::timeline::SIZE,
            layout::SAMPLES => layout::samples::SIZE,
            layout::SPANS => layout::spans::SIZE,
            layout::NAME => layout::name::SIZE,
            layout::TEXTS => layout::texts::SIZE,
            layout::MARK => layout::mark::SIZE,
            layout::PATHS => layout::paths::SIZE,
            layout::COUNTERS => layout::UNIT,
            _ => return Err(Damaged { at: block.at, what: "a block is of no known kind" }),
        };
        if block.bytes.len() < least {
            return Err(Damaged { at: block.at, what: "a block is too small" });
        }
        match kind {
            layout::PROCESS => self.process = self.process.or(Some(block)),
            layout::FUNCTION => {
                self.functions.insert(block.word(layout::function::NUMBER), block);
            }
            layout::TEXTS => _ = self.texts.insert(block.word(layout::texts::NUMBER), block),
            layout::THREAD => _ = self.threads.insert(block.word(layout::thread::NUMBER), block),
            layout::CHUNK => self.chunks.push(block),
            layout::STACK => self.stacks.push(block),
            _ => self.others.push((kind, block)),
        }
        Ok(())
    }
}

impl<'a> Block<'a> {
    /// The word at this offset; 0 past the end.
    pub(super) fn word(&self, offset: usize) -> i64 {
        word(self.bytes, offset as u64).unwrap_or(0)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The resident set at this offset; `None` where none was written.
    pub(super) fn resident_set(&self, offset: usize) -> Option<ResidentSet> {
        let word = |word| unsigned(self.word(offset + word));
        let bytes = word(layout::resident::BYTES);
        let [files, profiler] = [layout::resident::FILES, layout::resident::PROFILER].map(word);
        (bytes > 0).then_some(ResidentSet { bytes, files, profiler })
    }

    fn contains(&self, offset: u64) -> bool {
        offset.checked_sub(self.at).is_some_and(|within| within < self.bytes.len() as u64)
    }

    /// The texts of these lengths, from `offset` on.
    pub(super) fn texts<const N: usize>(
        &self,
        mut offset: usize,
        lengths: [i64; N],
    ) -> Result<[Cow<'a, str>; N], RecordingError> {
        let mut texts = [const { Cow::Borrowed("") }; N];
        for (text, length) in texts.iter_mut().zip(lengths) {
            let end = usize::try_from(length).ok().and_then(|length| offset.checked_add(length));
            let bytes = end.and_then(|end| self.bytes.get(offset..end));
            let bytes = bytes.ok_or(Damaged { at: self.at, what: "a text is too long" })?;
            *text = String::from_utf8_lossy(bytes);
            offset += layout::rounded(bytes.len(), WORD);
        }
        Ok(texts)
    }

    pub(super) fn damaged(&self, what: &'static str) -> RecordingError {
        Damaged { at: self.at, what }
    }
}

pub(super) fn word(bytes: &[u8], at: u64) -> Option<i64> {
    let start = usize::try_from(at).ok()?;
    let bytes = bytes.get(start..start.checked_add(WORD)?)?;
    Some(i64::from_le_bytes(bytes.try_into().ok()?))
}

/// A counter may be read between two steps of its writer: it is never negative.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
