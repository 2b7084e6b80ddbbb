//! Maps of live blocks in a memory that is made by hand, whole and damaged.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use mem_profile_format::layout::{MAGIC, block_map, regions, segment};

use super::{LiveMap, ReadMemory, own_memory};
use crate::{Account, Facts, LiveBlock, Visitor, parse_smaps};

const PAGE: u64 = 4096;
/// Where the parts lie.
const MAP: u64 = 0x10_0040;
const TABLES: u64 = 0x4000_0000_0000;
const LEAF: u64 = 0x4100_0000_0000;
const NEXT_LEAF: u64 = 0x4200_0000_0000;
const REGIONS: u64 = 0x20_0000;
const NEWEST: u64 = 0x30_0008;
const SEGMENT: u64 = 0x5000_0000_0000;
/// 64 MiB of addresses have a leaf.
const SPAN: u64 = 64 << 20;
const HEAP: u64 = 0x7f00 * SPAN;
const MOST: u64 = 1 << 20;

/// Pages that were written, by their addresses. All others are not there.
#[derive(Clone, Default)]
struct Pages(BTreeMap<u64, Vec<u8>>);

impl Pages {
    fn write(&mut self, address: u64, bytes: &[u8]) {
        for (address, byte) in (address..).zip(bytes) {
            let page = self.0.entry(address / PAGE).or_insert_with(|| vec![0; PAGE as usize]);
            page[(address % PAGE) as usize] = *byte;
        }
    }

    fn set(&mut self, address: u64, word: u64) {
        self.write(address, &word.to_ne_bytes());
    }

    /// The word of a granule.
    fn mark(&mut self, address: u64, word: u32) {
        let leaf = if address < HEAP + SPAN { LEAF } else { NEXT_LEAF };
        self.write(leaf + address % SPAN / 16 * 4, &word.to_ne_bytes());
    }

    fn put(&mut self, block: LiveBlock) {
        let LiveBlock { address, size, site } = block;
        if size < 1 << 13 {
            return self.mark(address, (size as u32) << 19 | site);
        }
        self.mark(address, site);
        for (behind, shift) in (1..=4).zip([0, 13, 26, 39]) {
            self.mark(address + behind * 16, ((size >> shift) as u32) << 19);
        }
    }
}

impl ReadMemory for &Pages {
    fn read(&mut self, address: u64, buffer: &mut [u8]) -> bool {
        let addresses = (0..buffer.len() as u64).map(|at| address.checked_add(at));
        let mut bytes = buffer.iter_mut().zip(addresses);
        bytes.all(|(byte, address)| {
            let found = address.and_then(|address| {
                self.0.get(&(address / PAGE)).map(|page| page[(address % PAGE) as usize])
            });
            found.inspect(|found| *byte = *found).is_some()
        })
    }

    fn written(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
        let pages = self.0.range(range.start / PAGE..range.end.div_ceil(PAGE));
        Some(pages.map(|(page, _)| page * PAGE..(page + 1) * PAGE).collect())
    }
}

fn blocks() -> [LiveBlock; 5] {
    let block = |address, size, site| LiveBlock { address: HEAP + address, size, site };
    [
        block(0x10, 24, 3),
        block(0x40, 8191, 4),
        block(0x3000, 9_000, 3),
        // Its size is in both leaves.
        block(SPAN - 0x20, 70_000, 5),
        block(SPAN + 0x20_0000, 1, (1 << 19) - 1),
    ]
}

/// A map of these blocks, and the profiler's own memory.
fn memory() -> Pages {
    let mut pages = Pages::default();
    pages.set(MAP + block_map::LENGTH as u64, 1 << 22);
    pages.set(MAP + block_map::TABLES as u64, TABLES);
    pages.set(MAP + block_map::LEAVES as u64, 3);
    for (place, leaf) in [(HEAP / SPAN, LEAF), (HEAP / SPAN + 1, NEXT_LEAF)] {
        pages.set(TABLES + place * 8, leaf);
    }
    // The second one is being written.
    let places = [HEAP / SPAN + 1, 0, HEAP / SPAN];
    for (at, place) in (0..).zip(places) {
        let place = if place == 0 { 0_u32 } else { place as u32 + 1 };
        pages.write(TABLES + (8 << 22) + at * 4, &place.to_ne_bytes());
    }
    blocks().into_iter().for_each(|block| pages.put(block));
    pages.set(REGIONS + regions::COUNT as u64, 3);
    for (at, [start, length]) in (0..).zip([[TABLES, 3 << 25], [0, 1 << 24], [LEAF, 1 << 24]]) {
        pages.set(REGIONS + regions::FIRST as u64 + at * 24, start);
        pages.set(REGIONS + regions::FIRST as u64 + at * 24 + 8, length);
    }
    pages.set(NEWEST, SEGMENT);
    for (start, length, next) in
        [(SEGMENT, 1 << 16, SEGMENT + (1 << 20)), (SEGMENT + (1 << 20), PAGE, 0)]
    {
        pages.set(start, MAGIC.cast_unsigned());
        pages.set(start + segment::LENGTH as u64, length);
        pages.set(start + segment::NEXT as u64, next);
    }
    pages
}

/// All blocks, and whether all could be read.
fn all(pages: &Pages, most: u64) -> Option<(Vec<LiveBlock>, bool)> {
    let mut map = LiveMap::find(pages, MAP, most)?;
    let mut blocks: Vec<LiveBlock> = Vec::new();
    map.visit(0..u64::MAX, &mut |block| {
        assert!(block.address >= blocks.last().map_or(0, LiveBlock::end));
        blocks.push(block);
        ControlFlow::Continue(())
    });
    Some((blocks, map.is_whole()))
}

#[test]
fn blocks_are_found_in_their_order() {
    let pages = memory();
    assert_eq!(all(&pages, MOST), Some((blocks().to_vec(), true)));
    let mut map = LiveMap::find(&pages, MAP, MOST).unwrap();
    let [first, second, ..] = blocks();
    assert_eq!(map.first_in(first.address..first.address + 1), Some(first));
    assert_eq!(map.first_in(first.address + 1..second.address), None);
    // Back, and to where no leaf is.
    assert_eq!(map.first_in(HEAP + SPAN..HEAP + 2 * SPAN), Some(blocks()[4]));
    assert_eq!(map.first_in(0..second.address), Some(first));
    assert_eq!(map.first_in(HEAP + 2 * SPAN..u64::MAX), None);
}

#[test]
fn a_process_that_has_less_in_memory_has_no_such_map() {
    let pages = memory();
    // Two pages of the first leaf and two of the second, and one more for each leaf that is said to be there.
    assert_eq!(all(&pages, 4 * PAGE).map(|found| found.1), Some(true));
    assert_eq!(all(&pages, 4 * PAGE - 1).map(|found| found.1), Some(false));
    assert_eq!(all(&pages, 3 * PAGE - 1), None);
}

#[test]
fn a_part_that_cannot_be_read_is_said() {
    struct Refusing<'a>(&'a Pages);
    impl ReadMemory for Refusing<'_> {
        fn read(&mut self, address: u64, buffer: &mut [u8]) -> bool {
            !(LEAF..LEAF + SPAN).contains(&address) && self.0.read(address, buffer)
        }
        fn written(&mut self, range: Range<u64>) -> Option<Vec<Range<u64>>> {
            self.0.written(range)
        }
    }
    let pages = memory();
    let mut map = LiveMap::find(Refusing(&pages), MAP, MOST).unwrap();
    assert_eq!((map.first_in(0..u64::MAX), map.is_whole()), (Some(blocks()[4]), false));
}

#[test]
fn regions_and_segments_are_the_profilers_own() {
    let pages = memory();
    let own = own_memory(&mut &pages, REGIONS, NEWEST).unwrap();
    let expected = [
        TABLES..TABLES + (3 << 25),
        LEAF..LEAF + (1 << 24),
        SEGMENT..SEGMENT + (1 << 16),
        SEGMENT + (1 << 20)..SEGMENT + (1 << 20) + PAGE,
    ];
    assert_eq!(own, expected);
    let mut ring = pages.clone();
    ring.set(SEGMENT + (1 << 20) + segment::NEXT as u64, SEGMENT);
    for damaged in [&ring, &Pages::default()] {
        assert_eq!(own_memory(&mut &*damaged, REGIONS, NEWEST), None);
    }
    assert_eq!(own_memory(&mut &pages, u64::MAX - 3, NEWEST), None);
}

/// Any words in the place of others: the classes add up to the resident set all the same.
#[test]
fn any_memory_gives_an_account_that_adds_up() {
    let smaps = format!(
        "{HEAP:x}-{:x} rw-p 0 00:00 0\nRss: 512 kB\n{:x}-{:x} rw-p 0 00:00 0\nRss: 64 kB\n\
         {SEGMENT:x}-{:x} rw-p 0 00:00 0\nRss: 64 kB\n",
        HEAP + (1 << 19),
        HEAP + SPAN - PAGE,
        HEAP + SPAN + 15 * PAGE,
        SEGMENT + (1 << 16),
    );
    let mappings = parse_smaps(smaps.as_bytes()).unwrap();
    let whole = memory();
    let places: Vec<u64> = whole.0.keys().copied().collect();
    let mut random = fastrand::Rng::with_seed(20);
    let (mut maps, mut complete) = (0, 0);
    for _ in 0..300 {
        let mut pages = whole.clone();
        for _ in 0..random.usize(1..40) {
            let at = *random.choice(&places).unwrap() * PAGE + random.u64(..PAGE / 8) * 8;
            let word = match random.u8(..4) {
                0 => random.u64(..),
                1 => random.u64(..1 << 20),
                2 => u64::from(random.u32(..)) << random.u8(..32),
                _ => *random.choice(&[HEAP, LEAF, TABLES, SEGMENT, u64::MAX]).unwrap(),
            };
            pages.set(at, word);
        }
        if random.bool() {
            pages.0.remove(random.choice(&places).unwrap());
        }
        let own = own_memory(&mut &pages, REGIONS, NEWEST);
        let mut map = LiveMap::find(&pages, MAP, MOST);
        maps += u32::from(map.is_some());
        let facts = Facts {
            live_blocks: map.as_mut().map(|map| {
                let visit = |range, visitor: Visitor<'_>| map.visit(range, visitor);
                Box::new(visit) as Box<_>
            }),
            own: own.unwrap_or_default(),
            is_glibc: random.bool(),
            ..Facts::default()
        };
        let account = Account::new(&mappings, facts);
        let sum: u64 = account.classes.iter().map(|class| class.bytes).sum();
        assert_eq!([sum, account.resident], [640 << 10; 2]);
        complete += u32::from(map.is_some_and(|map| map.is_whole()));
    }
    assert!(maps > 150 && complete > 50 && complete < maps, "{complete} of {maps}");
}
