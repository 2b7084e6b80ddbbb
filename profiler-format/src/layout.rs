//! The layout of the memory of the figures, and so of a recording: the bytes are the same.
//!
//! Plain numbers. The runtime asserts them next to each of its structs. `docs/format.md` has the table. A change
//! here is a new [`VERSION`].

#![allow(missing_docs, reason = "the names are those of `docs/format.md`")]

/// The first word of every segment.
pub const MAGIC: i64 = i64::from_le_bytes(*b"memprof\0");

/// Of this layout.
pub const VERSION: u32 = 3;

/// Every word, in bytes.
pub const WORD: usize = 8;
/// Segments begin and end at multiples of this, in bytes.
pub const PAGE: usize = 4096;
/// Blocks begin and end at multiples of this, in bytes.
pub const UNIT: usize = 64;

/// The kind of a block is set last: a block that is still being filled is [`RESERVED`].
pub const RESERVED: i64 = 0;
/// The process and its command line.
pub const PROCESS: i64 = 1;
/// A function.
pub const FUNCTION: i64 = 2;
/// A thread and its ledgers.
pub const THREAD: i64 = 3;
/// A function's rows on one thread: a header and the rows.
pub const CHUNK: i64 = 4;
/// A thread's stack of saved frames: an empty unit and the entries.
pub const STACK: i64 = 5;
/// There is memory over time.
pub const TIMELINE: i64 = 6;
/// Readings over time.
pub const SAMPLES: i64 = 7;
/// Calls and named blocks.
pub const SPANS: i64 = 8;
/// The name of blocks, and its text.
pub const NAME: i64 = 9;
/// The texts of a function: name, file and source.
pub const TEXTS: i64 = 10;
/// The highest mark of the process's live bytes, where live blocks are recorded.
pub const MARK: i64 = 11;
/// Lines, each with the line that called it.
pub const PATHS: i64 = 12;
/// The blocks of paths, counted by one thread.
pub const COUNTERS: i64 = 13;

/// No reading yet.
pub const NEVER: i64 = i64::MIN;

/// The first word of a block of this size, in bytes.
#[inline]
pub const fn block(size: usize, kind: i64) -> i64 {
    (size as i64) << 8 | kind
}

/// Size and kind of a block that begins with `word`.
#[inline]
pub const fn size_and_kind(word: i64) -> (u64, i64) {
    (word as u64 >> 8, word & 0xff)
}

/// `bytes`, and what is needed to get to a multiple of `unit`.
#[inline]
pub const fn rounded(bytes: usize, unit: usize) -> usize {
    bytes.div_ceil(unit) * unit
}

/// Texts are packed eight bytes to a word, the first one lowest, and filled up with zeroes.
#[inline]
pub fn packed(text: &[u8]) -> impl Iterator<Item = i64> + '_ {
    text.chunks(WORD).map(|part| {
        let mut word = [0; WORD];
        word.iter_mut().zip(part).for_each(|(byte, &given)| *byte = given);
        i64::from_le_bytes(word)
    })
}

/// The header of a segment; here and below: offsets and sizes in bytes.
pub mod segment {
    pub const VERSION: usize = 8;
    pub const LENGTH: usize = 16;
    /// Where it begins in the memory of the process.
    pub const ADDRESS: usize = 24;
    pub const USED: usize = 32;
    /// The address of the next older one, in the memory of the process.
    pub const NEXT: usize = 40;
    pub const SIZE: usize = 64;
}

/// The process.
pub mod process {
    pub const ID: usize = 8;
    pub const BACKEND: usize = 16;
    /// Of the backend: bytes live through the allocator.
    pub const HEAP: i64 = 1;
    /// The resident set.
    pub const RSS: i64 = 2;
    /// Nanoseconds since 1970.
    pub const STARTED: usize = 24;
    pub const CLOSED: usize = 32;
    pub const ERROR: usize = 40;
    pub const LENGTH: usize = 48;
    pub const PUBLISHED: usize = 56;
    pub const BYTES: usize = 64;
    /// Length of the command line.
    pub const TEXT: usize = 72;
    pub const BIRTH: usize = 80;
    /// Two words, the lower half first.
    pub const BOOT: usize = 88;
    pub const UNIQUE: usize = 104;
    pub const HIGHEST: usize = 112;
    pub const RESIDENT_PEAK: usize = 120;
    pub const PEAK_AT_RESET: usize = 128;
    /// The resident set when it was closed.
    pub const RESIDENT: usize = 136;
    /// Where the blocks come from.
    pub const ALLOCATOR: usize = 160;
    /// Of the allocator: glibc's.
    pub const GLIBC: i64 = 1;
    /// The program has wrapped another one, or its C library is not glibc.
    pub const ANOTHER: i64 = 2;
    /// Addresses in the memory of the process: of the map of live blocks, of the table of regions, and of the word
    /// that leads to the newest segment. 0 where a process does not say.
    pub const BLOCK_MAP: usize = 168;
    pub const REGIONS: usize = 176;
    pub const SEGMENTS: usize = 184;
    pub const SIZE: usize = 192;
}

/// A function.
pub mod function {
    pub const NUMBER: usize = 8;
    pub const FIRST_LINE: usize = 16;
    pub const ROWS: usize = 24;
    pub const FLAGS: usize = 32;
    /// Of the flags: there is code on row 0, of its line or from another macro.
    pub const FIRST_ROW_RUNS: i64 = 1;
    /// It ran on a coroutine, where it is not measured.
    pub const ON_COROUTINE: i64 = 2;
    /// Code on the line of row 0 is on the last row, which is no line of its own.
    pub const FIRST_ROW_APART: i64 = 4;
    pub const READING: usize = 40;
    pub const SIZE: usize = 64;
}

/// The texts of a function.
pub mod texts {
    pub const NUMBER: usize = 8;
    /// Of the name, the file and the source.
    pub const LENGTHS: usize = 16;
    pub const SIZE: usize = 40;
}

/// A thread.
pub mod thread {
    pub const NUMBER: usize = 8;
    pub const PEAK: usize = 16;
    pub const HEAP: usize = 64;
    pub const RSS: usize = 256;
    pub const SIZE: usize = 512;
}

/// A ledger of a thread.
pub mod ledger {
    pub const LIVE: usize = 0;
    pub const PEAK: usize = 8;
    /// Where `live` of the heap stands when nothing is live that is not published.
    pub const CENTER: i64 = 64 * 1024;
    pub const ROW: usize = 16;
    pub const ALLOCATED: usize = 24;
    pub const ALLOCATIONS: usize = 32;
    /// With `rss`: [`ALWAYS_READ`] until the end of a line was not read.
    pub const UNREAD: usize = 48;
    pub const ALWAYS_READ: i64 = i64::MIN / 2;
    /// Of the stack: behind the last entry.
    pub const TOP: usize = 64;
    /// Behind the last entry whose caller is up to date.
    pub const COMPLETE: usize = 72;
    /// At the first entry.
    pub const BEGIN: usize = 80;
    pub const RECORDED: usize = 128;
    pub const FRAME_PEAK: usize = 144;
    pub const BASE: usize = 152;
    pub const RECORDED_ALLOCATED: usize = 160;
    pub const RECORDED_ALLOCATIONS: usize = 168;
}

/// The header of a chunk.
pub mod chunk {
    pub const TABLE: usize = 8;
    pub const PEAK: usize = 16;
    /// The number of rows in the lower half, and that of the thread in the upper one.
    pub const ROWS_AND_THREAD: usize = 24;
    pub const SUSPENDED: usize = 32;
    pub const LAST_LIVE: usize = 40;
    pub const LAST_ALLOCATED: usize = 48;
    pub const LAST_ALLOCATIONS: usize = 56;
    pub const SIZE: usize = 64;
}

/// A row of a chunk.
pub mod row {
    pub const RUNS: usize = 0;
    pub const INCREMENT: usize = 8;
    pub const PEAK: usize = 16;
    pub const USAGE: usize = 24;
    pub const ALLOCATIONS: usize = 32;
    pub const ALLOCATED: usize = 40;
    pub const SIZE: usize = 64;
}

/// The highest mark of live bytes.
pub mod mark {
    pub const HIGHEST: usize = 8;
    pub const EPOCH: usize = 16;
    /// When it was left, and when that was looked at last; in nanoseconds since the recording began, 0 if never.
    pub const LEFT: usize = 24;
    pub const NOW: usize = 32;
    /// The most threads that have run at one time since marks began.
    pub const THREADS: usize = 40;
    pub const SIZE: usize = 64;
}

/// Paths of calling lines.
pub mod paths {
    /// The number of the first one.
    pub const NUMBER: usize = 8;
    pub const FIRST: usize = 64;
    /// The number of the path that leads to it, from the lowest bit on.
    pub const CALLER: usize = 0;
    pub const CALLER_BITS: u32 = 24;
    /// The number of the path in whose place it stands, above these bits; 0 where it is one of its own.
    pub const ALIAS_BITS: u32 = 24;
    /// The highest bit: calls between it and its caller are left out, because they recurred.
    pub const IS_RECURSIVE: i64 = i64::MIN;
    /// The row in the lower half, the number of the function in the upper one.
    pub const LINE: usize = 8;
    /// Of one path.
    pub const EACH: usize = 16;
    /// In one block.
    pub const COUNT: usize = 60;
    pub const SIZE: usize = 1024;
    /// Numbers of no line: outside of measured functions, and where the table of paths was full.
    pub const OUTSIDE: u32 = 1;
    pub const UNATTRIBUTED: u32 = 2;
    /// Of the first line.
    pub const FIRST_NUMBER: u32 = 3;
    /// Above all numbers.
    pub const END: u32 = 1 << 19;
}

/// A counter of one thread and path, in a block behind a unit for its header.
pub mod counter {
    pub const LIVE: usize = 0;
    pub const LIVE_BLOCKS: usize = 8;
    pub const ALLOCATED: usize = 16;
    pub const ALLOCATIONS: usize = 24;
    pub const AT_PEAK: usize = 32;
    pub const AT_PEAK_BLOCKS: usize = 40;
    pub const EPOCH: usize = 48;
    /// The number of the path; 0 where it is not in use.
    pub const SITE: usize = 56;
    pub const SIZE: usize = 64;
}

/// The map of live blocks. It is in the memory of the process alone, as the table of regions is.
pub mod block_map {
    /// The length of the directory; 0 while there is none.
    pub const LENGTH: usize = 0;
    /// The address of the directory: the addresses of leaves, and behind these the places that have one, plus one.
    pub const TABLES: usize = 8;
    /// How many of these places there are.
    pub const LEAVES: usize = 16;

    /// The parts of an address, from the lowest bit on: the byte in a granule, the word in a leaf, and the place in
    /// the directory.
    pub const GRANULE_BITS: u32 = 4;
    pub const LEAF_BITS: u32 = 22;
    pub const DIRECTORY_BITS: u32 = 22;
    /// A word has the number of a path, 0 for none, and above it the size of the block that begins there.
    pub const SITE_BITS: u32 = 19;
    pub const SIZE_BITS: u32 = u32::BITS - SITE_BITS;
    /// Where the size is 0, its parts are in so many words behind, the lowest bits first.
    pub const PARTS: usize = (u64::BITS - SITE_BITS).div_ceil(SIZE_BITS) as usize;
}

/// The table of regions: address space that was reserved for tables.
pub mod regions {
    pub const COUNT: usize = 0;
    pub const FIRST: usize = 8;
    /// Of each: where it begins, 0 while it is written, and its bytes.
    pub const START: usize = 0;
    pub const LENGTH: usize = 8;
    pub const EACH: usize = 24;
    pub const MOST: usize = 4096;
}

/// A timeline.
pub mod timeline {
    pub const STARTED: usize = 8;
    pub const INTERVAL: usize = 16;
    /// An observer that wants to know [`IN_USE`] writes a larger number here than it finds, and in [`ANSWERED`].
    pub const ASKED: usize = 24;
    /// Bytes that glibc's allocator had in use when it was asked last; [`NEVER`](super::NEVER) where it does not say.
    pub const IN_USE: usize = 32;
    /// The number of that question, written last.
    pub const ANSWERED: usize = 40;
    pub const SIZE: usize = 64;
}

/// Samples of a timeline.
pub mod samples {
    pub const FIRST: usize = 64;
    pub const TIME: usize = 0;
    pub const BYTES: usize = 8;
    /// Of one sample.
    pub const EACH: usize = 16;
    pub const SIZE: usize = 1024;
    /// Behind all samples, the resident set of each, in blocks that are longer.
    pub const RESIDENT: usize = SIZE;
}

/// A resident set.
pub mod resident {
    /// 0 where it is not known.
    pub const BYTES: usize = 0;
    /// Of it, pages of files.
    pub const FILES: usize = 8;
    /// Of it, the profiler's own memory.
    pub const PROFILER: usize = 16;
    pub const SIZE: usize = 24;
}

/// Spans of a timeline.
pub mod spans {
    pub const THREAD: usize = 8;
    pub const FIRST: usize = 64;
    pub const START: usize = 0;
    pub const END: usize = 8;
    pub const BYTES_AT_START: usize = 16;
    pub const BYTES_AT_END: usize = 24;
    pub const LABEL: usize = 32;
    pub const LEVEL: usize = 40;
    /// Of one span.
    pub const EACH: usize = 48;
    pub const SIZE: usize = 1024;
}

/// The name of blocks.
pub mod name {
    pub const NUMBER: usize = 8;
    pub const RUNS: usize = 16;
    pub const TEXT: usize = 24;
    pub const SIZE: usize = 64;
}

/// A saved frame on a thread's stack.
pub mod saved_frame {
    pub const CHUNK: usize = 0;
    pub const ROW: usize = 8;
    pub const FRAME_PEAK: usize = 40;
    pub const ENTRY: usize = 48;
    pub const SIZE: usize = 64;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_packed_lowest_byte_first() {
        assert_eq!(packed(b"abcdefghi").collect::<Vec<_>>(), [0x6867_6665_6463_6261, 0x69]);
        assert_eq!(packed(b"").count(), 0);
    }
}
