//! Systems whose address space we cannot ask for: there is no room for the tables, so the tracer does
//! not start.

use std::ptr;

pub(crate) fn reserve(_: usize) -> *mut u8 {
    ptr::null_mut()
}

/// # Safety
/// None needed.
pub(crate) unsafe fn release(_: *mut u8, _: usize) {}

/// # Safety
/// None needed.
pub(crate) unsafe fn wipe(_: *mut u8, _: usize) {}

pub(crate) fn is_resident(_: usize, _: &mut [u8]) -> bool {
    false
}

pub(crate) fn on_fork(_: unsafe extern "C" fn()) -> bool {
    true
}
