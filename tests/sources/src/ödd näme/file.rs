//! A file in a folder with an odd name.

use mem_profile::mem_profile;

/// Is hard to find.
#[mem_profile] //x 1
#[must_use]
pub fn odd(number: usize) -> usize {
    let next = number + 1; //x 1
    next * 2 //x 1
} //x 1
