//! The program and its libraries: which of them an address belongs to, and which it belonged to.
//!
//! A library may be unloaded and another one come to lie at the same addresses. Then the
//! **generation** goes up, which is the upper part of every address that is kept: rules and stacks
//! of the old library stay what they were, and are not mistaken for rules and stacks of the new one.

use core::cell::UnsafeCell;
use core::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};

use super::module::Module;
use crate::tables::mapped_array::{MappedArray, Zeroed};

#[cfg(target_os = "linux")]
#[path = "elf.rs"]
mod found;
#[cfg(windows)]
#[path = "portable_executable.rs"]
mod found;
#[cfg(not(any(target_os = "linux", windows)))]
#[path = "unknown.rs"]
mod found;

/// The part of a kept address that is the address.
pub(crate) const ADDRESS: u64 = (1 << GENERATION_SHIFT) - 1;
const GENERATION_SHIFT: u32 = 48;

const MODULES: usize = 4096;

static GENERATION: AtomicU64 = AtomicU64::new(0);
static RECORDS: MappedArray<Record, MODULES> = MappedArray::new();
static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Record {
    ready: AtomicBool,
    module: UnsafeCell<Module>,
}

// SAFETY: zeroes are numbers and false. The module is written once, by the thread that took the
// record, before `ready` is set, and only read afterwards.
unsafe impl Zeroed for Record {}
// SAFETY: as above.
unsafe impl Sync for Record {}

/// Differs where other modules may lie at the same addresses.
#[inline(always)]
pub(super) fn generation() -> u64 {
    GENERATION.load(Relaxed)
}

/// Makes all addresses invalid that were kept before.
pub(super) fn begin_generation() {
    GENERATION.fetch_add(1, Relaxed);
}

/// The address as it is kept.
#[inline(always)]
pub(super) fn tagged(address: u64) -> u64 {
    (address & ADDRESS) | generation() << GENERATION_SHIFT
}

pub(super) fn prepare() {
    if RECORDS.reserve() {
        found::prepare();
        refresh();
    }
}

/// Looks at what is loaded now. Takes the loader's lock: not to be called inside the allocator.
pub(crate) fn refresh() {
    found::each_loaded(|module| _ = note(module));
}

/// All that was ever seen, the earliest first.
pub(crate) fn all() -> impl DoubleEndedIterator<Item = &'static Module> {
    (0..COUNT.load(Acquire).min(MODULES)).filter_map(|index| {
        let record = RECORDS.get(index)?;
        // SAFETY: ready, so it is not written any more.
        record.ready.load(Acquire).then(|| unsafe { &*record.module.get() })
    })
}

/// The module of a kept address.
pub(crate) fn module_at(kept: u64) -> Option<&'static Module> {
    let (address, generation) = ((kept & ADDRESS) as usize, kept >> GENERATION_SHIFT);
    let covers = |module: &&Module| (module.start..module.end).contains(&address);
    all().rev().filter(covers).find(|module| module.generation <= generation)
}

/// Keeps the module. Where another one lay before, a generation begins.
fn note(module: Module) -> Option<&'static Module> {
    let overlaps = |other: &&Module| other.start < module.end && module.start < other.end;
    match all().rev().find(overlaps) {
        Some(known) if known.is(&module) => return Some(known),
        Some(_) => begin_generation(),
        None => {}
    }
    let record = RECORDS.get(COUNT.fetch_add(1, Relaxed))?;
    let generation = GENERATION.load(Relaxed);
    // SAFETY: the number was handed out once, so nobody else writes, and nobody reads yet.
    unsafe { record.module.get().write(Module { generation, ..module }) };
    record.ready.store(true, Release);
    // SAFETY: not written any more.
    Some(unsafe { &*record.module.get() })
}

/// The table of call-frame information for the code at `address`, and all bytes that it may point
/// to.
#[cfg(target_os = "linux")]
pub(super) fn frame_information(address: usize) -> Option<(&'static [u8], &'static [u8])> {
    let module = match found::at(address) {
        found::Answer::Module(module) => note(module)?,
        found::Answer::Nothing => return None,
        found::Answer::CannotTell => module_at(tagged(address as u64))?,
    };
    if module.header == 0 {
        return None;
    }
    let (start, end) = module.segment;
    let from = |start: usize| {
        let length = end.saturating_sub(start);
        // SAFETY: the segment is mapped as long as code of its module is on the stack.
        unsafe { core::slice::from_raw_parts(start as *const u8, length) }
    };
    Some((from(module.header), from(start)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_test_belongs_to_this_program() {
        prepare();
        let here = an_address_of_this_test_belongs_to_this_program as fn() as usize;
        let module = module_at(tagged(here as u64)).unwrap();
        assert!((module.start..module.end).contains(&here));
        assert!(module.path().is_empty(), "the program itself has no name");
        assert_eq!(module.header % 4, 0);
        let count = all().count();
        refresh();
        assert_eq!(all().count(), count, "nothing is noted twice");
        assert!(module_at(8).is_none());
    }
}
