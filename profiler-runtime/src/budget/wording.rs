//! Sizes and numbers in the message of a budget.

use mem_profile_format::report::Unit;

/// `1 block`, `2 blocks`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A size in bytes, and in a larger unit where there is one.
pub(super) fn shown(value: i64, is_size: bool) -> String {
    let size = Unit::Auto.format(value.into(), 3);
    match (is_size, size.ends_with(" B")) {
        (false, _) => value.to_string(),
        (true, true) => size,
        (true, false) => format!("{value} B ({size})"),
    }
}
