//! What lies where in the memory of the figures, and so in a recording: the bytes are the same.
//! `ARCHITECTURE.md` has the table; a change here is a new [`VERSION`].

use core::mem::offset_of;

use super::arena::Segment;
use super::process_block::Process;
use crate::record::function::registry::{Entry, Texts};
use crate::record::ledger::ledger::Ledger;
use crate::record::ledger::row::{Header, Row};
pub(crate) use crate::record::ledger::stack::MARKS;
use crate::record::ledger::stack::{Aside, Stack};
use crate::record::ledger::thread_block::Books;
use crate::record::timeline::span::{Name, Span, Spans};
use crate::record::timeline::timeline::{Sample, Samples, Timeline};

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
/// The process: [`Process`] and its command line.
pub(crate) const PROCESS: i64 = 1;
/// A function: [`Entry`].
pub(crate) const FUNCTION: i64 = 2;
/// A thread: [`Books`].
pub(crate) const THREAD: i64 = 3;
/// A function's rows on one thread: [`Header`] and [`Row`]s.
pub(crate) const CHUNK: i64 = 4;
/// What frames have set aside: an empty unit, and [`Aside`]s.
pub(crate) const STACK: i64 = 5;
/// What there is of memory over time: [`Timeline`].
pub(crate) const TIMELINE: i64 = 6;
/// Readings over time: [`Samples`].
pub(crate) const SAMPLES: i64 = 7;
/// Calls and named blocks: [`Spans`].
pub(crate) const SPANS: i64 = 8;
/// The name of blocks: [`Name`] and its text.
pub(crate) const NAME: i64 = 9;
/// What is to be read of a function: [`Texts`] and these.
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

/// Offsets in bytes, for the reader.
pub(crate) mod segment {
    use super::*;
    pub(crate) const VERSION: usize = offset_of!(Segment, version);
    pub(crate) const LENGTH: usize = offset_of!(Segment, length);
    pub(crate) const ADDRESS: usize = offset_of!(Segment, address);
    pub(crate) const USED: usize = offset_of!(Segment, used);
    pub(crate) const SIZE: usize = size_of::<Segment>();
}

pub(crate) mod process {
    use super::*;
    pub(crate) const ID: usize = offset_of!(Process, id);
    pub(crate) const BACKEND: usize = offset_of!(Process, backend);
    pub(crate) const STARTED: usize = offset_of!(Process, started);
    pub(crate) const CLOSED: usize = offset_of!(Process, closed);
    pub(crate) const ERROR: usize = offset_of!(Process, error);
    pub(crate) const LENGTH: usize = offset_of!(Process, length);
    pub(crate) const PUBLISHED: usize = offset_of!(Process, published);
    pub(crate) const BYTES: usize = offset_of!(Process, bytes);
    pub(crate) const TEXT: usize = offset_of!(Process, text);
    pub(crate) const BIRTH: usize = offset_of!(Process, birth);
    pub(crate) const BOOT: usize = offset_of!(Process, boot);
    pub(crate) const UNIQUE: usize = offset_of!(Process, unique);
    pub(crate) const SIZE: usize = size_of::<Process>();
}

pub(crate) mod function {
    use super::*;
    pub(crate) const NUMBER: usize = offset_of!(Entry, number);
    pub(crate) const FIRST_LINE: usize = offset_of!(Entry, first_line);
    pub(crate) const ROWS: usize = offset_of!(Entry, rows);
    pub(crate) const FLAGS: usize = offset_of!(Entry, flags);
    /// Of the flags: there is code on row 0, of its line or from another macro.
    pub(crate) const FIRST_ROW_RUNS: i64 = 1;
    /// It ran on a coroutine, where it is not measured.
    pub(crate) const ON_COROUTINE: i64 = 2;
    /// Code on the line of row 0 is on the last row, which is no line of its own.
    pub(crate) const FIRST_ROW_APART: i64 = 4;
    pub(crate) const READING: usize = offset_of!(Entry, reading);
    pub(crate) const SIZE: usize = size_of::<Entry>();
}

pub(crate) mod texts {
    use super::*;
    pub(crate) const NUMBER: usize = offset_of!(Texts, number);
    /// Of the name, the file and the source.
    pub(crate) const LENGTHS: usize = offset_of!(Texts, lengths);
    pub(crate) const SIZE: usize = size_of::<Texts>();
}

pub(crate) mod thread {
    use super::*;
    pub(crate) const NUMBER: usize = offset_of!(Books, number);
    pub(crate) const HEAP: usize = offset_of!(Books, heap);
    pub(crate) const RSS: usize = offset_of!(Books, rss);
    pub(crate) const SIZE: usize = size_of::<Books>();

    /// Whether any thread may read the word at this offset: what only its own uses is no atomic.
    pub(crate) fn is_shared(offset: usize) -> bool {
        let within = |ledger| ledger::SHARED.iter().any(|word| ledger + word == offset);
        offset == NUMBER || within(HEAP) || within(RSS)
    }
}

pub(crate) mod ledger {
    use super::*;
    pub(crate) const LIVE: usize = offset_of!(Ledger, live);
    pub(crate) const ROW: usize = offset_of!(Ledger, row);
    pub(crate) const ALLOCATED: usize = offset_of!(Ledger, allocated);
    pub(crate) const ALLOCATIONS: usize = offset_of!(Ledger, allocations);
    pub(crate) const BOOKED: usize = offset_of!(Ledger, booked);
    pub(crate) const BASE: usize = offset_of!(Ledger, base);
    pub(crate) const TOP: usize = offset_of!(Ledger, stack) + offset_of!(Stack, top);
    pub(crate) const COMPLETE: usize = offset_of!(Ledger, stack) + offset_of!(Stack, complete);
    pub(crate) const BOOKED_ALLOCATED: usize = offset_of!(Ledger, booked_allocated);
    pub(crate) const BOOKED_ALLOCATIONS: usize = offset_of!(Ledger, booked_allocations);
    /// All of these: [`crate::record::sync::word::Word`]s and pointers.
    pub(in crate::record) const SHARED: [usize; 10] = [
        LIVE,
        ROW,
        ALLOCATED,
        ALLOCATIONS,
        TOP,
        COMPLETE,
        BOOKED,
        BASE,
        BOOKED_ALLOCATED,
        BOOKED_ALLOCATIONS,
    ];
}

pub(crate) mod chunk {
    use super::*;
    pub(crate) const TABLE: usize = offset_of!(Header, table);
    pub(crate) const THREAD: usize = offset_of!(Header, thread);
    pub(crate) const ROWS: usize = offset_of!(Header, rows);
    pub(crate) const SUSPENDED: usize = offset_of!(Header, suspended);
    pub(crate) const LAST_LIVE: usize = offset_of!(Header, last_live);
    pub(crate) const LAST_ALLOCATED: usize = offset_of!(Header, last_allocated);
    pub(crate) const LAST_ALLOCATIONS: usize = offset_of!(Header, last_allocations);
    pub(crate) const SIZE: usize = size_of::<Header>();
}

pub(crate) mod row {
    use super::*;
    pub(crate) const RUNS: usize = offset_of!(Row, runs);
    pub(crate) const INCREMENT: usize = offset_of!(Row, increment);
    pub(crate) const PEAK: usize = offset_of!(Row, peak);
    pub(crate) const USAGE: usize = offset_of!(Row, usage);
    pub(crate) const ALLOCATIONS: usize = offset_of!(Row, allocations);
    pub(crate) const ALLOCATED: usize = offset_of!(Row, allocated);
    pub(crate) const SIZE: usize = size_of::<Row>();
}

pub(crate) mod timeline {
    use super::*;
    pub(crate) const STARTED: usize = offset_of!(Timeline, started);
    pub(crate) const INTERVAL: usize = offset_of!(Timeline, interval);
    pub(crate) const SIZE: usize = size_of::<Timeline>();
}

pub(crate) mod samples {
    use super::*;
    pub(crate) const FIRST: usize = offset_of!(Samples, samples);
    pub(crate) const TIME: usize = offset_of!(Sample, time);
    pub(crate) const BYTES: usize = offset_of!(Sample, bytes);
    /// Of one sample.
    pub(crate) const EACH: usize = size_of::<Sample>();
    pub(crate) const SIZE: usize = size_of::<Samples>();
}

pub(crate) mod spans {
    use super::*;
    pub(crate) const THREAD: usize = offset_of!(Spans, thread);
    pub(crate) const FIRST: usize = offset_of!(Spans, spans);
    pub(crate) const START: usize = offset_of!(Span, start);
    pub(crate) const END: usize = offset_of!(Span, end);
    pub(crate) const BYTES_AT_START: usize = offset_of!(Span, bytes_at_start);
    pub(crate) const BYTES_AT_END: usize = offset_of!(Span, bytes_at_end);
    pub(crate) const LABEL: usize = offset_of!(Span, label);
    pub(crate) const LEVEL: usize = offset_of!(Span, level);
    /// Of one span.
    pub(crate) const EACH: usize = size_of::<Span>();
    pub(crate) const SIZE: usize = size_of::<Spans>();
}

pub(crate) mod name {
    use super::*;
    pub(crate) const NUMBER: usize = offset_of!(Name, number);
    pub(crate) const RUNS: usize = offset_of!(Name, runs);
    pub(crate) const TEXT: usize = offset_of!(Name, text);
    pub(crate) const SIZE: usize = size_of::<Name>();
}

pub(crate) mod aside {
    use super::*;
    pub(crate) const CHUNK: usize = offset_of!(Aside, chunk);
    pub(crate) const ROW: usize = offset_of!(Aside, row);
    pub(crate) const SIZE: usize = size_of::<Aside>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ledger::ledger::Kind;

    /// The numbers in `ARCHITECTURE.md`. Where one of them has to change, so has the version.
    #[test]
    fn the_layout_is_that_of_the_version() {
        assert_eq!(VERSION, 2);
        let offsets = [segment::VERSION, segment::LENGTH, segment::ADDRESS, segment::USED];
        assert_eq!((offsets, segment::SIZE), ([8, 16, 24, 32], 64));

        let offsets = [process::ID, process::BACKEND, process::STARTED, process::CLOSED];
        assert_eq!(offsets, [8, 16, 24, 32]);
        let offsets = [process::ERROR, process::LENGTH, process::PUBLISHED, process::BYTES];
        assert_eq!(offsets, [40, 48, 56, 64]);
        let offsets = [process::TEXT, process::BIRTH, process::BOOT, process::UNIQUE];
        assert_eq!((offsets, process::SIZE), ([72, 80, 88, 104], 128));
        assert_eq!((Kind::Heap as i64, Kind::Rss as i64), (1, 2));

        let offsets = [function::NUMBER, function::FIRST_LINE, function::ROWS];
        assert_eq!(offsets, [8, 16, 24]);
        let offsets = [function::FLAGS, function::READING];
        assert_eq!((offsets, function::SIZE), ([32, 40], 64));
        let flags = [function::FIRST_ROW_RUNS, function::ON_COROUTINE, function::FIRST_ROW_APART];
        assert_eq!(flags, [1, 2, 4]);
        assert_eq!([texts::NUMBER, texts::LENGTHS, texts::SIZE], [8, 16, 40]);

        let offsets = [thread::NUMBER, thread::HEAP, thread::RSS];
        assert_eq!((offsets, thread::SIZE), ([8, 64, 256], 512));
        let offsets = [ledger::LIVE, ledger::ROW, ledger::ALLOCATED, ledger::ALLOCATIONS];
        assert_eq!(offsets, [0, 16, 24, 32]);
        assert_eq!([ledger::TOP, ledger::COMPLETE], [64, 72]);
        assert_eq!([ledger::BOOKED, ledger::BASE], [128, 152]);
        assert_eq!([ledger::BOOKED_ALLOCATED, ledger::BOOKED_ALLOCATIONS], [160, 168]);
        assert_eq!(([aside::CHUNK, aside::ROW, aside::SIZE], MARKS), ([0, 8, 40], 3));

        let offsets = [chunk::TABLE, chunk::THREAD, chunk::ROWS, chunk::SUSPENDED];
        assert_eq!((offsets, chunk::SIZE), ([8, 16, 24, 32], 64));
        let offsets = [chunk::LAST_LIVE, chunk::LAST_ALLOCATED, chunk::LAST_ALLOCATIONS];
        assert_eq!(offsets, [40, 48, 56]);
        let offsets = [row::RUNS, row::INCREMENT, row::PEAK, row::USAGE];
        assert_eq!(offsets, [0, 8, 16, 24]);
        assert_eq!(([row::ALLOCATIONS, row::ALLOCATED], row::SIZE), ([32, 40], 48));
    }

    #[test]
    fn the_layout_of_timelines_is_that_of_the_version() {
        let offsets = [timeline::STARTED, timeline::INTERVAL];
        assert_eq!((offsets, timeline::SIZE), ([8, 16], 64));
        let offsets = [samples::FIRST, samples::TIME, samples::BYTES];
        assert_eq!((offsets, samples::EACH, samples::SIZE), ([64, 0, 8], 16, 1024));
        let offsets = [spans::START, spans::END, spans::BYTES_AT_START, spans::BYTES_AT_END];
        assert_eq!(offsets, [0, 8, 16, 24]);
        let offsets = [spans::LABEL, spans::LEVEL, spans::EACH];
        assert_eq!(offsets, [32, 40, 48]);
        assert_eq!([spans::THREAD, spans::FIRST, spans::SIZE], [8, 64, 1024]);
        let offsets = [name::NUMBER, name::RUNS, name::TEXT, name::SIZE];
        assert_eq!(offsets, [8, 16, 24, 64]);
    }

    #[test]
    fn texts_are_packed_lowest_byte_first() {
        assert_eq!(packed(b"abcdefghi").collect::<Vec<_>>(), [0x6867_6665_6463_6261, 0x69]);
        assert_eq!(packed(b"").count(), 0);
    }
}
