//! The layout of a capture of the heap, a file `.mheap`.
//!
//! Plain numbers, for the writer in the captured process and for the reader. `docs/mheap.md` has the tables. A change
//! here that an older reader would misread is a new [`VERSION`].

#![allow(missing_docs, reason = "the names are those of `docs/mheap.md`")]

/// The first word of the file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"memheap\0");
/// Of this layout.
pub const VERSION: u64 = 1;
/// Every number, in bytes. Everything begins and ends at a multiple of it.
pub const WORD: usize = 8;
/// At most one block starts in each of these, in bytes.
pub const GRANULE: u64 = 16;
/// In the place of a number: there is none.
pub const NONE: u64 = u64::MAX;

/// The header of the file; here and below: offsets and sizes in bytes.
pub mod file {
    pub const VERSION: usize = 8;
    pub const SIZE: usize = 16;
}

/// The header of a section.
pub mod section {
    pub const KIND: usize = 0;
    /// Without this header.
    pub const LENGTH: usize = 8;
    pub const SIZE: usize = 16;
}

/// The kinds of sections.
pub mod kind {
    pub const PROCESS: u64 = 1;
    /// A thread or memory that could not be looked at.
    pub const MISSING: u64 = 2;
    pub const MODULE: u64 = 3;
    pub const SITE: u64 = 4;
    pub const LABEL: u64 = 5;
    pub const BLOCKS: u64 = 6;
    /// A bit for each block: whether its contents follow.
    pub const HOLDERS: u64 = 7;
    pub const CONTENTS: u64 = 8;
    pub const THREAD: u64 = 9;
    pub const ROOT: u64 = 10;
    pub const UNSEEN: u64 = 11;
    pub const END: u64 = 12;
    /// A word for each block: a hash of its contents.
    pub const HASHES: u64 = 13;
    /// The last of these.
    pub const LAST: u64 = HASHES;
}

/// The process.
pub mod process {
    pub const ID: usize = 0;
    /// The size of a page.
    pub const PAGE: usize = 8;
    /// Nanoseconds since 1970.
    pub const TAKEN: usize = 16;
    /// The number that ELF has for the machine.
    pub const MACHINE: usize = 24;
    pub const FLAGS: usize = 32;
    /// Of the flags: no thread was stopped.
    pub const WITHOUT_STOP: u64 = 1;
    /// Memory that was not seen was not looked through.
    pub const UNSEEN_NOT_SEARCHED: u64 = 2;
    /// Length of the command line.
    pub const COMMAND: usize = 40;
    pub const SIZE: usize = 48;
}

/// A thread or memory that could not be looked at.
pub mod missing {
    pub const WHAT: usize = 0;
    /// Of these: a thread that did not stop.
    pub const THREAD: u64 = 1;
    /// Memory that was not read.
    pub const MEMORY: u64 = 2;
    /// The number of the thread, or the start of the memory.
    pub const NUMBER: usize = 8;
    /// The end of the memory; 0 for a thread.
    pub const END: usize = 16;
    /// Length of its name.
    pub const NAME: usize = 24;
    pub const SIZE: usize = 32;
}

/// A program or library in memory.
pub mod module {
    /// What is added to the addresses of the file.
    pub const BIAS: usize = 0;
    /// The number of its thread-local block in the dtv; 0 where it has none.
    pub const TLS_NUMBER: usize = 8;
    pub const TLS_SIZE: usize = 16;
    /// How many segments there are.
    pub const SEGMENTS: usize = 24;
    /// Lengths of the path and of the build id.
    pub const PATH: usize = 32;
    pub const BUILD_ID: usize = 40;
    pub const SIZE: usize = 48;
}

/// A segment of a module.
pub mod segment {
    pub const START: usize = 0;
    pub const END: usize = 8;
    /// As in ELF: 1 executable, 2 writable, 4 readable.
    pub const FLAGS: usize = 16;
    pub const SIZE: usize = 24;
}

/// A site: a stack at which blocks were allocated.
pub mod site {
    pub const STATE: usize = 0;
    /// Of the state: the stack is there to its end.
    pub const COMPLETE: u64 = 0;
    /// The unwinder did not find the callers.
    pub const UNWIND_FAILED: u64 = 1;
    /// There was no room for it.
    pub const TRUNCATED: u64 = 2;
    /// Its blocks were allocated without a stack.
    pub const NO_STACK: u64 = 3;
    /// The number of its label, counted from 1; 0 where it has none.
    pub const LABEL: usize = 8;
    /// Return addresses, the innermost first.
    pub const SIZE: usize = 16;
    /// In the place of a return address: frames were left out, because they recurred.
    pub const RECURSION: u64 = 0;
}

/// A label.
pub mod label {
    /// Length of its text.
    pub const TEXT: usize = 0;
    pub const SIZE: usize = 8;
}

/// A block: two words. In each, the lower 48 bits are a number and the upper 16 are half of its site.
pub mod block {
    pub const START_AND_SITE: usize = 0;
    pub const SIZE_AND_SITE: usize = 8;
    pub const BITS: u32 = 48;
    pub const SIZE: usize = 16;

    /// The words of a block.
    #[inline]
    pub const fn pack(start: u64, size: u64, site: u32) -> [u64; 2] {
        let site = site as u64;
        [start | (site & 0xffff) << BITS, size | (site >> 16) << BITS]
    }

    /// Start, size and site of a block.
    #[inline]
    pub const fn unpack([start, size]: [u64; 2]) -> (u64, u64, u32) {
        const MASK: u64 = (1 << BITS) - 1;
        (start & MASK, size & MASK, (start >> BITS | size >> BITS << 16) as u32)
    }
}

/// A hash of the contents of a block.
pub mod hash {
    /// In its place: the memory was not read.
    pub const NONE: u64 = 0;
    pub const SIZE: usize = 8;
}

/// A thread.
pub mod thread {
    pub const FLAGS: usize = 0;
    /// Of the flags: it asked for the capture.
    pub const ASKED: u64 = 1;
    /// It did not stop, so its registers are not known.
    pub const NOT_STOPPED: u64 = 2;
    pub const NUMBER: usize = 8;
    /// 16 bytes, filled up with zeroes.
    pub const NAME: usize = 16;
    pub const STACK_START: usize = 32;
    pub const STACK_END: usize = 40;
    pub const STACK_POINTER: usize = 48;
    /// `fs` on x86-64.
    pub const THREAD_POINTER: usize = 56;
    /// In the order of DWARF, the return address last.
    pub const REGISTERS: usize = 64;
}

/// Memory that the program reaches without a block.
pub mod root {
    pub const KIND: usize = 0;
    /// Of the kind: a writable segment of a module.
    pub const STATIC: u64 = 1;
    /// Of a thread, from the interrupted frame on.
    pub const STACK: u64 = 2;
    /// A module's thread-local block, of one thread.
    pub const THREAD_LOCAL: u64 = 3;
    /// The C library's record of a thread.
    pub const THREAD_RECORD: u64 = 4;
    /// The number of its thread; [`NONE`](super::NONE) for a segment.
    pub const THREAD: usize = 8;
    /// Its module, counted from 0; [`NONE`](super::NONE) for a stack and a record.
    pub const MODULE: usize = 16;
    pub const START: usize = 24;
    /// Where the memory itself begins.
    pub const SIZE: usize = 32;
}

/// A word in memory that is neither a block nor a root, and leads to a block.
pub mod unseen {
    pub const PLACE: usize = 0;
    pub const WORD: usize = 8;
    pub const SIZE: usize = 16;
}

/// The end.
pub mod end {
    /// Length of the file, this section included.
    pub const LENGTH: usize = 0;
    pub const SIZE: usize = 8;
}

#[cfg(test)]
mod tests {
    use super::block::{pack, unpack};

    #[test]
    fn a_block_is_packed_without_loss() {
        let largest = (1 << 48) - 1;
        for block in [(0x5555_0000_0010, 5 << 30, 0x0007_ffff), (largest, largest, u32::MAX)] {
            assert_eq!(unpack(pack(block.0, block.1, block.2)), block);
        }
        assert_eq!(pack(16, 24, 0x0002_0003), [0x0003_0000_0000_0010, 0x0002_0000_0000_0018]);
    }
}
