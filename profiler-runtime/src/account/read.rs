//! Reads the system's figures of this process, and facts that only the process itself knows.

use std::io;
use std::ops::Range;
use std::time::Instant;

use mem_profile_account::{Account, Advice, Counted, Facts, ReadMemory, process as reader};
use mem_profile_format::layout::ledger::CENTER;

use super::live_map::LiveMap;
use crate::process;
use crate::record::alloc::statistics::{self, StatisticsTable};
use crate::record::alloc::wrapped::is_wrapping_seen;
use crate::record::ledger::{published, threads};
use crate::record::memory::{arena, reserved};

/// The account of this process. If blocks are counted, their sum is known; if `is_full`, the allocator is asked.
///
/// # Errors
/// Where the system does not say what a process has mapped.
pub(crate) fn read(is_counted: bool, is_full: bool) -> io::Result<Account> {
    let begin = Instant::now();
    let bytes = u64::try_from(threads::live_bytes()).unwrap_or(0);
    let counted = is_counted.then_some(Counted { bytes, blocks: None });
    let mut map = LiveMap::now(bytes);
    let mut account = read_with(&map, counted, is_full)?;
    if map.was_forgotten() {
        account = read_with(&map, counted, is_full)?;
    }
    if !map.knows_free_memory() {
        account.advice.retain(|advice| !matches!(advice, Advice::Trim(_)));
    }
    account.missing = map.missing();
    account.took = begin.elapsed();
    Ok(account)
}

/// The account with the blocks of a map.
fn read_with(map: &LiveMap, counted: Option<Counted>, is_full: bool) -> io::Result<Account> {
    let is_glibc = process::IS_GLIBC && !is_wrapping_seen();
    let statistics = statistics::found().filter(|_| !is_glibc);
    let of_c = if is_full { process::in_use_and_heap_end() } else { None };
    let (asked, c_in_use) = match is_glibc {
        true => (of_c, None),
        false => (None, of_c.map(|of_c| of_c.0)),
    };
    let of_statistics = || statistics.filter(|_| is_full).and_then(|it| (it.in_use)());
    let reading = reader::read_self()?;
    let mut pages = reader::PageMap::open(reading.page());
    let mut memory = reader::Memory::open(process::id(), reading.page()).ok();
    let facts = Facts {
        live_blocks: map.live_blocks().map(|it| Box::new(it) as _),
        counted,
        site_name: Some(map.site_name()),
        present_pages: Some(Box::new(process::resident_pages)),
        resident_pages: Some(Box::new(move |range| pages.as_mut()?.resident(range))),
        stack_pointers: reading.stack_pointers,
        threads: reading.threads,
        own: own_memory(),
        is_glibc,
        size_class: statistics.map(|it| Box::new(size_class(it)) as _),
        in_use: asked.map(|asked| asked.0).or_else(of_statistics),
        c_in_use,
        heap_end: asked.map(|asked| asked.1),
        peak: peak(reading.threads),
        word_at: Some(Box::new(move |address| memory.as_mut()?.word(address))),
        page_tables: reading.page_tables,
    };
    let mut account = Account::new(&reading.mappings, facts);
    account.moved += reading.moved;
    Ok(account)
}

/// At most so many bytes were live at once: each thread may have published 64 KiB less than it had. Unknown after a
/// reset.
fn peak(threads: Option<u64>) -> Option<u64> {
    let (highest, peak_at_reset) = published::highest();
    let unpublished = threads?.checked_mul(CENTER.cast_unsigned())?;
    let highest = u64::try_from(highest).ok().filter(|_| peak_at_reset == 0)?;
    highest.checked_add(unpublished)
}

/// The figures and the tables of this crate.
fn own_memory() -> Vec<Range<u64>> {
    let segments = arena::segments().map(|segment| {
        let start = std::ptr::from_ref(segment).addr();
        start..start + segment.length()
    });
    let all = segments.chain(reserved::regions()).chain(LiveMap::regions());
    all.map(|range| range.start as u64..range.end as u64).collect()
}

/// The bytes that a block takes.
fn size_class(statistics: &StatisticsTable) -> impl Fn(u64) -> u64 {
    |size| (statistics.size_class)(size as usize) as u64
}
