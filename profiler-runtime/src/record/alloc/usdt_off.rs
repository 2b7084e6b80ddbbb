//! Nobody can listen: without the feature `usdt`, and on systems without such probes.

#[inline(always)]
pub(crate) const fn has_listeners() -> bool {
    false
}

#[inline(always)]
pub(crate) const fn has_blocks() -> bool {
    false
}

#[inline(always)]
pub(crate) const fn allocated(_block: *mut u8, _size: usize) {}

#[inline(always)]
pub(crate) const fn resized(_block: *mut u8, _old_size: usize, _size: usize) {}

#[inline(always)]
pub(crate) const fn freed(_block: *mut u8) -> bool {
    false
}

#[inline(always)]
pub(crate) const fn kept(_block: *mut u8, _size: usize) {}
