//! The paths of calling lines: a tree whose root is whatever is outside of measured functions.
//!
//! A path is a number, its **site**. It is found by the path that calls and the line in a table that only
//! grows: insertion is one compare-and-swap, so nobody waits for anybody. The paths themselves lie among
//! the figures, where readers find them.
//!
//! **Recursion is folded.** A line of a function that is on the path already takes the place of that
//! function's line, so that no path has two lines of one function, and a program has no more paths than
//! ways to call each function once.

use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{
    AtomicPtr, AtomicU32,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
};

use mem_profile_format::layout::{
    self,
    paths::{
        ALIAS_BITS, CALLER_BITS, COUNT, END, FIRST_NUMBER, IS_RECURSIVE, OUTSIDE, UNATTRIBUTED,
    },
};

use crate::record::memory::areas::Areas;
use crate::record::memory::arena;
use crate::record::memory::reserved;
use crate::record::sync::word::Word;

/// Beyond so many, lines are outermost ones, so that each keeps a path of its own as long as there are any.
pub(super) const MOST_PATHS: u32 = 1 << 17;

/// A line: the number of its function and its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::record) struct Line(i64);

impl Line {
    pub(in crate::record) const fn new(function: i64, row: usize) -> Self {
        Self(function << 32 | row as i64)
    }

    const fn function(self) -> i64 {
        self.0 >> 32
    }

    #[cfg(feature = "account")]
    const fn row(self) -> usize {
        self.0 as u32 as usize
    }
}

/// A path: the one that calls, and the line.
#[derive(Debug)]
#[repr(C)]
struct Path {
    caller: Word,
    line: Word,
}

/// Paths in the memory of the figures.
#[derive(Debug)]
#[repr(C, align(64))]
struct Paths {
    block: Word,
    /// Of the first one.
    number: Word,
    _rest: [Word; 6],
    all: [Path; COUNT],
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Paths, number) == layout::paths::NUMBER);
    assert!(offset_of!(Paths, all) == layout::paths::FIRST);
    assert!(offset_of!(Path, caller) == layout::paths::CALLER);
    assert!(offset_of!(Path, line) == layout::paths::LINE);
    assert!(size_of::<Path>() == layout::paths::EACH);
    assert!(size_of::<Paths>() == layout::paths::SIZE);
    assert!(CALLER_BITS + ALIAS_BITS < 63 && END <= 1 << CALLER_BITS);
};

static PATHS: [AtomicPtr<Paths>; END as usize / COUNT + 1] =
    [const { AtomicPtr::new(ptr::null_mut()) }; END as usize / COUNT + 1];
static NEXT: AtomicU32 = AtomicU32::new(FIRST_NUMBER);

const AREAS: Areas<3> = Areas::new([12, 15, 20]);
type Table = [AtomicU32; AREAS.length()];

static TABLE: AtomicPtr<Table> = AtomicPtr::new(ptr::null_mut());

/// Whether there is address space for it. Not for two threads at once.
pub(super) fn reserve() -> bool {
    if let Some(table) = reserved::reserve(size_of::<Table>()) {
        TABLE.store(table.cast().as_ptr(), Release);
    }
    !TABLE.load(Relaxed).is_null()
}

/// The site of a line that was called on this path.
pub(super) fn site_of(caller: u32, line: Line) -> u32 {
    let site = match find(caller, line) {
        Ok(site) => site,
        Err(()) if NEXT.load(Relaxed) < MOST_PATHS => insert(caller, line),
        Err(()) => {
            return if caller == OUTSIDE { insert(caller, line) } else { site_of(OUTSIDE, line) };
        }
    };
    // It may stand for another path.
    path(site).map_or(UNATTRIBUTED, |path| path.alias().unwrap_or(site))
}

/// The number of the path in the table, which may be an alias.
fn find(caller: u32, line: Line) -> Result<u32, ()> {
    for place in places(caller, line) {
        match place.load(Acquire) {
            0 => return Err(()),
            found if is(found, caller, line) => return Ok(found),
            _ => {}
        }
    }
    Err(())
}

fn is(site: u32, caller: u32, line: Line) -> bool {
    path(site).is_some_and(|path| path.line.get() == line.0 && path.caller() == caller)
}

/// Where the path is to be looked for, one place after another, until one is empty.
fn places(caller: u32, line: Line) -> impl Iterator<Item = &'static AtomicU32> {
    // SAFETY: null or as many zeroes, which are valid and never given back.
    let table = unsafe { TABLE.load(Acquire).as_ref() };
    let mixed = (line.0 as u64 ^ u64::from(caller) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = (mixed >> 32) as usize ^ caller as usize;
    AREAS.places(hash).map_while(move |place| table?.get(place))
}

#[cold]
#[inline(never)]
fn insert(caller: u32, line: Line) -> u32 {
    let Some((site, path)) = next() else { return UNATTRIBUTED };
    path.line.set(line.0);
    // Decided once, so that a path remains a function of its caller and its line.
    let outer = path_of(line.function(), caller);
    let alias = outer.map_or(0, |(_, outer)| site_of(outer, line));
    // A line of the same function calls its closures as well.
    let is_recursive = outer.is_some_and(|(outer, _)| outer != caller);
    path.caller.publish(i64::from(alias) << CALLER_BITS | i64::from(caller));
    for place in places(caller, line) {
        match place.compare_exchange(0, site, AcqRel, Acquire) {
            Ok(_) => {
                if let Some(real) = self::path(alias).filter(|_| is_recursive) {
                    real.caller.set_bits(IS_RECURSIVE);
                }
                return site;
            }
            // Another thread came first with the same: our path stays unused.
            Err(theirs) if is(theirs, caller, line) => return theirs,
            Err(_) => {}
        }
    }
    UNATTRIBUTED
}

/// The part of the path that leads to a line of this function, and its caller, if there is one.
fn path_of(function: i64, mut site: u32) -> Option<(u32, u32)> {
    while let Some(path) = path(site) {
        if Line(path.line.get()).function() == function {
            return Some((site, path.caller()));
        }
        site = path.caller();
    }
    None
}

/// The line of a path: the number of its function, and its row.
#[cfg(feature = "account")]
pub(crate) fn line_of(site: u32) -> Option<(i64, usize)> {
    let line = Line(path(site)?.line.get());
    Some((line.function(), line.row()))
}

/// A new path.
fn next() -> Option<(u32, &'static Path)> {
    // Asked first, so that a full table does not make the number run around.
    if NEXT.load(Relaxed) >= END {
        return None;
    }
    let site = Some(NEXT.fetch_add(1, Relaxed)).filter(|&site| site < END)?;
    let block = PATHS.get(site as usize / COUNT)?;
    if block.load(Acquire).is_null() {
        reserve_block(site as usize / COUNT, block)?;
    }
    Some((site, path(site)?))
}

#[cold]
fn reserve_block(index: usize, place: &AtomicPtr<Paths>) -> Option<()> {
    let block = arena::reserve(size_of::<Paths>())?;
    // SAFETY: the block is as long, and zeroes are valid.
    let paths: &'static Paths = unsafe { block.cast().as_ref() };
    paths.number.set((index * COUNT) as i64);
    let new = ptr::from_ref(paths).cast_mut();
    // Where another thread was faster, readers do not see ours.
    if place.compare_exchange(ptr::null_mut(), new, AcqRel, Acquire).is_ok() {
        arena::finish(&paths.block, layout::PATHS);
    }
    Some(())
}

fn path(site: u32) -> Option<&'static Path> {
    if site < FIRST_NUMBER {
        return None;
    }
    // SAFETY: null or a block, which is never freed.
    let paths = unsafe { PATHS.get(site as usize / COUNT)?.load(Acquire).as_ref() }?;
    paths.all.get(site as usize % COUNT)
}

impl Path {
    fn caller(&self) -> u32 {
        (self.caller.acquire() & ((1 << CALLER_BITS) - 1)) as u32
    }

    /// The path for which it stands.
    fn alias(&self) -> Option<u32> {
        let alias = self.caller.acquire() >> CALLER_BITS & ((1 << ALIAS_BITS) - 1);
        Some(alias as u32).filter(|&alias| alias != 0)
    }
}
