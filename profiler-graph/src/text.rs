//! Sizes and names as text.

use mem_profile_format::report::{Unit, printable_line};

/// Bytes as text, such as `48.8 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    Unit::Auto.format(bytes.into(), 1)
}

/// A change of bytes as text, with its sign.
pub(crate) fn change(bytes: i64) -> String {
    let sign = if bytes > 0 { "+" } else { "" };
    format!("{sign}{}", Unit::Auto.format(bytes.into(), 1))
}

/// A name from the file, safe to show.
pub(crate) fn name(name: &str) -> String {
    printable_line(name)
}

/// `1 block`, `2 blocks`.
pub(crate) fn count(count: u64, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}
