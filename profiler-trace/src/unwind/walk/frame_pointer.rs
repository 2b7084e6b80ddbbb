//! Systems where every function keeps a frame pointer: a list on the stack, of pairs of the
//! caller's frame pointer and the address to return to.

use super::caller::{Caller, ReadableStack, StackWord, Step, UnwindFrame};
use crate::unwind::modules;

pub(crate) fn prepare() -> bool {
    true
}

#[inline(always)]
pub(super) fn here() -> UnwindFrame {
    let (stack_pointer, frame_pointer): (usize, usize);
    #[cfg(target_arch = "aarch64")]
    // SAFETY: two registers are read.
    unsafe {
        core::arch::asm!(
            "mov {}, sp",
            "mov {}, x29",
            out(reg) stack_pointer,
            out(reg) frame_pointer,
            options(nostack, nomem, preserves_flags)
        );
    }
    #[cfg(target_arch = "x86_64")]
    // SAFETY: two registers are read.
    unsafe {
        core::arch::asm!(
            "mov {}, rsp",
            "mov {}, rbp",
            out(reg) stack_pointer,
            out(reg) frame_pointer,
            options(nostack, nomem, preserves_flags)
        );
    }
    UnwindFrame { address: 0, stack_pointer, frame_pointer }
}

/// Bytes of the frame of the code at an address: it is not known by that alone.
pub(super) fn frame_size(_: u64) -> usize {
    0
}

/// The bits above those that addresses of programs have may hold a signature.
const PLAIN: usize = (1 << if cfg!(target_vendor = "apple") { 47 } else { 48 }) - 1;

#[inline(always)]
pub(super) fn unwind_one(frame: UnwindFrame, readable: &mut ReadableStack) -> Step {
    let saved_at = frame.frame_pointer;
    if saved_at == 0 {
        return Step::StackEnd { by_frame_pointer: true };
    }
    let place = saved_at.wrapping_add(8);
    let (Some(frame_pointer), Some(value)) = (readable.word(saved_at), readable.word(place)) else {
        return Step::UnwindFailed;
    };
    let address = modules::tagged((value & PLAIN) as u64);
    let stack_pointer = saved_at.wrapping_add(16);
    Step::Caller(Caller {
        frame: UnwindFrame { address, stack_pointer, frame_pointer },
        word: StackWord { place, value },
        saved_at,
        by_frame_pointer: true,
        is_interrupted: false,
    })
}
