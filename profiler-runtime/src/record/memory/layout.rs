//! What lies where in the memory of the figures, and so in a recording: the bytes are the same.
//!
//! Plain numbers. Whoever writes the memory checks its structs against them, next to each struct.
//! `ARCHITECTURE.md` has the table; a change here is a new [`VERSION`].

/// The first word of every segment.
pub(crate) const MAGIC: i64 = i64::from_le_bytes(*b"memprof\0");

/// Of this layout.
pub(crate) const VERSION: u32 = 2;

/// Every word, in bytes.
pub(crate) const WORD: usize = 8;
/// Segments begin and end at multiples of this, in bytes.
pub(crate) const PAGE: usize = 4096;
/// Blocks begin and end at multiples of this, in bytes.
pub(crate) const UNIT: usize = 64;

/// What a block holds. It is set last: one that is still being filled is [`RESERVED`].
pub(crate) const RESERVED: i64 = 0;
/// The process and its command line.
pub(crate) const PROCESS: i64 = 1;
/// A function.
pub(crate) const FUNCTION: i64 = 2;
/// A thread and its ledgers.
pub(crate) const THREAD: i64 = 3;
/// A function's rows on one thread: a header and the rows.
pub(crate) const CHUNK: i64 = 4;
/// A thread's stack of saved frames: an empty unit and the entries.
pub(crate) const STACK: i64 = 5;
/// There is memory over time.
pub(crate) const TIMELINE: i64 = 6;
/// Readings over time.
pub(crate) const SAMPLES: i64 = 7;
/// Calls and named blocks.
pub(crate) const SPANS: i64 = 8;
/// The name of blocks, and its text.
pub(crate) const NAME: i64 = 9;
/// The texts of a function: name, file and source.
pub(crate) const TEXTS: i64 = 10;

/// No reading yet.
pub(crate) const NEVER: i64 = i64::MIN;

/// The first word of a block of this size, in bytes.
pub(crate) const fn block(size: usize, kind: i64) -> i64 {
    (size as i64) << 8 | kind
}

/// Size and kind of a block that begins with `word`.
pub(crate) const fn size_and_kind(word: i64) -> (u64, i64) {
    (word as u64 >> 8, word & 0xff)
}

/// `bytes`, and what is needed to get to a multiple of `unit`.
pub(crate) const fn rounded(bytes: usize, unit: usize) -> usize {
    bytes.div_ceil(unit) * unit
}

/// Texts are packed eight bytes to a word, the first one lowest, and filled up with zeroes.
pub(crate) fn packed(text: &[u8]) -> impl Iterator<Item = i64> + '_ {
    text.chunks(WORD).map(|part| {
        let mut word = [0; WORD];
        word.iter_mut().zip(part).for_each(|(byte, &given)| *byte = given);
        i64::from_le_bytes(word)
    })
}

/// The header of a segment; here and below: offsets and sizes in bytes.
pub(crate) mod segment {
    pub(crate) const VERSION: usize = 8;
    pub(crate) const LENGTH: usize = 16;
    /// Where it begins in the memory of the process.
    pub(crate) const ADDRESS: usize = 24;
    pub(crate) const USED: usize = 32;
    pub(crate) const SIZE: usize = 64;
}

/// The process.
pub(crate) mod process {
    pub(crate) const ID: usize = 8;
    pub(crate) const BACKEND: usize = 16;
    /// Of the backend: bytes live through the allocator.
    pub(crate) const HEAP: i64 = 1;
    /// The resident set.
    pub(crate) const RSS: i64 = 2;
    /// Nanoseconds since 1970.
    pub(crate) const STARTED: usize = 24;
    pub(crate) const CLOSED: usize = 32;
    pub(crate) const ERROR: usize = 40;
    pub(crate) const LENGTH: usize = 48;
    pub(crate) const PUBLISHED: usize = 56;
    pub(crate) const BYTES: usize = 64;
    /// Length of the command line.
    pub(crate) const TEXT: usize = 72;
    pub(crate) const BIRTH: usize = 80;
    /// Two words, the lower half first.
    pub(crate) const BOOT: usize = 88;
    pub(crate) const UNIQUE: usize = 104;
    pub(crate) const SIZE: usize = 128;
}

/// A function.
pub(crate) mod function {
    pub(crate) const NUMBER: usize = 8;
    pub(crate) const FIRST_LINE: usize = 16;
    pub(crate) const ROWS: usize = 24;
    pub(crate) const FLAGS: usize = 32;
    /// Of the flags: there is code on row 0, of its line or from another macro.
    pub(crate) const FIRST_ROW_RUNS: i64 = 1;
    /// It ran on a coroutine, where it is not measured.
    pub(crate) const ON_COROUTINE: i64 = 2;
    /// Code on the line of row 0 is on the last row, which is no line of its own.
    pub(crate) const FIRST_ROW_APART: i64 = 4;
    pub(crate) const READING: usize = 40;
    pub(crate) const SIZE: usize = 64;
}

/// The texts of a function.
pub(crate) mod texts {
    pub(crate) const NUMBER: usize = 8;
    /// Of the name, the file and the source.
    pub(crate) const LENGTHS: usize = 16;
    pub(crate) const SIZE: usize = 40;
}

/// A thread.
pub(crate) mod thread {
    pub(crate) const NUMBER: usize = 8;
    pub(crate) const HEAP: usize = 64;
    pub(crate) const RSS: usize = 256;
    pub(crate) const SIZE: usize = 512;
}

/// A ledger of a thread.
pub(crate) mod ledger {
    pub(crate) const LIVE: usize = 0;
    /// Where `live` of the heap stands when nothing is live that is not published.
    pub(crate) const CENTER: i64 = 64 * 1024;
    pub(crate) const ROW: usize = 16;
    pub(crate) const ALLOCATED: usize = 24;
    pub(crate) const ALLOCATIONS: usize = 32;
    /// Of the stack: behind the last entry.
    pub(crate) const TOP: usize = 64;
    /// Behind the last entry whose caller is up to date.
    pub(crate) const COMPLETE: usize = 72;
    pub(crate) const BOOKED: usize = 128;
    pub(crate) const BASE: usize = 152;
    pub(crate) const BOOKED_ALLOCATED: usize = 160;
    pub(crate) const BOOKED_ALLOCATIONS: usize = 168;
}

/// The header of a chunk.
pub(crate) mod chunk {
    pub(crate) const TABLE: usize = 8;
    pub(crate) const THREAD: usize = 16;
    pub(crate) const ROWS: usize = 24;
    pub(crate) const SUSPENDED: usize = 32;
    pub(crate) const LAST_LIVE: usize = 40;
    pub(crate) const LAST_ALLOCATED: usize = 48;
    pub(crate) const LAST_ALLOCATIONS: usize = 56;
    pub(crate) const SIZE: usize = 64;
}

/// A row of a chunk.
pub(crate) mod row {
    pub(crate) const RUNS: usize = 0;
    pub(crate) const INCREMENT: usize = 8;
    pub(crate) const PEAK: usize = 16;
    pub(crate) const USAGE: usize = 24;
    pub(crate) const ALLOCATIONS: usize = 32;
    pub(crate) const ALLOCATED: usize = 40;
    pub(crate) const SIZE: usize = 48;
}

/// A timeline.
pub(crate) mod timeline {
    pub(crate) const STARTED: usize = 8;
    pub(crate) const INTERVAL: usize = 16;
    pub(crate) const SIZE: usize = 64;
}

/// Samples of a timeline.
pub(crate) mod samples {
    pub(crate) const FIRST: usize = 64;
    pub(crate) const TIME: usize = 0;
    pub(crate) const BYTES: usize = 8;
    /// Of one sample.
    pub(crate) const EACH: usize = 16;
    pub(crate) const SIZE: usize = 1024;
}

/// Spans of a timeline.
pub(crate) mod spans {
    pub(crate) const THREAD: usize = 8;
    pub(crate) const FIRST: usize = 64;
    pub(crate) const START: usize = 0;
    pub(crate) const END: usize = 8;
    pub(crate) const BYTES_AT_START: usize = 16;
    pub(crate) const BYTES_AT_END: usize = 24;
    pub(crate) const LABEL: usize = 32;
    pub(crate) const LEVEL: usize = 40;
    /// Of one span.
    pub(crate) const EACH: usize = 48;
    pub(crate) const SIZE: usize = 1024;
}

/// The name of blocks.
pub(crate) mod name {
    pub(crate) const NUMBER: usize = 8;
    pub(crate) const RUNS: usize = 16;
    pub(crate) const TEXT: usize = 24;
    pub(crate) const SIZE: usize = 64;
}

/// A saved frame on a thread's stack.
pub(crate) mod aside {
    /// An address, and the bits of [`MARKS`].
    pub(crate) const CHUNK: usize = 0;
    pub(crate) const MARKS: i64 = 3;
    pub(crate) const ROW: usize = 8;
    pub(crate) const SIZE: usize = 40;
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
