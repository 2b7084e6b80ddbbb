//! Sizes and names as text.

use mem_profile_format::report::{Unit, printable_line};

pub(crate) use mem_profile_format::report::count;

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
