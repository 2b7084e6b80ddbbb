use std::sync::Mutex;

use super::*;
use crate::record::memory::reserved;

/// The sizes around which the encoding changes, and some more.
const SIZES: [usize; 12] =
    [1, 15, 16, 17, 8190, 8191, 8192, 8193, 1 << 26, (5 << 30) + 7, 1 << 39, (1 << 45) - 1];

fn map() -> &'static BlockMap {
    // Its memory is never given back. Whoever looks for leaks finds it here.
    static MAPS: Mutex<Vec<&BlockMap>> = Mutex::new(Vec::new());
    // SAFETY: that is what it gives.
    let map = unsafe { BlockMap::new(reserved::reserve) };
    let map: &BlockMap = Box::leak(Box::new(map));
    MAPS.lock().unwrap().push(map);
    assert!(map.reserve() && map.reserve());
    map
}

/// Words that are not zero from the block on.
fn words_left(map: &BlockMap, block: usize) -> usize {
    let words = (0..600).filter_map(|granule| map.find(block + granule * 16));
    words.filter(|Entry(word)| word.load(Relaxed) != 0).count()
}

#[test]
fn each_granule_has_a_word_of_its_own() {
    let block = 0x5555_0000_0000;
    // SAFETY: that is what it gives.
    let empty = unsafe { BlockMap::new(reserved::reserve) };
    assert_eq!((empty.take(block, 8), empty.put(block, 8, 1)), (0, false));
    let map = map();
    for (granule, site) in (1..1000).enumerate() {
        assert!(map.put(block + granule * 16, 16, site));
    }
    assert_eq!(map.take(block + 31, 16), 2, "the rest of a granule is the granule");
    assert_eq!((map.take(block + 16, 16), map.take(block + 32, 16)), (0, 3));
    let last = (1 << 48) - 16;
    assert!(map.put(last, 1, 7) && !map.put(1 << 48, 1, 7), "programs have 48 bits");
    assert_eq!(map.take(last, 1), 7);
    // The heap of ARM.
    let high = 0xaaaa_d5e0_12a0;
    assert!(map.put(high, 3, 5));
    assert_eq!([0x2aaa_d5e0_12a0, high].map(|block| map.take(block, 3)), [0, 5]);
}

#[test]
fn each_block_is_found_with_its_size_and_leaves_nothing_behind() {
    let map = map();
    let last_site = SITE_MASK;
    for address in [0x5555_0000_0000, 0x5555_03ff_ffd0, 0x7fff_0000_0010] {
        for size in SIZES {
            assert!(map.put(address, size, last_site));
            let block = Block { address, size, site: last_site };
            let Entry(word) = map.find(address).expect("it was put there");
            assert_eq!(map.block_at(word, address >> GRANULE_BITS), Some(block));
            assert_eq!((map.site(address), map.take(address, size)), (last_site, last_site));
            assert_eq!((words_left(map, address), map.take(address, size)), (0, 0), "{size}");
        }
    }
    assert_eq!(map.slots().count(), 3, "the second block's size is over the edge of a leaf");
    let block = 0x5555_0000_0000;
    assert!(!map.put(block, 1 << 45, 3), "of which no size is kept");
    assert_eq!(words_left(map, block), 0);
}

#[test]
fn blocks_are_walked_by_their_addresses() {
    let map = map();
    // A block that ends with its leaf, and is made last.
    let mut address = 0x7fff_0400_0000 - 48;
    let mut blocks: Vec<_> = (0..500)
        .map(|number| {
            let size = SIZES[number % 9];
            let block = Block { address, size, site: number as u32 + 1 };
            address += size.next_multiple_of(16);
            block
        })
        .collect();
    blocks.push(Block { address: 0x7fff_0300_0000, size: (1 << 24) - 48, site: 501 });
    blocks.push(Block { address: 0x5555_0000_0000, size: 1, site: 502 });
    blocks.iter().for_each(|block| assert!(map.put(block.address, block.size, block.site)));
    blocks.sort_by_key(|block| block.address);
    assert!(map.each().eq(blocks.iter().copied()));
    let (gone, kept): (Vec<Block>, Vec<Block>) =
        blocks.iter().copied().partition(|block| block.site % 3 == 0);
    gone.iter().for_each(|block| assert_eq!(map.take(block.address, block.size), block.site));
    assert!(map.each().eq(kept));
    map.clear(|start, bytes| {
        // SAFETY: words that nobody else looks at.
        unsafe { start.write_bytes(0, bytes) };
    });
    assert_eq!(map.each().next(), None);
}

#[test]
fn a_free_that_names_another_size_takes_the_block_and_no_other_one() {
    let map = map();
    let (block, behind) = (0x5555_0000_0000, 0x5555_0000_0010);
    for said in SIZES {
        for size in SIZES {
            assert!(map.put(block, size, 4));
            assert_eq!((map.take(block, said), words_left(map, block)), (4, 0), "{size}, {said}");
        }
        assert!(map.put(block, 16, 4) && map.put(behind, 16, 5));
        assert_eq!((map.take(block, said), map.take(behind, 16)), (4, 5), "{said}");
    }
}

#[test]
fn a_block_that_is_half_noted_is_none() {
    let map = map();
    let block = 0x5555_0000_0000;
    assert!(map.put(block, 9000, 1));
    let Entry(word) = map.find(block).expect("it was put there");
    let noted = word.swap(0, Relaxed);
    assert_eq!(map.each().next(), None, "parts of a size are no blocks");
    places_behind(block).filter_map(|place| map.find(place)).for_each(Entry::clear);
    word.store(noted, Relaxed);
    assert_eq!(map.each().next(), None, "a block of 8 KiB and more has a size");
}

#[test]
fn the_blocks_of_a_range_are_visited() {
    let map = map();
    let edge = 0x5555_0400_0000;
    for (address, size) in [(edge - 0x30, 32), (edge + 0x70, 9000), (edge + 0x10_0000, 1)] {
        assert!(map.put(address, size, 3));
    }
    let visited = |range, most: usize| {
        let mut found = Vec::new();
        let flow = map.visit(range, |block| {
            found.push((block.address + 0x30 - edge, block.size));
            if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert_eq!(flow.is_break(), found.len() == most);
        found
    };
    let all = [(0, 32), (0xa0, 9000), (0x10_0030, 1)];
    assert_eq!(visited(0..usize::MAX, 4), all);
    assert_eq!(visited(0..usize::MAX, 2), all[..2]);
    assert_eq!(visited(edge - 0x30..edge, 4), all[..1]);
    assert_eq!(visited(edge - 0x20..edge + 0x70, 4), []);
    assert_eq!(visited(edge - 0x20..edge + 0x71, 4), all[1..2]);
    assert_eq!(visited(edge + 0x71..edge + 0x20_0000, 4), all[2..]);
    assert_eq!(visited(edge + 0x10_0010..usize::MAX, 4), []);
    assert_eq!(visited(edge..edge, 4), []);
}
