//! Random processes: the classes add up, and blocks and pages are what a model finds byte by byte.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::ops::Range;

use mem_profile_account::{Account, ClassKind, Facts, LiveBlock, Mapping, Visitor, parse_smaps};

const PAGE: u64 = 4096;
/// As many pages in each mapping.
const PAGES: u64 = 24;

struct Process {
    mappings: Vec<Mapping>,
    resident: Vec<Range<u64>>,
    blocks: Vec<LiveBlock>,
    own: Vec<Range<u64>>,
}

/// A heap, an arena of a thread, memory that somebody mapped, and a file, with holes between some of them.
fn process(random: &mut fastrand::Rng) -> Process {
    let mut text = String::new();
    let mut resident = Vec::new();
    let mut start: u64 = 0x5000_0000_0000;
    for name in ["[heap]", "", "", "", "/data/file"] {
        start += if random.bool() { 0 } else { 0x10_0000 };
        if name.is_empty() && random.bool() {
            start = start.next_multiple_of(64 << 20);
        }
        let end = start + PAGES * PAGE;
        let density = random.u64(0..=4);
        let pages = (start..end).step_by(PAGE as usize).filter(|_| random.u64(..4) < density);
        let pages: Vec<_> = pages.map(|page| page..page + PAGE).collect();
        let rss = pages.len() as u64 * PAGE / 1024;
        let inode = u64::from(name.starts_with('/'));
        text += &format!("{start:x}-{end:x} rw-p 0 00:00 {inode} {name}\nRss: {rss} kB\n");
        resident.extend(pages);
        start = end;
    }
    let mappings = parse_smaps(text.as_bytes()).expect("smaps");
    let own = mappings[3].range.start + PAGE * 20..mappings[3].range.start + PAGE * 22;
    let gap = if random.bool() { 8..6000 } else { 0..8 };
    let blocks = blocks(random, &mappings, &own, gap);
    Process { mappings, resident, blocks, own: vec![own] }
}

/// Blocks with gaps between them. Where these are smaller than headers of glibc, another allocator made the blocks.
fn blocks(
    random: &mut fastrand::Rng,
    mappings: &[Mapping],
    own: &Range<u64>,
    gap: Range<u64>,
) -> Vec<LiveBlock> {
    let mut blocks = Vec::new();
    let mut address = mappings[0].range.start + 16;
    while address < mappings[4].range.start + 5 * PAGE {
        let size = match random.u8(..8) {
            0 => random.u64(1..5 * PAGE),
            1 => random.u64(1..17),
            _ => random.u64(1..300),
        };
        let end = address + size;
        let is_mapped = |byte| mappings.iter().any(|mapping| mapping.range.contains(&byte));
        let is_free = end <= own.start.saturating_sub(PAGE) || address >= own.end + PAGE;
        let is_whole = (address..end).step_by(16).chain([end - 1]).all(is_mapped);
        if is_whole && is_free {
            blocks.push(LiveBlock { address, size, site: random.u32(1..9) });
        }
        let step = if is_whole { size + random.u64(gap.clone()) } else { 4096 };
        address = (address + step).next_multiple_of(16);
    }
    blocks
}

fn visit(blocks: &[LiveBlock], range: Range<u64>, visitor: Visitor<'_>) {
    let mut blocks = blocks.iter().filter(|block| range.contains(&block.address));
    let _ = blocks.try_for_each(|&block| visitor(block));
}

fn pages_in(pages: &[Range<u64>], range: Range<u64>) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for page in pages.iter().filter(|page| range.contains(&page.start)) {
        match runs.last_mut() {
            Some(run) if run.end == page.start => run.end = page.end,
            _ => runs.push(page.clone()),
        }
    }
    runs
}

fn account(process: &Process, is_glibc: bool) -> Account {
    let resident = process.resident.clone();
    let facts = Facts {
        live_blocks: Some(Box::new(|range, visitor| visit(&process.blocks, range, visitor))),
        resident_pages: Some(Box::new(move |range| Some(pages_in(&resident, range)))),
        own: process.own.clone(),
        is_glibc,
        ..Facts::default()
    };
    Account::new(&process.mappings, facts)
}

#[test]
fn classes_add_up_and_blocks_are_found() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut found = 0;
    for _ in 0..40 {
        let process = process(&mut random);
        let resident: u64 = process.mappings.iter().map(|mapping| mapping.resident).sum();
        for is_glibc in [false, true] {
            let account = account(&process, is_glibc);
            assert_eq!(account.resident, resident);
            assert_eq!(account.classes.iter().map(|class| class.bytes).sum::<u64>(), resident);
            let pins = account.pins.as_ref().expect("pins");
            let sums = [
                account.bytes(ClassKind::FreePinnedOrC),
                pins.bytes,
                pins.sites.iter().map(|pin| pin.pinned).sum(),
                pins.sizes.iter().map(|pin| pin.pinned).sum(),
            ];
            assert_eq!(sums, [pins.bytes; 4]);
            assert_eq!(account.moved, 0);
            found += account.class(ClassKind::LiveBlocks).map_or(0, |live| live.count.unwrap());
        }
        compare_with_model(&process, &account(&process, false));
    }
    assert!(found > 2_500, "{found}");
}

/// Page by page, with each live byte on its own.
fn compare_with_model(process: &Process, account: &Account) {
    let mut pages: BTreeMap<u64, u64> = BTreeMap::new();
    for block in &process.blocks {
        for byte in block.address..block.address + block.size {
            *pages.entry(byte / PAGE).or_default() += 1;
        }
    }
    let resident = process.resident.iter().map(|page| page.start / PAGE);
    let with_blocks: Vec<u64> = resident.filter_map(|page| pages.get(&page).copied()).collect();
    let live: u64 = with_blocks.iter().sum();
    let pinned = with_blocks.len() as u64 * PAGE - live;
    let own = process.resident.iter().filter(|page| process.own[0].contains(&page.start));
    let figures = [ClassKind::LiveBlocks, ClassKind::FreePinnedOrC, ClassKind::Profiler]
        .map(|kind| account.bytes(kind));
    assert_eq!(figures, [live, pinned, own.count() as u64 * PAGE]);
    assert_eq!(account.bytes(ClassKind::Overhead), 0);
    let blocks = process.blocks.len() as u64;
    let counted = account.class(ClassKind::LiveBlocks).and_then(|live| live.count);
    assert_eq!(counted.unwrap_or(0), blocks);
}

/// In every second mapping, pages are present that are not resident.
#[test]
fn present_pages_are_used_where_they_add_up() {
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..40 {
        let process = process(&mut random);
        let starts: Vec<u64> = process.mappings.iter().map(|mapping| mapping.range.start).collect();
        let present = |range: Range<u64>| {
            let index = starts.iter().position(|&start| start == range.start)?;
            if index % 2 == 0 {
                return Some(vec![range]);
            }
            Some(pages_in(&process.resident, range))
        };
        // Where they do not add up, the resident pages are read, and only there.
        let resident = |range: Range<u64>| {
            assert_eq!(
                starts.iter().position(|&start| start == range.start).map(|at| at % 2),
                Some(0)
            );
            Some(pages_in(&process.resident, range))
        };
        let facts = Facts {
            live_blocks: Some(Box::new(|range, visitor| visit(&process.blocks, range, visitor))),
            present_pages: Some(Box::new(present)),
            resident_pages: Some(Box::new(resident)),
            own: process.own.clone(),
            ..Facts::default()
        };
        assert_eq!(Account::new(&process.mappings, facts), account(&process, false));
    }
}

/// Memory of the profiler fills a mapping, in parts that meet: its pages are not read.
#[test]
fn a_mapping_of_the_profiler_is_its_own() {
    let smaps = b"500000000000-500000010000 rw-p 0 00:00 0\nRss: 12 kB\n";
    let facts = Facts {
        live_blocks: Some(Box::new(|_, _| unreachable!("nobody has blocks there"))),
        own: vec![0x5000_0000_8000..0x5000_0002_0000, 0x5000_0000_0000..0x5000_0000_8000],
        ..Facts::default()
    };
    let account = Account::new(&parse_smaps(smaps).expect("smaps"), facts);
    assert_eq!((account.bytes(ClassKind::Profiler), account.resident), (12 << 10, 12 << 10));
}

/// Blocks come from an allocator in size classes of powers of two: glibc's heap is that of C.
#[test]
fn glibc_beside_another_allocator_is_a_heap_of_its_own() {
    let smaps = b"500000000000-500000004000 rw-p 0 00:00 0 [heap]\nRss: 16 kB\n\
        600000000000-600000002000 rw-p 0 00:00 0\nRss: 8 kB\n";
    let blocks = [LiveBlock { address: 0x6000_0000_0040, size: 40, site: 1 }];
    let account = |size_class: Option<fn(u64) -> u64>, in_use, c_in_use| {
        let facts = Facts {
            live_blocks: Some(Box::new(|range, visitor| visit(&blocks, range, visitor))),
            size_class: size_class.map(|it| Box::new(it) as _),
            in_use,
            c_in_use,
            ..Facts::default()
        };
        Account::new(&parse_smaps(smaps).expect("smaps"), facts)
    };
    use ClassKind::{CHeap, CLibraries, FreePinned, FreeWhole, LiveBlocks, Overhead};
    let known = account(Some(u64::next_power_of_two), Some(64 + 1000), Some(5000));
    let kinds = [CHeap, LiveBlocks, Overhead, CLibraries, FreePinned, FreeWhole];
    assert_eq!(kinds.map(|kind| known.bytes(kind)), [16384, 40, 24, 1000, 4032, 3096]);
    assert_eq!(known.class(CHeap).and_then(|class| class.in_use), Some(5000));
    assert_eq!(known.counted.map(|all| (all.bytes, all.blocks)), Some((40, Some(1))));
    let unknown = account(None, None, None);
    assert_eq!((unknown.bytes(CHeap), unknown.bytes(Overhead)), (16384, 0));
    assert_eq!(unknown.class(CHeap).and_then(|class| class.in_use), None);
}

/// A process that goes on while it is read: blocks that overlap, are in no mapping, or reach into none.
#[test]
fn blocks_that_make_no_sense_are_left_out() {
    let mut random = fastrand::Rng::with_seed(2);
    let mut process = process(&mut random);
    let blocks = process.blocks.clone();
    let expected = account(&process, false);
    process.blocks.insert(0, LiveBlock { address: 0x1000, size: 7, site: 1 });
    let inside = LiveBlock { address: blocks[18].address + 1, size: 100, site: 1 };
    process.blocks.insert(20, inside);
    process.blocks.push(LiveBlock { address: u64::MAX - 3, size: 1000, site: 1 });
    assert_eq!(account(&process, false), expected);
    // The last page has no mapping behind it.
    let end = process.mappings[4].range.end;
    process.blocks.push(LiveBlock { address: end - 32, size: 1000, site: 1 });
    let found = account(&process, false);
    assert_eq!((expected.moved, found.moved, found.resident), (0, 968, expected.resident));
}

/// Blocks of an allocator that is taken for glibc's: where it puts them, glibc has headers.
#[test]
fn blocks_without_headers_are_counted_once() {
    let smaps = b"500000000000-500000002000 rw-p 0 00:00 0 [heap]\nRss: 8 kB\n";
    let border = 0x5000_0000_1000;
    let blocks = [border - 16, border].map(|address| LiveBlock { address, size: 1, site: 1 });
    let facts = Facts {
        live_blocks: Some(Box::new(|range, visitor| visit(&blocks, range, visitor))),
        is_glibc: true,
        ..Facts::default()
    };
    let account = Account::new(&parse_smaps(smaps).expect("smaps"), facts);
    let figures = [ClassKind::LiveBlocks, ClassKind::FreeWholeOrC].map(|kind| account.bytes(kind));
    assert_eq!((figures, account.resident), ([2, 0], 2 * PAGE));
    assert_eq!(account.pins.map(|pins| pins.pages), Some(2));
}

#[test]
fn without_pages_a_heap_is_one_class() {
    let mut random = fastrand::Rng::with_seed(3);
    let process = process(&mut random);
    let facts = Facts {
        live_blocks: Some(Box::new(|range, visitor| visit(&process.blocks, range, visitor))),
        ..Facts::default()
    };
    let found = Account::new(&process.mappings, facts);
    assert_eq!(found.resident, account(&process, false).resident);
    assert!(found.bytes(ClassKind::Heap) > 0);
}
