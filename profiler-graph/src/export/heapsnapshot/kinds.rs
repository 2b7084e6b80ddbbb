//! The viewer's kinds of blocks and edges.

pub(super) const ELEMENT: u32 = 1;
pub(super) const PROPERTY: u32 = 2;
pub(super) const WEAK: u32 = 6;

const ARRAY: u32 = 1;
const STRING: u32 = 2;
pub(super) const OBJECT: u32 = 3;
const CLOSURE: u32 = 5;
pub(super) const SYNTHETIC: u32 = 9;

/// The viewer shows all texts as one class, as well as all arrays and all closures.
const TEXTS: [&str; 6] = ["String", "str", "CString", "OsString", "PathBuf", "Path"];
const ARRAYS: [&str; 9] = [
    "Vec",
    "VecDeque",
    "HashMap",
    "HashSet",
    "HashTable",
    "BTreeMap",
    "BTreeSet",
    "BinaryHeap",
    "RawVec",
];

/// The viewer's type of a block, by the name of its own.
pub(super) fn kind_of(name: &str) -> u32 {
    let (base, inner) = parts(name);
    let inner = match base {
        // The type of an owned value says more than its owner's.
        "Box" | "Rc" | "Arc" | "RcInner" | "ArcInner" => inner,
        _ => "",
    };
    match base {
        _ if TEXTS.contains(&base) || TEXTS.contains(&inner) => STRING,
        _ if ARRAYS.contains(&base) || name.starts_with('[') || inner.starts_with('[') => ARRAY,
        _ if parts(inner).1.is_empty() && inner.contains("{closure")
            || base.contains("{closure") =>
        {
            CLOSURE
        }
        _ => OBJECT,
    }
}

/// The last part of the path of a type, and its arguments.
fn parts(name: &str) -> (&str, &str) {
    let end = name.find('<').unwrap_or(name.len());
    let base = name[..end].rsplit("::").next().unwrap_or_default();
    let base = if name[..end].contains("{closure") { &name[..end] } else { base };
    let inner = name[end..].strip_prefix('<').and_then(|inner| inner.strip_suffix('>'));
    (base, inner.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_what_the_viewer_calls_it() {
        for (name, kind) in [
            ("String", STRING),
            ("alloc::string::String", STRING),
            ("Rc<str>", STRING),
            ("alloc::vec::Vec<alloc::string::String>", ARRAY),
            ("[Box<dyn Fn()>]", ARRAY),
            ("Arc<[u8]>", ARRAY),
            ("HashMap<String, app::Session>", ARRAY),
            ("Box<subscribe::{closure#0}>", CLOSURE),
            ("app::subscribe::{closure_env#0}", CLOSURE),
            ("Box<Cell<subscribe::{closure#0}>>", OBJECT),
            ("Box<app::Session>", OBJECT),
            ("Node", OBJECT),
            ("src/main.rs:12", OBJECT),
            ("unknown", OBJECT),
        ] {
            assert_eq!(kind_of(name), kind, "{name}");
        }
    }
}
