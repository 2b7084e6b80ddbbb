//! Finds the block that a word leads to.
//!
//! For each KiB of heap there is a bit for each granule at which a block starts, and how many blocks start before.
//! So two reads and a count of bits find the block of any word, however long blocks are. 64 MiB have a table of
//! their own; where one block fills them, its number stands in the place of the table.

use core::ptr;

use mem_profile_format::heap_layout::block;
use mem_profile_runtime::internal::capture;

use super::room::Room;

const GRANULE_BITS: u32 = 4;
/// A word of bits.
const PART_BITS: u32 = GRANULE_BITS + 6;
const SLOT_BITS: u32 = 26;
const SLOTS: usize = 1 << (block::BITS - SLOT_BITS);
const PARTS: usize = 1 << (SLOT_BITS - PART_BITS);

struct Table {
    starts: [u64; PARTS],
    /// How many blocks start before each part.
    before: [u32; PARTS],
}

/// The tables of all blocks.
pub(super) struct Index {
    /// Zero; the address of a table; or, odd, how many blocks start before the end.
    slots: Room<usize>,
    first: usize,
    length: usize,
}

/// Start and size of a block, as the file has them.
pub(super) fn unpack(words: &[u64; 2]) -> (usize, usize) {
    let (start, size, _) = block::unpack(*words);
    (start as usize, size as usize)
}

impl Index {
    /// Of blocks in the order of addresses, none of which overlaps another one.
    pub(super) fn new(blocks: &[[u64; 2]]) -> Result<Self, i32> {
        // SAFETY: zero is a number.
        let slots = unsafe { Room::zeroes(SLOTS) }?;
        let ends = blocks.first().zip(blocks.last()).map(|(first, last)| {
            let (last, size) = unpack(last);
            (unpack(first).0, last + size)
        });
        let (first, end) = ends.unwrap_or_default();
        let mut index = Self { slots, first, length: end - first };
        let mut filling = Filling::default();
        for (number, words) in blocks.iter().enumerate() {
            let (start, _) = unpack(words);
            filling.advance(&mut index.slots, start, number as u32)?;
            filling.set(start);
        }
        filling.advance(&mut index.slots, end, blocks.len() as u32)?;
        filling.close(blocks.len() as u32);
        Ok(index)
    }

    /// Whether the word lies between the first block and the last one. Most words do not.
    #[inline(always)]
    pub(super) fn may_lead(&self, word: u64) -> bool {
        (word as usize).wrapping_sub(self.first) < self.length
    }

    /// The number of the block in which the word lies.
    #[inline(always)]
    pub(super) fn find(&self, blocks: &[[u64; 2]], word: u64) -> Option<usize> {
        if !self.may_lead(word) {
            return None;
        }
        let address = word as usize;
        let slot = *self.slots.get().get(address >> SLOT_BITS)?;
        let count = match slot {
            0 => return None,
            odd if odd & 1 != 0 => odd >> 1,
            table => {
                // SAFETY: what is neither zero nor odd is a table, which stays.
                let table = unsafe { &*(table as *const Table) };
                let part = address >> PART_BITS & (PARTS - 1);
                let granule = address >> GRANULE_BITS & 63;
                let upto = table.starts[part] << (63 - granule);
                (table.before[part] + upto.count_ones()) as usize
            }
        };
        let number = count.checked_sub(1)?;
        let (start, size) = unpack(blocks.get(number)?);
        (address < start + size).then_some(number)
    }
}

/// The table that is being filled.
struct Filling {
    table: *mut Table,
    slot: usize,
    /// The next part of it that does not know how many blocks start before.
    part: usize,
}

impl Default for Filling {
    fn default() -> Self {
        Self { table: ptr::null_mut(), slot: usize::MAX, part: 0 }
    }
}

impl Filling {
    /// Goes on to the part of an address, before which so many blocks start.
    fn advance(&mut self, slots: &mut Room<usize>, address: usize, count: u32) -> Result<(), i32> {
        let slot = address >> SLOT_BITS;
        if slot != self.slot {
            self.close(count);
            let skipped = self.slot.wrapping_add(1)..slot;
            if self.slot != usize::MAX {
                // The block before reaches into these, or none is there: then it ends before.
                let slots = slots.get_mut().get_mut(skipped).unwrap_or_default();
                slots.fill((count as usize) << 1 | 1);
            }
            let table = capture::memory(size_of::<Table>())?;
            *slots.get_mut().get_mut(slot).ok_or(libc::EINVAL)? = table.addr().get();
            *self = Self { table: table.cast().as_ptr(), slot, part: 0 };
        }
        self.count_up_to((address >> PART_BITS & (PARTS - 1)) + 1, count);
        Ok(())
    }

    /// The rest of the table.
    fn close(&mut self, count: u32) {
        self.count_up_to(PARTS, count);
    }

    fn count_up_to(&mut self, end: usize, count: u32) {
        // SAFETY: null, or a table of ours that nobody else looks at.
        if let Some(table) = unsafe { self.table.as_mut() } {
            while self.part < end {
                table.before[self.part] = count;
                self.part += 1;
            }
        }
    }

    fn set(&mut self, address: usize) {
        // SAFETY: as above.
        if let Some(table) = unsafe { self.table.as_mut() } {
            let part = address >> PART_BITS & (PARTS - 1);
            table.starts[part] |= 1 << (address >> GRANULE_BITS & 63);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_leads_to_its_block() {
        let mut blocks = Vec::new();
        let mut address = 0x5555_0000_0ff0_usize;
        let sizes: [usize; 10] = [1, 16, 17, 24, 1000, 1024, 5000, 100_000, 70 << 20, 300 << 20];
        for number in 0..500 {
            let size = sizes[number % sizes.len()];
            blocks.push(block::pack(address as u64, size as u64, 7));
            let gap = [0, 16, 4096, 1 << 20, 100 << 20][number % 5];
            address += size.next_multiple_of(16) + gap;
        }
        let index = Index::new(&blocks).unwrap();
        for (number, words) in blocks.iter().enumerate() {
            let (start, size) = unpack(words);
            let find = |address: usize| index.find(&blocks, address as u64);
            for inside in [0, 1, 15, 16, 1023, 1024, size / 2, size - 1] {
                let expected = (inside < size).then_some(number);
                if expected.is_some() {
                    assert_eq!(find(start + inside), expected, "{number}: {inside} of {size}");
                }
            }
            let behind = find(start + size);
            assert!(behind.is_none_or(|behind| behind == number + 1), "{number}: {behind:?}");
            assert_ne!(find(start - 1), Some(number));
        }
        for word in [0, 8, 0x5555_0000_0000, address as u64, 1 << 48, u64::MAX] {
            assert_eq!(index.find(&blocks, word), None, "{word:x}");
        }
        assert_eq!(Index::new(&[]).unwrap().find(&[], 0), None);
    }
}
