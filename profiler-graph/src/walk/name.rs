//! Names of blocks, by their contents and their holders.

use super::form::Body;
use crate::types::short_name;

/// The name of a block of values of a type; of a tree's node, of keys and values of two. `by` is the type of a pointer
/// to it or of its container.
pub(super) fn name_of(body: Body, value: &str, second: Option<&str>, by: Option<&str>) -> String {
    let node = value.strip_prefix("alloc::collections::linked_list::Node");
    let value = short_name(value);
    let (long, short) = (by.unwrap_or_default(), by.map(short_name).unwrap_or_default());
    match body {
        Body::One => match node {
            Some(argument) => short_name(&format!("LinkedList{argument}")),
            None => format!("Box<{value}>"),
        },
        Body::Counted(_) => format!("{}<{value}>", counted(long)),
        Body::CountedMany(_) if short.ends_with("<str>") => format!("{}<str>", counted(long)),
        Body::CountedMany(_) => format!("{}<[{value}]>", counted(long)),
        Body::Many if TEXTS.contains(&&*short) => short,
        Body::Many => format!("[{value}]"),
        Body::Table | Body::Node(_) if is_map(&short) => short,
        Body::Table => table(&value),
        Body::Node(_) => format!("BTreeMap<{value}, {}>", short_name(second.unwrap_or_default())),
    }
}

/// Rows of bytes that are called by who holds them.
const TEXTS: [&str; 5] = ["Box<str>", "CString", "OsString", "PathBuf", "String"];

fn is_map(name: &str) -> bool {
    ["BTreeMap<", "BTreeSet<", "HashMap<", "HashSet<"].iter().any(|start| name.starts_with(start))
}

/// The counted pointer: a `Weak` leads to a block that an `Rc` or `Arc` has made.
fn counted(by: &str) -> &'static str {
    let of = |path| by.find(path).unwrap_or(usize::MAX);
    if of("alloc::sync::") < of("alloc::rc::") { "Arc" } else { "Rc" }
}

/// The name of a table by its elements alone.
fn table(element: &str) -> String {
    let pair = element.strip_prefix('(').and_then(|pair| pair.strip_suffix(')'));
    match pair.map(|pair| (pair, pair.strip_suffix(", ()"))) {
        Some((_, Some(key))) => format!("HashSet<{key}>"),
        Some((pair, None)) => format!("HashMap<{pair}>"),
        None => format!("HashTable<{element}>"),
    }
}
