//! A library that was written for another version of the profiler.

#[mem_profile::mem_profile]
pub fn legacy(size: usize) -> Vec<u8> {
    let kept = vec![1_u8; size];
    kept
}
