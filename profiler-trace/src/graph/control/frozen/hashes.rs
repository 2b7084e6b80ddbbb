//! A hash of the contents of each block, by which blocks of equal contents are found.

use core::ops::Range;

use mem_profile_format::heap_layout::{WORD, hash, kind};

use super::blocks::{Blocks, words};
use super::index::unpack;
use super::maps::{Mapping, Maps};
use super::pages::Pages;
use super::write::Writer;

/// Writes a hash of each.
pub(super) fn write(
    blocks: &Blocks,
    key: u64,
    maps: &Maps,
    pages: &Pages,
    writer: &mut Writer,
) -> Result<(), i32> {
    writer.section(kind::HASHES, (blocks.all().len() * hash::SIZE) as u64)?;
    blocks.all().iter().zip(blocks.mapped(maps)).try_for_each(|(block, (range, mapping))| {
        let hash = match mapping {
            Some(mapping) => {
                hash_of(range.start..range.start + unpack(block).1, key, &mapping, pages)?
            }
            None => hash::NONE,
        };
        writer.words(&[hash])
    })
}

/// Of memory in this mapping, whose last word can be read as a whole. Pages that were never written are left out.
fn hash_of(range: Range<usize>, key: u64, mapping: &Mapping, pages: &Pages) -> Result<u64, i32> {
    let mut state = key;
    let whole = range.start..range.end - range.len() % WORD;
    if !whole.is_empty() {
        pages.each(whole.clone(), mapping, &mut |part| {
            state = fold(state ^ (part.start - range.start) as u64, key.rotate_left(32));
            let mut words = words(part).map(|(_, word)| word);
            // One multiplication for two words.
            while let Some(word) = words.next() {
                state = fold(state ^ word, key.rotate_left(17) ^ words.next().unwrap_or(0));
            }
            Ok(())
        })?;
    }
    for (_, word) in words(whole.end..range.end) {
        let bits = 8 * (range.end - whole.end);
        state = fold(state ^ word & ((1 << bits) - 1), key.rotate_left(32));
    }
    Ok(if state == hash::NONE { 1 } else { state })
}

/// The product of two words, folded to one.
#[inline(always)]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product ^ product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(memory: &[u64], bytes: usize, key: u64) -> u64 {
        let start = memory.as_ptr().addr();
        let maps = Maps::read().unwrap();
        let (_, mapping) = maps.at(start).unwrap();
        hash_of(start..start + bytes, key, &mapping, &Pages::open()).unwrap()
    }

    #[test]
    fn equal_contents_have_one_hash_and_others_another_one() {
        let key = 0x9e37_79b9_7f4a_7c15;
        for bytes in [1, 7, 8, 9, 15, 16, 17, 24, 100, 1000, 1 << 20] {
            let mut memory = vec![7_u64; (bytes + 8) / 8 + 1];
            let of = hash(&memory, bytes, key);
            assert_eq!(of, hash(&memory.clone(), bytes, key), "{bytes}");
            assert_ne!(of, hash(&memory, bytes, key + 1), "{bytes}");
            // The last byte, and the one behind.
            let change = |memory: &mut Vec<u64>, at: usize| memory[at / 8] ^= 1 << (at % 8 * 8);
            change(&mut memory, bytes);
            assert_eq!(of, hash(&memory, bytes, key), "{bytes}: behind");
            change(&mut memory, bytes - 1);
            assert_ne!(of, hash(&memory, bytes, key), "{bytes}: the last");
        }
        let mut sorted = vec![1, 2, 3, 4];
        let of = hash(&sorted, 32, key);
        sorted.swap(1, 2);
        assert_ne!(of, hash(&sorted, 32, key));
    }
}
