//! The type of a block by the functions that allocated it.
//!
//! Generic functions of the standard library have their type arguments in their names, also where they were inlined.
//! The innermost one that has an argument other than an allocator decides: `new<app::Session>` of a `Box` is a
//! `Box<Session>`.

use super::function::{arguments, module_of, within};
use super::short_name;
use crate::debug::Function;
use crate::walk::How;

/// A type by its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackType {
    /// The short name of the block.
    pub(crate) name: String,
    /// Which of the functions has the type of the block's values as its first argument, and how these lie in it.
    pub(crate) values: Option<(usize, How)>,
}

/// A function of the standard library, or of its hash tables.
struct Step<'s> {
    module: &'s str,
    name: &'s str,
    arguments: Vec<&'s str>,
}

/// The functions that make the buffers of vectors, one called by the other.
const ROWS: [&str; 5] = [
    "alloc::raw_vec",
    "alloc::vec",
    "alloc::slice",
    "alloc::collections::vec_deque",
    "alloc::collections::binary_heap",
];
/// Of these, those whose first argument is something else than the type of the elements.
const NO_ROWS: [&str; 2] = ["alloc::vec::splice", "alloc::vec::in_place_collect"];
/// Modules of types that have a vector of bytes in them. Its own type says nothing.
const TEXTS: [(&str, &str); 7] = [
    ("alloc::string", "String"),
    ("alloc::str", "String"),
    ("alloc::fmt", "String"),
    ("alloc::ffi::c_str", "CString"),
    ("std::sys::os_str", "OsString"),
    ("std::ffi::os_str", "OsString"),
    ("std::path", "OsString"),
];

/// The type of a block by the functions that allocated it, the innermost first.
pub(crate) fn of_stack(functions: &[&Function<'_>]) -> Option<StackType> {
    let modules: Vec<_> = functions.iter().map_while(|function| module_of(function)).collect();
    let steps: Vec<_> = functions
        .iter()
        .zip(&modules)
        .map(|(function, module)| Step {
            module,
            name: function.name.split('<').next().unwrap_or_default(),
            arguments: arguments(function),
        })
        .collect();
    let has_type = |step: &Step<'_>| !step.arguments.is_empty() && maker(step).is_some();
    match steps.iter().position(has_type) {
        Some(first) => maker(&steps[first]).and_then(|make| make(&steps, first)),
        None => {
            let behind = steps.iter().rposition(|step| is_in(step, &ROWS)).map_or(0, |row| row + 1);
            text(&steps, behind)
        }
    }
}

type Make = fn(&[Step<'_>], usize) -> Option<StackType>;

/// Makes a type of a stack whose step is in one of the modules that are known.
fn maker(step: &Step<'_>) -> Option<Make> {
    let known: [(&[&str], Make); 6] = [
        (&ROWS, row),
        (&["alloc::boxed"], boxed),
        (&["alloc::rc", "alloc::sync"], counted),
        (&["hashbrown::raw"], table),
        (&["hashbrown", "std::collections::hash"], map),
        (&["alloc::collections::btree"], tree),
    ];
    known.into_iter().find(|(modules, _)| is_in(step, modules)).map(|(_, make)| make)
}

fn is_in(step: &Step<'_>, modules: &[&str]) -> bool {
    modules.iter().any(|module| within(step.module, module))
}

/// The outermost function of a vector decides: the linker gives equal code of different types one function, whose
/// name is that of any of them, and what is inlined has its own.
fn row(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    // A clone of a vector may be called for an element of another one.
    let clone = steps[first..].iter().position(|step| step.name == "clone");
    let rows = steps[first..].iter().take_while(|step| is_in(step, &ROWS)).count();
    let end = first + clone.map_or(rows, |clone| rows.min(clone + 1));
    let decides = |step: &Step<'_>| !step.arguments.is_empty() && !is_in(step, &NO_ROWS);
    let outermost = steps[first..end].iter().rposition(decides).map_or(first, |it| first + it);
    let element = steps[outermost].arguments[0];
    let text = (element == "u8").then(|| text(steps, end)).flatten();
    let name = text.map_or_else(|| format!("[{}]", short_name(element)), |text| text.name);
    Some(StackType { name, values: Some((outermost, How::Many)) })
}

/// A text whose functions call those of its bytes, if the step is one of them.
fn text(steps: &[Step<'_>], behind: usize) -> Option<StackType> {
    let step = steps[behind..].iter().find(|step| !is_in(step, &["core", "alloc::alloc"]))?;
    let (_, name) = TEXTS.into_iter().find(|(module, _)| within(step.module, module))?;
    Some(StackType { name: name.to_owned(), values: None })
}

fn boxed(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    let boxed = steps[first].arguments[0];
    let (kind, inner) = boxed.split_once('<').unwrap_or((boxed, ""));
    let inner = short_name(inner.strip_suffix('>').unwrap_or(inner));
    let name = match kind {
        "alloc::sync::ArcInner" => format!("Arc<{inner}>"),
        "alloc::rc::RcInner" | "alloc::rc::RcBox" => format!("Rc<{inner}>"),
        "alloc::collections::linked_list::Node" => format!("LinkedList<{inner}>"),
        "alloc::collections::btree::node::LeafNode"
        | "alloc::collections::btree::node::InternalNode" => {
            return Some(StackType { name: tree_of(&inner), values: None });
        }
        _ => format!("Box<{}>", short_name(boxed)),
    };
    Some(StackType { name, values: Some((first, How::One)) })
}

/// Slices and texts behind counts; all else that is counted is made as a box.
fn counted(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    let modules = ["alloc::rc", "alloc::sync"];
    let count = steps[first..].iter().take_while(|step| is_in(step, &modules)).count();
    let steps = &steps[first..first + count];
    let named = |end: &str| steps.iter().find(|step| step.name.ends_with(end));
    let value = match (named("allocate_for_layout"), named("allocate_for_slice")) {
        (Some(step), _) => short_name(step.arguments.first()?),
        (None, Some(step)) => format!("[{}]", short_name(step.arguments.first()?)),
        (None, None) => short_name(steps[0].arguments[0]),
    };
    let is_text = value == "[u8]"
        && steps.iter().any(|step| step.name == "from" && step.arguments.is_empty());
    let value = if is_text { "str" } else { &value };
    let counted = if within(steps[0].module, "alloc::rc") { "Rc" } else { "Arc" };
    Some(StackType { name: format!("{counted}<{value}>"), values: None })
}

fn table(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    let element = short_name(steps[first].arguments[0]);
    let pair = element.strip_prefix('(').and_then(|pair| pair.strip_suffix(')'));
    let name = match pair.map(|pair| (pair, pair.strip_suffix(", ()"))) {
        Some((_, Some(key))) => format!("HashSet<{key}>"),
        Some((pair, None)) => format!("HashMap<{pair}>"),
        None => format!("HashTable<{element}>"),
    };
    Some(StackType { name, values: Some((first, How::Table)) })
}

fn map(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    let Step { module, arguments, .. } = &steps[first];
    let is_set = module.ends_with("set") || arguments.get(1) == Some(&"()");
    let name = match (is_set, &arguments[..]) {
        (false, [key, value, ..]) => {
            format!("HashMap<{}, {}>", short_name(key), short_name(value))
        }
        _ => format!("HashSet<{}>", short_name(arguments[0])),
    };
    Some(StackType { name, values: None })
}

fn tree(steps: &[Step<'_>], first: usize) -> Option<StackType> {
    let arguments: Vec<_> = steps[first].arguments.iter().map(|it| short_name(it)).collect();
    let pair = &arguments[..arguments.len().min(2)];
    Some(StackType { name: tree_of(&pair.join(", ")), values: None })
}

/// A tree by the types of its keys and values, which are nothing in a set.
fn tree_of(pair: &str) -> String {
    match pair.strip_suffix(", SetValZST") {
        Some(key) => format!("BTreeSet<{key}>"),
        None => format!("BTreeMap<{pair}>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions by their files in the standard library and names.
    fn named(functions: &[(&'static str, &'static str)]) -> Option<String> {
        let functions: Vec<_> = functions
            .iter()
            .map(|&(file, name)| Function {
                name,
                location: Some((file, 1)),
                ..Function::default()
            })
            .collect();
        let functions: Vec<_> = functions.iter().collect();
        of_stack(&functions).map(|found| found.name)
    }

    const ALLOC: (&str, &str) = ("/rustc/1/library/alloc/src/alloc.rs", "alloc");
    const RAW: &str = "/rustc/1/library/alloc/src/raw_vec/mod.rs";
    const VEC: &str =
        "/home/a/.rustup/toolchains/b/lib/rustlib/src/rust/library/alloc/src/vec/mod.rs";
    const STRING: &str = "/rustc/1/library/alloc/src/string.rs";
    const BOXED: &str = "/rustc/1/library/alloc/src/boxed.rs";

    #[test]
    fn the_innermost_argument_that_is_no_allocator_decides() {
        let own = ("src/main.rs", "own<app::Other>");
        let boxed = [ALLOC, (BOXED, "try_new_uninit_in<app::A<u8>, alloc::alloc::Global>"), own];
        assert_eq!(named(&boxed).as_deref(), Some("Box<A<u8>>"));
        assert_eq!(named(&[ALLOC, own]), None);
        assert_eq!(named(&[own, (BOXED, "new<app::A>")]), None, "called by something of their own");
        assert_eq!(named(&[]), None);
    }

    #[test]
    fn the_outermost_function_of_a_vector_decides() {
        let grown = (RAW, "grow_one<app::SameSize, alloc::alloc::Global>");
        let push = (VEC, "push<app::A, alloc::alloc::Global>");
        let own = ("src/main.rs", "run");
        assert_eq!(
            named(&[(RAW, "grow_amortized<alloc::alloc::Global>"), grown, push, own]).as_deref(),
            Some("[A]")
        );
        // A call for an element of another vector is none of its functions.
        let bytes = [(VEC, "with_capacity<u8>"), (VEC, "clone<u8, alloc::alloc::Global>")];
        let outer = (VEC, "from_elem<alloc::vec::Vec<u8>, alloc::alloc::Global>");
        assert_eq!(named(&[bytes[0], bytes[1], outer, own]).as_deref(), Some("[u8]"));
        assert_eq!(
            named(&[bytes[0], bytes[1], (STRING, "clone"), outer]).as_deref(),
            Some("String")
        );
    }

    #[test]
    fn bytes_are_a_text_if_a_text_has_them() {
        let bytes = (RAW, "reserve<u8, alloc::alloc::Global>");
        assert_eq!(named(&[bytes]).as_deref(), Some("[u8]"));
        assert_eq!(named(&[bytes, (STRING, "push_str")]).as_deref(), Some("String"));
        assert_eq!(named(&[(RAW, ""), (STRING, "")]).as_deref(), Some("String"));
        let numbers = (RAW, "reserve<u16, alloc::alloc::Global>");
        assert_eq!(named(&[numbers, (STRING, "encode")]).as_deref(), Some("[u16]"));
    }

    #[test]
    fn shared_slices_are_behind_counts() {
        let rc = "/rustc/1/library/alloc/src/rc.rs";
        let slice = (rc, "try_allocate_for_layout<[u8], alloc::rc::{closure_env#0}<u8>>");
        assert_eq!(named(&[(rc, "{closure#0}<u8>"), slice]).as_deref(), Some("Rc<[u8]>"));
        assert_eq!(named(&[slice, (rc, "from<u8>"), (rc, "from")]).as_deref(), Some("Rc<str>"));
        let sync = "/rustc/1/library/alloc/src/sync.rs";
        assert_eq!(named(&[(sync, "allocate_for_slice<app::A>")]).as_deref(), Some("Arc<[A]>"));
    }

    #[test]
    fn maps_are_known_by_their_pairs() {
        let raw = "/rust/deps/hashbrown-0.16.1/src/raw/mod.rs";
        let inner = (raw, "resize_inner<alloc::alloc::Global>");
        let table = |name| named(&[inner, (raw, name)]);
        let map =
            table("reserve_rehash<(u64, app::A), alloc::alloc::Global, app::{closure_env#0}>");
        assert_eq!(map.as_deref(), Some("HashMap<u64, A>"));
        assert_eq!(table("reserve_rehash<(app::A, ())>").as_deref(), Some("HashSet<A>"));
        let node = "try_new_uninit_in<alloc::collections::btree::node::LeafNode<u8, alloc::collections::btree::set_val::SetValZST>, alloc::alloc::Global>";
        assert_eq!(named(&[ALLOC, (BOXED, node)]).as_deref(), Some("BTreeSet<u8>"));
    }
}
