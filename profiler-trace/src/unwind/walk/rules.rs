//! How to get from a frame to its caller: rules by address, cached for all threads.
//!
//! A rule is one word, so that it is there or not there; a reader that finds an address without
//! its rule parses for itself. Nobody waits.
//!
//! PERF: an address is parsed once in a process; a lookup is one hash and mostly one comparison.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::caller::{Caller, ReadableStack, StackWord, Step, UnwindFrame};
use super::parse;
use super::rule::Rule;
use crate::tables::mapped_array::{MappedArray, Zeroed};
use crate::unwind::modules::{self, ADDRESS};
use mem_profile_runtime::internal::Areas;

const RULES: Areas<3> = Areas::new([10, 14, 18]);

/// An address, with the generation of the modules, and its rule.
struct Entry {
    address: AtomicU64,
    rule: AtomicU64,
}

// SAFETY: zeroes are numbers.
unsafe impl Zeroed for Entry {}

static ENTRIES: MappedArray<Entry, { RULES.length() }> = MappedArray::new();

pub(crate) fn prepare() -> bool {
    ENTRIES.reserve()
}

/// The registers at the place of the call.
#[inline(always)]
pub(super) fn here() -> UnwindFrame {
    let (instruction, stack_pointer, frame_pointer): (u64, usize, usize);
    // SAFETY: three registers are read.
    unsafe {
        core::arch::asm!(
            "lea {}, [rip]",
            "mov {}, rsp",
            "mov {}, rbp",
            out(reg) instruction,
            out(reg) stack_pointer,
            out(reg) frame_pointer,
            options(nostack, nomem, preserves_flags)
        );
    }
    UnwindFrame { address: instruction, stack_pointer, frame_pointer }
}

#[inline(always)]
fn rule_of(address: u64) -> Rule {
    for place in RULES.places(hash(address)) {
        let Some(entry) = ENTRIES.get(place) else { break };
        let found = entry.address.load(Relaxed);
        if found == address {
            match entry.rule.load(Relaxed) {
                0 => break,
                packed => return Rule::unpack(packed),
            }
        }
        if found == 0 {
            break;
        }
    }
    find(address)
}

#[inline(always)]
fn hash(address: u64) -> usize {
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cold]
#[inline(never)]
fn find(address: u64) -> Rule {
    let rule = parse::rule((address & ADDRESS) as usize);
    // The modules may just have been found to be others than before.
    let address = modules::tagged(address & ADDRESS);
    for place in RULES.places(hash(address)) {
        let Some(entry) = ENTRIES.get(place) else { break };
        match entry.address.compare_exchange(0, address, Relaxed, Relaxed) {
            Ok(_) => {
                entry.rule.store(rule.pack(), Relaxed);
                break;
            }
            Err(theirs) if theirs == address => break,
            Err(_) => {}
        }
    }
    rule
}

/// Where the registers lie above the stack pointer when a handler returns to the kernel's
/// trampoline: `ucontext_t.uc_mcontext` of the x86-64 system-call interface.
const SIGNAL_FRAME_POINTER: usize = 120;
const SIGNAL_STACK_POINTER: usize = 160;
const SIGNAL_INSTRUCTION: usize = 168;

/// Bytes of the frame of the code at `address`; zero where that is not fixed.
#[cold]
#[inline(never)]
pub(super) fn frame_size(address: u64) -> usize {
    match rule_of(address) {
        Rule::Frame { by_frame_pointer: false, offset, .. } => usize::try_from(offset).unwrap_or(0),
        _ => 0,
    }
}

/// The frame that called this one.
#[inline(always)]
pub(super) fn unwind_one(frame: UnwindFrame, readable: &mut ReadableStack) -> Step {
    let found = match rule_of(frame.address) {
        Rule::Frame { by_frame_pointer, offset, saved } => {
            let base = if by_frame_pointer { frame.frame_pointer } else { frame.stack_pointer };
            let start = base.wrapping_add_signed(offset as isize);
            let found = caller(frame, start, saved, readable);
            found.map(|caller| Caller { by_frame_pointer, ..caller })
        }
        rule @ Rule::Linked { .. } => linked(frame, rule, readable),
        Rule::Signal => interrupted(frame, readable),
        Rule::StackEnd => return Step::StackEnd { by_frame_pointer: false },
        Rule::Unknown => None,
    };
    found.map_or(Step::UnwindFailed, Step::Caller)
}

#[inline(always)]
fn caller(
    frame: UnwindFrame,
    start: usize,
    saved: i32,
    readable: &mut ReadableStack,
) -> Option<Caller> {
    let place = start.wrapping_sub(8);
    let value = readable.word(place)?;
    let saved_at = if saved == 0 { 0 } else { start.wrapping_add_signed(saved as isize) };
    let frame_pointer = if saved == 0 { frame.frame_pointer } else { readable.word(saved_at)? };
    let address = modules::tagged(value as u64);
    Some(Caller {
        frame: UnwindFrame { address, stack_pointer: start, frame_pointer },
        word: StackWord { place, value },
        saved_at,
        ..Caller::default()
    })
}

#[cold]
#[inline(never)]
fn linked(frame: UnwindFrame, rule: Rule, readable: &mut ReadableStack) -> Option<Caller> {
    let Rule::Linked { by_frame_pointer, link, offset, address, saved } = rule else { return None };
    let from = |base: usize, offset: i16| base.wrapping_add_signed(offset.into());
    let base = if by_frame_pointer { frame.frame_pointer } else { frame.stack_pointer };
    let start = from(readable.word(from(base, link))?, offset);
    readable.has_left = true;
    let place = from(start, address);
    let value = readable.word(place)?;
    let frame_pointer =
        if saved == 0 { frame.frame_pointer } else { readable.word(from(start, saved))? };
    let address = modules::tagged(value as u64);
    let frame = UnwindFrame { address, stack_pointer: start, frame_pointer };
    Some(Caller { frame, word: StackWord { place, value }, ..Caller::default() })
}

#[cold]
fn interrupted(frame: UnwindFrame, readable: &mut ReadableStack) -> Option<Caller> {
    let at = |offset| frame.stack_pointer.wrapping_add(offset);
    let place = at(SIGNAL_INSTRUCTION);
    let value = readable.word(place)?;
    // It was about to run, not called before: the address after it stands for it.
    let address = modules::tagged(value as u64 + 1);
    let frame = UnwindFrame {
        address,
        stack_pointer: readable.word(at(SIGNAL_STACK_POINTER))?,
        frame_pointer: readable.word(at(SIGNAL_FRAME_POINTER))?,
    };
    let word = StackWord { place, value };
    Some(Caller { frame, word, is_interrupted: true, ..Caller::default() })
}
