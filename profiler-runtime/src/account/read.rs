//! What the resident set of this process is made of: what the system says of it, and what only the process itself
//! knows.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::time::Duration;

use mem_profile_account::{Facts, LiveBlock, process as reader};
use mem_profile_format::layout::paths::{OUTSIDE, UNATTRIBUTED};

pub use mem_profile_account::{
    Account, Advice, Change, Class, ClassKind, Counted, Diff, Part, Pin, Pins, SizePin, Untouched,
};

use crate::control::allocations_are_counted;
use crate::process;
use crate::record::alloc::quiet::Quiet;
use crate::record::alloc::wrapped::is_wrapping_seen;
use crate::record::function::registry;
use crate::record::live::{blocks, paths, switch};
use crate::record::memory::{arena, reserved};

/// What the resident set of this process is made of. It takes no locks but those of memory of its own, and stops
/// nobody: threads that go on move the sums, and the account says how far.
///
/// With `MEM_PROFILE_LIVE=on`, live blocks, free pages, and the lines whose blocks keep them resident are known.
/// Without it, the heap is one class.
///
/// # Errors
/// Where the system does not say what a process has mapped: other systems than Linux, or a hidden `/proc`.
pub fn account() -> io::Result<Account> {
    for_caller(false)
}

/// The same, and the allocator is asked how much it has in use, so that memory of C libraries is known from free
/// memory. It takes the lock of each of its arenas, and looks at all free memory in it: about 40 ms for 200 MiB.
///
/// # Errors
/// As for [`account`].
pub fn full() -> io::Result<Account> {
    for_caller(true)
}

/// An account whose memory is recorded on the line that asked for it, like any other value.
fn for_caller(is_full: bool) -> io::Result<Account> {
    let is_counted = allocations_are_counted();
    let quiet = Quiet::enter();
    let ours = read(is_counted, is_full);
    drop(quiet);
    let of_caller = match &ours {
        Ok(account) => Ok(account.clone()),
        Err(error) => Err(error.raw_os_error().map_or_else(
            || io::Error::new(error.kind(), error.to_string()),
            io::Error::from_raw_os_error,
        )),
    };
    let _quiet = Quiet::enter();
    drop(ours);
    of_caller
}

fn read(is_counted: bool, is_full: bool) -> io::Result<Account> {
    let is_glibc = process::IS_GLIBC && !is_wrapping_seen();
    let in_use = if is_full && is_glibc { process::bytes_in_use() } else { None };
    let reading = reader::read_self()?;
    let first_block = |range: Range<u64>| {
        let found = blocks::first_in(range.start as usize..range.end as usize)?;
        let (address, size) = (found.address as u64, found.size as u64);
        Some(LiveBlock { address, size, site: found.site })
    };
    let bytes = crate::internal::live_bytes();
    let mut pages = reader::PageMap::open(reading.page());
    let facts = Facts {
        first_block: if switch::is_on() { Some(Box::new(first_block)) } else { None },
        counted: is_counted.then_some(Counted { bytes, blocks: None }),
        site_name: Some(Box::new(site_names())),
        resident_pages: Some(Box::new(move |range| pages.as_mut()?.resident(range))),
        stack_pointers: reading.stack_pointers,
        threads: reading.threads,
        own: own_memory(),
        is_glibc,
        in_use,
        page_tables: reading.page_tables,
    };
    let begin = process::steady_nanoseconds();
    let mut account = Account::new(&reading.mappings, facts);
    account.moved += reading.moved;
    let walked = (process::steady_nanoseconds() - begin).max(0).cast_unsigned();
    account.took = reading.took + Duration::from_nanos(walked);
    Ok(account)
}

/// The figures and the tables of this crate.
fn own_memory() -> Vec<Range<u64>> {
    let segments = arena::segments().map(|segment| {
        let start = std::ptr::from_ref(segment).addr();
        start..start + segment.length()
    });
    let all = segments.chain(reserved::regions());
    all.map(|range| range.start as u64..range.end as u64).collect()
}

/// The line of a site, as in a report.
fn site_names() -> impl Fn(u32) -> String {
    let functions: HashMap<_, _> = registry::functions().collect();
    move |site| {
        let function = paths::line_of(site).and_then(|(function, row)| {
            let function = functions.get(&function)?;
            Some((function.file, function.first_line as usize + function.line_of(row)))
        });
        match (site, function) {
            (_, Some((file, line))) => format!("{file}:{line}"),
            (OUTSIDE, _) => "outside of measured functions".to_owned(),
            (UNATTRIBUTED, _) => "not attributed to a line".to_owned(),
            _ => format!("path {site}"),
        }
    }
}
