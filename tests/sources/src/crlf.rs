//! A file from Windows.

use mem_profile::mem_profile;

/// Has two lines
/// of documentation.
#[mem_profile] //x 1
pub fn crlf(
    words: &[&str],
) -> usize {
    let text = "one //x 1
two";
    let mut sum = text.len(); //x 1

    for word in words { //x 3
        sum += word.len(); //x 2
    }
    if sum == 0 { //x 1
        return 7;
    }
    sum //x 1
} //x 1
