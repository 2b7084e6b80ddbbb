//! A file whose last line does not end.

use mem_profile::mem_profile;

/// Is at the end.
#[mem_profile] //x 1
pub fn unterminated() -> usize {
    let word = String::from("end"); //x 1
    word.len() } //x 1