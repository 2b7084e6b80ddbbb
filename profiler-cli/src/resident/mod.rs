//! The account of a running process: by the system, and by the recording that the process writes.
//!
//! The process is not stopped, and runs nothing for it unless its allocator is to be asked. Its live blocks are read
//! in its memory, where the recording says that they are.

mod ask;
mod saved;
mod written;

use std::cell::OnceCell;
use std::io;
use std::ops::Range;
use std::time::Instant;

use anyhow::Result;
use mem_profile_account::process::{self as reader, Memory, PageMap, Reading};
use mem_profile_account::{Account, Counted, Facts, LiveMap, ReadMemory, Visitor, own_memory};
use mem_profile_format::layout;
use mem_profile_format::recording::ProcessMemory;

pub(crate) use self::saved::saved;
pub(crate) use self::written::{Written, writes, written_by};
use crate::process;

const NOT_RECORDED: &str = "Live blocks are known of programs that record: start it with MEM_PROFILE_OUTPUT=run.mprof \
                            and MEM_PROFILE_LIVE=on, or call `mem_profile::account()` in it.";
const OTHER_VERSION: &str =
    "The program has an older mem-profile, which does not say where its live blocks are.";
const NOT_COUNTED: &str =
    "The program records, but counts no blocks: it has no counting allocator.";
const NOT_LIVE: &str =
    "The program counts its blocks, but not where they are: start it with MEM_PROFILE_LIVE=on.";
const REFUSED: &str = "The program knows where its live blocks are, but its memory must not be read: run this command \
                       as root, or set kernel.yama.ptrace_scope to 0.";
const UNREADABLE: &str =
    "The program knows where its live blocks are, but its list of them cannot be read as a whole.";

/// A thread may have published so much less than it had.
const UNPUBLISHED: u64 = layout::ledger::CENTER.cast_unsigned();

/// The account of a process; `None` if it has no memory any more. If `is_full`, its allocator is asked.
///
/// # Errors
/// If there is no such process, it belongs to somebody else, or cannot be asked.
pub(crate) fn account(id: u32, is_full: bool) -> Result<Option<Account>> {
    let begin = Instant::now();
    let written = written_by(id);
    let in_use = is_full.then(|| ask::in_use(id, written.as_ref())).transpose();
    let reading = reader::read(id).map_err(|error| process::unreadable(id, error))?;
    if reading.mappings.is_empty() {
        return Ok(None);
    }
    let in_use = in_use?;
    let mut account = match &written {
        Some(written) => recorded(&reading, written, in_use, Memory::open(id, reading.page())),
        None => {
            let account = Account::new(&reading.mappings, facts(&reading));
            missing(account, NOT_RECORDED)
        }
    };
    account.moved += reading.moved;
    account.took = begin.elapsed();
    Ok(Some(account))
}

fn facts<'a>(reading: &Reading) -> Facts<'a> {
    Facts {
        stack_pointers: reading.stack_pointers.clone(),
        threads: reading.threads,
        page_tables: reading.page_tables,
        ..Facts::default()
    }
}

fn missing(mut account: Account, what: &str) -> Account {
    account.missing = Some(what.to_owned());
    account
}

/// The account of a process that records, and has this memory.
fn recorded(
    reading: &Reading,
    written: &Written,
    in_use: Option<u64>,
    mut memory: io::Result<impl ReadMemory>,
) -> Account {
    let said = &written.memory;
    let own = memory.as_mut().ok();
    let own = own.and_then(|memory| own_memory(memory, said.regions, said.segments));
    let own = own.unwrap_or_else(|| said.recorded.clone());
    let most = most(reading);
    let (map, what) = match (said, memory) {
        (ProcessMemory { live: None, .. }, _) => (None, NOT_COUNTED),
        (ProcessMemory { block_map: 0, .. }, _) => (None, OTHER_VERSION),
        (ProcessMemory { blocks: None, .. }, _) => (None, NOT_LIVE),
        (_, Err(_)) => (None, REFUSED),
        (_, Ok(memory)) => (LiveMap::find(memory, said.block_map, most), UNREADABLE),
    };
    if let Some(mut map) = map {
        let blocks = |range, visitor: Visitor<'_>| map.visit(range, visitor);
        let account = known(reading, written, in_use, own.clone(), Some(blocks));
        if map.is_whole() {
            return account;
        }
    }
    let no_blocks = None::<fn(Range<u64>, Visitor<'_>)>;
    missing(known(reading, written, in_use, own, no_blocks), what)
}

/// No process has more in its memory, as far as it was read.
fn most(reading: &Reading) -> u64 {
    const GROWTH: u64 = 64 << 20;
    let bytes = reading.mappings.iter().map(|mapping| mapping.resident + mapping.swap);
    bytes.sum::<u64>().saturating_mul(2).saturating_add(GROWTH)
}

/// The account with what the recording says, and with the blocks where these are known.
fn known<'a>(
    reading: &Reading,
    written: &'a Written,
    in_use: Option<u64>,
    own: Vec<Range<u64>>,
    live_blocks: Option<impl FnMut(Range<u64>, Visitor<'_>) + 'a>,
) -> Account {
    let said = &written.memory;
    let [mut present, mut pages] = [(); 2].map(|()| PageMap::of(written.id, reading.page()));
    let mut memory = Memory::open(written.id, reading.page()).ok();
    let later = OnceCell::new();
    // Lines that have run since the recording was read are in it by now.
    let site_name = move |site| {
        let line = said.line(site).or_else(|| {
            let later = later.get_or_init(|| ProcessMemory::open(&written.path));
            later.as_ref().ok()?.line(site)
        });
        line.unwrap_or_else(|| format!("path {site}"))
    };
    let mut facts = facts(reading);
    facts.counted = said.live.map(|bytes| Counted { bytes, blocks: said.blocks });
    facts.live_blocks = live_blocks.map(|blocks| Box::new(blocks) as Box<_>);
    facts.site_name = Some(Box::new(site_name));
    facts.present_pages = Some(Box::new(move |range| present.as_mut()?.present(range)));
    facts.resident_pages = Some(Box::new(move |range| pages.as_mut()?.resident(range)));
    facts.word_at = Some(Box::new(move |address| memory.as_mut()?.word(address)));
    let unpublished = reading.threads.and_then(|threads| threads.checked_mul(UNPUBLISHED));
    facts.peak = said.peak.zip(unpublished).and_then(|(peak, more)| peak.checked_add(more));
    facts.own = own;
    facts.in_use = in_use;
    facts.is_glibc = said.is_glibc == Some(true);
    Account::new(&reading.mappings, facts)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::PathBuf;

    use mem_profile_account::{ClassKind, Mapping};

    use super::*;

    /// The memory of a process that ends just now.
    struct Gone;

    impl ReadMemory for Gone {
        fn read(&mut self, _address: u64, _buffer: &mut [u8]) -> bool {
            false
        }

        fn written(&mut self, _range: Range<u64>) -> Option<Vec<Range<u64>>> {
            None
        }
    }

    /// The sum of all blocks is still known by the recording.
    #[test]
    fn blocks_are_counted_where_their_memory_cannot_be_read() {
        let id = std::process::id();
        let reading = reader::read(id).unwrap();
        let mut memory = ProcessMemory::default();
        (memory.live, memory.blocks, memory.block_map) = (Some(1000), Some(3), 4096);
        // Of others, more may be resident by the time that their pages are looked at.
        let is_full = |it: &&Mapping| it.resident == it.range.end - it.range.start;
        let own = reading.mappings.iter().find(is_full).unwrap().clone();
        memory.recorded = vec![own.range];
        let written = Written { id, path: PathBuf::new(), memory };
        let refused = Err::<Gone, _>(io::ErrorKind::PermissionDenied.into());
        for (memory, what) in [(refused, REFUSED), (Ok(Gone), UNREADABLE)] {
            let account = recorded(&reading, &written, None, memory);
            assert_eq!(account.missing.as_deref(), Some(what));
            assert_eq!(account.counted, Some(Counted { bytes: 1000, blocks: Some(3) }));
            assert_eq!((account.pins.as_ref(), account.bytes(ClassKind::LiveBlocks)), (None, 0));
            assert_eq!(account.bytes(ClassKind::Profiler), own.resident);
            let text = account.text();
            assert!(
                text.contains("1000 B are live in 3 blocks\n") && text.contains(what),
                "{text}"
            );
        }
    }
}
