//! Loaded, called and unloaded while its caller is traced.

use std::hint::black_box;

/// Calls back, in a frame of its own.
#[unsafe(no_mangle)]
#[inline(never)]
pub extern "C" fn relay(callback: extern "C" fn()) {
    let frame = black_box([0_u8; 24]);
    callback();
    black_box(frame);
}
