//! Where a reader outside of the process finds the profiler's memory that is not in the recording: by its addresses.

use super::common::COMMON;
use super::process_block::Process;
use super::{arena, reserved};

/// Says it in the recording.
pub(crate) fn describe(process: &Process) {
    // The layout has words of 64 bits.
    if cfg!(target_pointer_width = "64") {
        process.block_map.set((&raw const COMMON.blocks).addr() as i64);
        process.regions.set(reserved::address() as i64);
        process.segments.set(arena::address() as i64);
    }
}
