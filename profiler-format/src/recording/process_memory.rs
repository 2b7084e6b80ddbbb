//! What a recording says of its process for a reader of that process's memory: the map of live blocks is there alone.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::blocks::{Block, Blocks, unsigned};
use super::held::LiveBlocks;
use super::{RecordingError, bytes_at, identity, tables};
use crate::layout::paths::{OUTSIDE, UNATTRIBUTED};
use crate::layout::{self, process};

/// Where the figures of a process are in its memory, and the names that they need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessMemory {
    /// Number of the process, as it sees itself.
    pub process: u32,
    /// When it began, in ticks since the system did; 0 if unknown.
    pub start: i64,
    /// Whether its blocks come from glibc's allocator; `None` if the process does not say.
    pub is_glibc: Option<bool>,
    /// Bytes that are live; `None` if no allocations are counted.
    pub live: Option<u64>,
    /// At most so many bytes were live at once, but for 64 KiB a thread; `None` after a reset, or if no allocations are
    /// counted.
    pub peak: Option<u64>,
    /// Blocks that are live, if these are recorded.
    pub blocks: Option<u64>,
    /// Address of the map of live blocks; 0 if unknown.
    pub block_map: u64,
    /// Address of the table of regions; 0 if unknown.
    pub regions: u64,
    /// Address of the word that leads to the newest segment; 0 if unknown.
    pub segments: u64,
    /// Where the timeline is in the recording, if there is one: a thread takes samples, and answers questions.
    pub timeline: Option<u64>,
    /// The segments that are part of the recording.
    pub recorded: Vec<Range<u64>>,
    lines: HashMap<u32, String>,
}

impl ProcessMemory {
    /// Reads the recording at `path`, even while its process writes it.
    ///
    /// # Errors
    /// As for [`Recording::open`](super::Recording::open).
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::read(&bytes_at(path)?.0)
    }

    /// Reads the bytes of a recording.
    ///
    /// # Errors
    /// As for [`Recording::open`](super::Recording::open).
    pub fn read(bytes: &[u8]) -> Result<Self, RecordingError> {
        let blocks = Blocks::find(bytes)?;
        let block = blocks.process();
        let live = tables::process_bytes(&blocks);
        let held = LiveBlocks::find(&blocks, live)?;
        let writer = identity(&blocks);
        let address = |at| block.word(at) as u64;
        Ok(Self {
            process: writer.id,
            start: writer.start,
            is_glibc: match block.word(process::ALLOCATOR) {
                process::GLIBC => Some(true),
                process::ANOTHER => Some(false),
                _ => None,
            },
            live: live.filter(|_| block.word(process::BACKEND) == process::HEAP),
            peak: (block.word(process::PEAK_AT_RESET) == 0)
                .then(|| u64::try_from(block.word(process::HIGHEST)).ok())
                .flatten()
                .filter(|_| block.word(process::BACKEND) == process::HEAP),
            blocks: held.as_ref().map(|held| held.all().live_blocks),
            block_map: address(process::BLOCK_MAP),
            regions: address(process::REGIONS),
            segments: address(process::SEGMENTS),
            timeline: blocks.of_kind(layout::TIMELINE).next().map(|block| block.at),
            recorded: blocks.addresses().collect(),
            lines: held.map(|held| lines(&blocks, &held)).transpose()?.unwrap_or_default(),
        })
    }

    /// The line of a path, such as `src/main.rs:12`; `None` if the recording has no such path.
    #[must_use]
    pub fn line(&self, site: u32) -> Option<String> {
        self.lines.get(&site).cloned().or_else(|| name_of_none(site).map(str::to_owned))
    }
}

/// The name of a path that leads to no line.
#[must_use]
pub fn name_of_none(site: u32) -> Option<&'static str> {
    match site {
        OUTSIDE => Some("outside of measured functions"),
        UNATTRIBUTED => Some("not attributed to a line"),
        _ => None,
    }
}

fn lines(blocks: &Blocks<'_>, held: &LiveBlocks) -> Result<HashMap<u32, String>, RecordingError> {
    let mut places = HashMap::new();
    for (number, texts) in &blocks.texts {
        if let Some(function) = blocks.functions.get(number) {
            places.insert(*number, place(function, texts)?);
        }
    }
    let line = |(site, number, row): (u32, i64, u64)| {
        let (file, first, rows) = places.get(&number)?;
        // Code on the first line may have one more row.
        let line = first + if row < *rows { row } else { 0 };
        Some((site, format!("{file}:{line}")))
    };
    Ok(held.lines().filter_map(line).collect())
}

/// The file of a function, its first line, and how many lines it has.
fn place(function: &Block<'_>, texts: &Block<'_>) -> Result<(String, u64, u64), RecordingError> {
    let lengths = [0, 1].map(|text| texts.word(layout::texts::LENGTHS + text * layout::WORD));
    let [_, file] = texts.texts(layout::texts::SIZE, lengths)?;
    let word = |at| unsigned(function.word(at)).min(u32::MAX.into());
    let is_apart = function.word(layout::function::FLAGS) & layout::function::FIRST_ROW_APART != 0;
    let rows = word(layout::function::ROWS).saturating_sub(is_apart.into());
    Ok((file.into_owned(), word(layout::function::FIRST_LINE), rows))
}

#[cfg(test)]
mod tests {
    use super::super::image::{ADDRESS, Image};
    use super::*;
    use crate::layout::{PAGE, function, mark, paths, segment, texts};

    /// With a function of three lines from line 10 on, and code on the first one.
    fn image() -> Image {
        let mut image = Image::new();
        let words = [
            (process::BYTES, 1000),
            (process::HIGHEST, 1500),
            (process::ALLOCATOR, process::GLIBC),
            (process::BLOCK_MAP, 0x1000),
            (process::REGIONS, 0x2000),
            (process::SEGMENTS, 0x3000),
        ];
        words.into_iter().for_each(|(at, word)| image.set(segment::SIZE + at, word));
        image.block(layout::MARK, mark::SIZE, &[(mark::HIGHEST, 1000)]);
        let words = [
            (function::NUMBER, 7),
            (function::FIRST_LINE, 10),
            (function::ROWS, 4),
            (function::FLAGS, function::FIRST_ROW_APART),
        ];
        image.block(layout::FUNCTION, function::SIZE, &words);
        let words = [(texts::NUMBER, 7), (texts::LENGTHS + 8, 4), (texts::SIZE, 0x7372_2e61)];
        image.block(layout::TEXTS, texts::SIZE + 8, &words);
        let path = |at: usize, line| {
            let at = paths::FIRST + at * paths::EACH;
            [(at + paths::CALLER, OUTSIDE.into()), (at + paths::LINE, line)]
        };
        // The second line, the row behind the last, and a function that is not there.
        let lines = [path(3, 7 << 32 | 1), path(4, 7 << 32 | 3), path(5, 8 << 32)];
        image.block(layout::PATHS, paths::SIZE, lines.as_flattened());
        image.counters([(3, [600, 0], 0), (1, [400, 0], 0)].into_iter());
        image
    }

    #[test]
    fn a_recording_says_where_blocks_and_their_lines_are() {
        let memory = ProcessMemory::read(&image().bytes()).unwrap();
        assert_eq!(
            (memory.live, memory.blocks, memory.is_glibc),
            (Some(1000), Some(2), Some(true))
        );
        assert_eq!(memory.peak, Some(1500));
        let addresses = [memory.block_map, memory.regions, memory.segments];
        assert_eq!(addresses, [0x1000, 0x2000, 0x3000]);
        let start = ADDRESS as u64;
        let expected = start..start + PAGE as u64;
        assert_eq!(memory.recorded, std::slice::from_ref(&expected));
        let lines = [3, 4, 5, 6, OUTSIDE].map(|site| memory.line(site));
        let [second, code, none, later, outside] = lines;
        assert_eq!([second.as_deref(), code.as_deref()], [Some("a.rs:11"), Some("a.rs:10")]);
        assert_eq!([none, later], [None, None]);
        assert_eq!(outside.as_deref(), Some("outside of measured functions"));
        assert_eq!(memory.lines.len(), 2);
    }

    #[test]
    fn a_peak_before_a_reset_is_not_known() {
        let mut image = image();
        image.set(segment::SIZE + process::PEAK_AT_RESET, 1);
        assert_eq!(ProcessMemory::read(&image.bytes()).unwrap().peak, None);
    }

    /// As a program with an older library writes it, or one without blocks.
    #[test]
    fn a_recording_may_say_nothing_of_its_process() {
        let memory = ProcessMemory::read(&Image::new().bytes()).unwrap();
        assert_eq!((memory.blocks, memory.is_glibc, memory.block_map), (None, None, 0));
        let mut image = Image::new();
        image.set(segment::SIZE + process::BACKEND, process::RSS);
        image.set(segment::SIZE + process::BYTES, 5);
        assert_eq!(ProcessMemory::read(&image.bytes()).unwrap().live, None);
        assert!(matches!(ProcessMemory::read(b"{}"), Err(RecordingError::NotARecording)));
    }

    /// Any words in the place of others.
    #[test]
    fn a_damaged_recording_is_refused_or_read() {
        let whole = image().bytes();
        for at in (0..whole.len()).step_by(8) {
            for word in [-1, 0, 1, i64::MIN, i64::MAX, ADDRESS, 0x1_0000_0001] {
                let mut bytes = whole.clone();
                bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
                let _ = ProcessMemory::read(&bytes).map(|memory| memory.line(3));
            }
        }
    }
}
