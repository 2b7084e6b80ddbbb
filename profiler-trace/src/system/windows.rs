//! Address space on Windows.
//!
//! It is committed as it is reserved: the system takes no memory for a page before it is written,
//! but counts all of them as memory that it may have to find.
//!
//! Windows cannot set pages back to zero in one step. The pages that were written, which it
//! watches, are zeroed word by word.

use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use windows_sys::Win32::System::Memory::{
    GetWriteWatch, MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_READWRITE, VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::ProcessStatus::{
    K32QueryWorkingSetEx, PSAPI_WORKING_SET_EX_BLOCK, PSAPI_WORKING_SET_EX_INFORMATION,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::page::PAGE;

/// Of `winnt.h`, which `windows-sys` leaves out.
const MEM_WRITE_WATCH: u32 = 0x0020_0000;

/// Zeroed address space that costs memory only where it is written; null when there is none.
pub(crate) fn reserve(bytes: usize) -> *mut u8 {
    let kind = MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH;
    // SAFETY: a new mapping at an address that the system chooses.
    unsafe { VirtualAlloc(ptr::null(), bytes, kind, PAGE_READWRITE) }.cast()
}

/// Gives address space of [`reserve`] back.
///
/// # Safety
/// Nothing refers to it any more.
pub(crate) unsafe fn release(start: *mut u8, _: usize) {
    // SAFETY: the caller's promise; zero stands for all that was reserved there.
    unsafe { VirtualFree(start.cast(), 0, MEM_RELEASE) };
}

/// Makes address space of [`reserve`] zero again. Its memory stays: to give that back, the pages
/// would have to be away for a moment, in which other threads may want them.
///
/// # Safety
/// Only atomics and plain data lie there, whose zero is valid.
pub(crate) unsafe fn wipe(start: *mut u8, bytes: usize) {
    /// So many pages are asked for at a time.
    const STEP: usize = 512;
    for from in (0..bytes).step_by(STEP * PAGE) {
        let mut written = [ptr::null_mut(); STEP];
        let (mut count, mut page_bytes) = (STEP, 0);
        // SAFETY: in what was reserved, watched from the beginning; as many pages as there is
        // room for.
        let failed = unsafe {
            GetWriteWatch(
                0,
                start.add(from).cast(),
                (bytes - from).min(STEP * PAGE),
                written.as_mut_ptr(),
                &raw mut count,
                &raw mut page_bytes,
            )
        };
        if failed != 0 {
            return;
        }
        for page in written.iter().take(count) {
            // SAFETY: a page of it, of words that other threads write as atomics.
            let words = unsafe { &*page.cast::<[AtomicUsize; PAGE / size_of::<usize>()]>() };
            words.iter().for_each(|word| word.store(0, Relaxed));
        }
    }
}

/// Which of the pages from `start` on take memory: one flag for each element of `pages`.
pub(crate) fn is_resident(start: usize, pages: &mut [u8]) -> bool {
    const STEP: usize = 64;
    for (chunk, pages) in pages.chunks_mut(STEP).enumerate() {
        let place = |index| ptr::without_provenance_mut(start + (chunk * STEP + index) * PAGE);
        let mut asked: [_; STEP] = std::array::from_fn(|index| PSAPI_WORKING_SET_EX_INFORMATION {
            VirtualAddress: place(index),
            VirtualAttributes: PSAPI_WORKING_SET_EX_BLOCK { Flags: 0 },
        });
        let bytes = size_of_val(&asked[..pages.len()]) as u32;
        // SAFETY: the answers are written beside the questions.
        let known =
            unsafe { K32QueryWorkingSetEx(GetCurrentProcess(), asked.as_mut_ptr().cast(), bytes) };
        if known == 0 {
            return false;
        }
        for (page, answer) in pages.iter_mut().zip(&asked) {
            // SAFETY: all of the union is one word.
            *page = (unsafe { answer.VirtualAttributes.Flags } & 1) as u8;
        }
    }
    true
}

/// There is no fork.
pub(crate) fn on_fork(_: unsafe extern "C" fn()) -> bool {
    true
}
