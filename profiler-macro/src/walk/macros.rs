//! Macros of the standard library, recognised by their names.

use syn::Macro;

/// Macros that declare nothing.
pub(super) const NO_DECLARATIONS: [&str; 18] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Whether a macro never returns.
pub(super) fn panics(mac: &Macro) -> bool {
    is_any_of(mac, &["panic", "unreachable", "todo", "unimplemented"])
}

pub(super) fn is_any_of(mac: &Macro, names: &[&str]) -> bool {
    let last = mac.path.segments.last();
    last.is_some_and(|segment| names.iter().any(|name| segment.ident == name))
}
