//! The profiler's figures in the memory of another process.
//!
//! That process goes on meanwhile, and may be any process at all: nothing that is read there is believed. Whatever
//! the words are, as much is read as the process has in memory, and no more.

mod live_map;
mod own;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use self::live_map::LiveMap;
pub use self::own::own_memory;

/// The memory of a process.
pub trait ReadMemory {
    /// Fills the buffer with what is at an address. False if any of that cannot be read.
    fn read(&mut self, address: u64, buffer: &mut [u8]) -> bool;

    /// The word at an address.
    fn word(&mut self, address: u64) -> Option<u64> {
        let mut word = [0; 8];
        self.read(address, &mut word).then(|| u64::from_ne_bytes(word))
    }

    /// The pages of a range that may have been written, as ranges in order. All others are zeroes, and to read one
    /// would take memory in the process. `None` if that is not known.
    fn written(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>>;
}

/// So many words of 64 bits at an address.
fn words<const N: usize>(memory: &mut impl ReadMemory, address: u64) -> Option<[u64; N]> {
    let mut bytes = [[0; 8]; N];
    memory.read(address, bytes.as_flattened_mut()).then(|| bytes.map(u64::from_ne_bytes))
}
