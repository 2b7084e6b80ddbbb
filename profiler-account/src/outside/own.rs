//! The profiler's own memory in another process.

use std::ops::Range;

use mem_profile_format::layout::{MAGIC, regions, segment};

use super::{ReadMemory, words};

/// More segments than any process has: each is larger than 64 KiB.
const MOST_SEGMENTS: usize = 1 << 16;

/// The profiler's own memory in a process, by the addresses of the table of regions and of the word that leads to the
/// newest segment. `None` if a part of it cannot be read.
pub fn own_memory(
    memory: &mut impl ReadMemory,
    table: u64,
    newest: u64,
) -> Option<Vec<Range<u64>>> {
    let mut own = reserved(memory, table)?;
    let [mut address] = words(memory, newest)?;
    for _ in 0..MOST_SEGMENTS {
        if address == 0 {
            return Some(own);
        }
        let header: [u64; segment::SIZE / 8] = words(memory, address)?;
        if header[0] != MAGIC.cast_unsigned() {
            return None;
        }
        own.push(address..address.checked_add(header[segment::LENGTH / 8])?);
        address = header[segment::NEXT / 8];
    }
    None
}

fn reserved(memory: &mut impl ReadMemory, table: u64) -> Option<Vec<Range<u64>>> {
    let [count] = words(memory, table.checked_add(regions::COUNT as u64)?)?;
    let count = count.min(regions::MOST as u64) as usize;
    let mut bytes = vec![0; count * regions::EACH];
    if !memory.read(table.checked_add(regions::FIRST as u64)?, &mut bytes) {
        return None;
    }
    let word = |region: &[u8; regions::EACH], at: usize| {
        region[at..].first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
    };
    let all = bytes.as_chunks().0.iter();
    let all = all.map(|region| [regions::START, regions::LENGTH].map(|at| word(region, at)));
    // A start of zero is one that is being written.
    let all = all.filter(|[start, _]| *start != 0);
    all.map(|[start, length]| Some(start..start.checked_add(length)?)).collect()
}
