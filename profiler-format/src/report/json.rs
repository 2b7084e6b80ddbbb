//! The snapshot as it is, and how JSON is written.

use std::fmt::Write;

use miniserde::ser::{Fragment, Serialize};

use super::escape;
use crate::snapshot::Snapshot;

pub(super) fn render(snapshot: &Snapshot) -> String {
    to_string(snapshot) + "\n"
}

/// As the library's own, but of whole numbers only: what prints floating point, which comes with
/// that, is 20 KiB of the user's program.
fn to_string(value: &dyn Serialize) -> String {
    let mut text = String::new();
    add(value, &mut text);
    text
}

fn add(value: &dyn Serialize, text: &mut String) {
    // Writing to a string does not fail.
    match value.begin() {
        // There are no fractions in what is written here.
        Fragment::Null | Fragment::F64(_) => text.push_str("null"),
        Fragment::Bool(value) => _ = write!(text, "{value}"),
        Fragment::U64(value) => _ = write!(text, "{value}"),
        Fragment::I64(value) => _ = write!(text, "{value}"),
        Fragment::Str(value) => add_quoted(&value, text),
        Fragment::Seq(mut items) => {
            text.push('[');
            let mut separator = "";
            while let Some(item) = items.next() {
                text.push_str(separator);
                separator = ",";
                add(item, text);
            }
            text.push(']');
        }
        Fragment::Map(mut fields) => {
            text.push('{');
            let mut separator = "";
            while let Some((name, field)) = fields.next() {
                text.push_str(separator);
                separator = ",";
                add_quoted(&name, text);
                text.push(':');
                add(field, text);
            }
            text.push('}');
        }
    }
}

fn add_quoted(value: &str, text: &mut String) {
    text.push('"');
    for (at, character) in value.char_indices() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..' ' => _ = write!(text, "\\u{:04x}", u32::from(character)),
            _ => escape::push_json(value, at, character, text),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_library_writes() {
        let all: String = (0..0x100).filter_map(char::from_u32).chain(['漢', '🦀']).collect();
        let numbers = [Some(i64::MIN), None, Some(i64::MAX)].map(|number| (number, u64::MAX));
        for value in [
            &all as &dyn Serialize,
            &numbers.to_vec(),
            &Vec::<String>::new(),
            &vec![vec![true, false], vec![]],
            &std::collections::BTreeMap::from([(all.clone(), 1_u8), ("x".into(), 2)]),
            &std::collections::BTreeMap::<String, u8>::new(),
        ] {
            let theirs = miniserde::json::to_string(value);
            assert_eq!(to_string(value), escape::json_printable(&theirs));
        }
    }
}
