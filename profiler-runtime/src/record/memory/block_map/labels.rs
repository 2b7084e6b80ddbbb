//! The part of the map for labels: the block in which an address lies, and another site for it.

use core::sync::atomic::Ordering::{AcqRel, Relaxed};

use super::{Block, BlockMap, Entry, GRANULE_BITS, LEAF, LEAF_BITS, SITE_MASK};

impl BlockMap {
    /// The block in which an address lies. It looks back from there to where the block starts.
    pub fn holder(&self, address: usize) -> Option<Block> {
        let mut granule = address >> GRANULE_BITS;
        loop {
            let slot = granule >> LEAF_BITS;
            let words = self.leaf(slot).and_then(|leaf| leaf.get(..=granule % LEAF));
            let mut words = words.unwrap_or_default().iter().enumerate().rev();
            let block = |(index, word)| self.block_at(word, slot << LEAF_BITS | index);
            if let Some(block) = words.find_map(block) {
                return Some(block).filter(|block| address < block.address + block.size);
            }
            granule = ((self.slots().filter(|&made| made < slot).max()? + 1) << LEAF_BITS) - 1;
        }
    }

    /// Has a block be of another site. False if it was not of site `from`.
    pub fn change_site(&self, block: usize, from: u32, to: u32) -> bool {
        let Some(Entry(word)) = self.find(block) else { return false };
        let change = |found| (found & SITE_MASK == from).then_some(found & !SITE_MASK | to);
        word.fetch_update(AcqRel, Relaxed, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::memory::reserved;

    #[test]
    fn an_address_is_held_by_the_block_around_it() {
        // SAFETY: that is what it gives.
        let map = unsafe { BlockMap::new(reserved::reserve) };
        assert_eq!(map.holder(0x5555_0000_0000), None);
        assert!(map.reserve());
        let blocks = [
            Block { address: 0x5555_0000_0000, size: 24, site: 3 },
            Block { address: 0x5555_0000_0030, size: 9000, site: 4 },
            // Over two leaves and more.
            Block { address: 0x5555_1000_0000, size: 200 << 20, site: 5 },
        ];
        assert!(blocks.iter().all(|block| map.put(block.address, block.size, block.site)));
        for block in blocks {
            for inside in [0, 1, 15, 16, block.size / 2, block.size - 1] {
                if inside < block.size {
                    assert_eq!(map.holder(block.address + inside), Some(block), "{inside}");
                }
            }
            assert_eq!(map.holder(block.address + block.size), None);
            assert_eq!(map.holder(block.address - 1), None);
        }
        assert_eq!([0, 1, 1 << 48, usize::MAX].map(|outside| map.holder(outside)), [None; 4]);
    }

    #[test]
    fn a_block_of_another_site_has_the_same_size() {
        // SAFETY: that is what it gives.
        let map = unsafe { BlockMap::new(reserved::reserve) };
        assert!(map.reserve());
        let block = 0x5555_0000_0000;
        assert!(!map.change_site(block, 0, 1), "there is none");
        for size in [1, 8190, 8191, 5 << 30] {
            assert!(map.put(block, size, 7) && !map.change_site(block, 8, 9));
            assert!(map.change_site(block, 7, SITE_MASK));
            assert_eq!(map.holder(block), Some(Block { address: block, size, site: SITE_MASK }));
            assert_eq!(map.take(block, size), SITE_MASK);
        }
    }
}
