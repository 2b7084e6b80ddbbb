//! Names of blocks, of fields on the way to them, and of the variables where ways begin.

use super::hand::{Hand, Heap, STATICS};
use crate::graph::HeapGraph;
use crate::layout::*;

fn chains(graph: &HeapGraph, kind: &str) -> Vec<String> {
    graph.path_to_root(&graph.by_type(&kind.into())).iter().map(ToString::to_string).collect()
}

/// `OnceLock<Mutex<Registry>>`, as the standard library nests it.
fn locked(types: &mut Hand, registry: TypeId, size: u64) -> TypeId {
    let state = types.plain("AtomicU32", 4);
    let cell = types.structure("core::cell::UnsafeCell<Registry>", size, &[("value", 0, registry)]);
    let mutex = "std::sync::poison::mutex::Mutex<Registry>";
    let mutex = types.structure(mutex, size + 8, &[("inner", 0, state), ("data", 8, cell)]);
    let maybe = "core::mem::maybe_uninit::MaybeUninit<Mutex>";
    let nothing = types.plain("()", 0);
    let maybe = types.structure(maybe, size + 8, &[("uninit", 0, nothing), ("value", 0, mutex)]);
    let once = types.plain("std::sync::once::Once", 4);
    let fields = [("once", 0, once), ("value", 8, maybe)];
    types.structure("std::sync::once_lock::OnceLock<Mutex>", size + 16, &fields)
}

#[test]
fn the_chain_to_what_a_listener_keeps_has_all_names() {
    let mut heap = Heap::new();
    let types = &mut heap.types;
    let string = types.string();
    let fields = [("payload__vec", 0, string)];
    let closure = types.structure("app::subscribe::{closure_env#0}", 24, &fields);
    let dynamic =
        "alloc::boxed::Box<dyn core::ops::function::Fn<(), Output=()>, alloc::alloc::Global>";
    let boxed = types.pointer(dynamic, To::Dyn, Holds::Owns);
    let vector = types.vec(boxed);
    let locked = locked(types, vector, 24);
    types.variable("app::REGISTRY", STATICS + 8, locked);
    types.vtables.insert(0x2000, closure);
    let mut listeners = Vec::new();
    for _ in 0..500 {
        let string = heap.block_of(0, 102_403, &[]);
        listeners.extend([heap.block(&[102_403, string, 102_403]), 0x2000]);
    }
    let buffer = heap.block(&listeners);
    heap.statics = vec![0, 3, 0, 500, buffer, 500];
    let graph = heap.graph();
    let last = graph.image().block(500).expect("a block").start;
    let expected = "static app::REGISTRY → [Box<dyn Fn>] –[250]→ Box<subscribe::{closure#0}> –payload.vec→ String (102403 B)";
    assert_eq!(graph.why_alive(last).map(|chain| chain.to_string()).as_deref(), Some(expected));
    let folded = expected.replace("250", "…").replace("102403 B", "×500, 48.8 MiB");
    assert_eq!(chains(&graph, "String"), [folded]);
    assert_eq!(graph.retained(1)[0].retained, 500 * (102_403 + 24 + 16));
}

/// A static of one type, and one block of 16 bytes that it leads to.
fn held(heap: &mut Heap) -> TypeId {
    let leaf = heap.types.plain("[u64; 2]", 16);
    heap.types.boxed(leaf)
}

#[test]
fn keys_values_and_children_are_said() {
    let mut heap = Heap::new();
    let boxed = held(&mut heap);
    let number = heap.types.plain("u64", 8);
    let item = heap.types.structure("app::Item", 16, &[("id", 0, number), ("body", 8, boxed)]);
    let pair = [("__0", 0, boxed), ("__1", 8, item)];
    let element = heap.types.structure("(alloc::boxed::Box<[u64; 2]>, app::Item)", 24, &pair);
    let shape = Table { element, control: 0, mask: 8, items: 24 };
    let name =
        "std::collections::hash::map::HashMap<u64, app::Item, std::hash::random::RandomState>";
    let map = heap.types.add(name, 32, Shape::Table(shape));
    let node = TreeNode { keys: 0, values: 16, length: 48, edges: 56, sizes: (56, 80) };
    let shape = Tree { root: 0, height: 8, length: 16, key: number, value: item, node };
    let name = "alloc::collections::btree::map::BTreeMap<u64, app::Item, alloc::alloc::Global>";
    let tree = heap.types.add(name, 24, Shape::Tree(shape));
    let fields = [("map", 0, map), ("tree", 32, tree)];
    let both = heap.types.structure("app::Both", 56, &fields);
    heap.types.variable("app::BOTH", STATICS, both);
    let leaves = [(); 4].map(|()| heap.block(&[7, 7]));
    let control = u64::from_le_bytes([0xff, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    // Four buckets of 24 bytes; the second is full.
    let mut words = vec![0; 6];
    words.extend([leaves[0], 7, leaves[1], 0, 0, 0, control]);
    let table = heap.block_of(0, 96 + 4 + 16, &words);
    let below = heap.block(&[1, 2, 1, leaves[2], 2, leaves[3], 2]);
    let top = heap.block(&[4, 0, 7, 0, 0, 0, 1, below, below, 0]);
    heap.statics = vec![table + 96, 3, 0, 1, top, 1, 3];
    let graph = heap.graph();
    let expected = [
        "static app::BOTH.map → HashMap<u64, Item> –key→ Box<[u64; 2]> (16 B)",
        "static app::BOTH.map → HashMap<u64, Item> –value.body→ Box<[u64; 2]> (16 B)",
        "static app::BOTH.tree → BTreeMap<u64, Item> ×2 –value.body→ Box<[u64; 2]> (×2, 32 B)",
    ];
    let mut found = chains(&graph, "Box<*");
    found.sort();
    assert_eq!(found.len(), 2, "ways through the same types are one: {found:#?}");
    let of = |leaf: usize| graph.why_alive(leaves[leaf]).map(|chain| chain.to_string());
    assert_eq!([of(0), of(1)].map(Option::unwrap), expected[..2]);
    assert_eq!(found[1], expected[2]);
    let tree = graph.path_to_root(&graph.at(below));
    assert_eq!(tree[0].links[0].times, 2);
    assert_eq!(graph.label(6, 56).as_deref(), Some("child"));
}

#[test]
fn variants_are_said_but_those_of_the_standard_library() {
    let mut heap = Heap::new();
    let boxed = held(&mut heap);
    let field = |offset| vec![Field { name: "__0".to_owned(), offset, kind: boxed }];
    let some = Variant { name: "Some".to_owned(), chosen_by: vec![], fields: field(0) };
    let shape = Variants { discriminant: None, variants: vec![some] };
    let option = heap.types.add("core::option::Option<Box>", 8, Shape::Variants(shape));
    let variant = Variant { name: "Held".to_owned(), chosen_by: vec![(3, 3)], fields: field(8) };
    let shape = Variants { discriminant: Some((0, 8)), variants: vec![variant] };
    let choice = heap.types.add("app::Choice", 16, Shape::Variants(shape));
    let all = heap.types.add("[Choice; 2]", 32, Shape::Array { element: choice, count: 2 });
    let pair = [("__0", 0, option), ("__1", 8, all)];
    let pair = heap.types.structure("(Option, [Choice; 2])", 40, &pair);
    let name = "app::LOCAL::{constant#0}::{closure#1}::VAL";
    heap.types.variable(name, 8, pair);
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let kind = mem_profile_format::heap_layout::root::THREAD_LOCAL;
    heap.image.root(kind, 71, 0, 0x7_0000, &[0, leaves[0], 0, 0, 3, leaves[1]]);
    let graph = heap.graph();
    let expected = [
        "thread-local app::LOCAL.0 of main → Box<[u64; 2]> (16 B)",
        "thread-local app::LOCAL.1[1].Held of main → Box<[u64; 2]> (16 B)",
    ];
    let mut found = chains(&graph, "*");
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn elements_of_a_ring_are_counted_from_its_head() {
    let mut heap = Heap::new();
    let boxed = held(&mut heap);
    let shape = Ring { element: boxed, capacity: 0, pointer: 8, head: 16, length: 24 };
    let ring =
        heap.types.add("alloc::collections::vec_deque::VecDeque<app::X>", 32, Shape::Ring(shape));
    heap.types.variable("app::RING", STATICS, ring);
    let leaves = [(); 2].map(|()| heap.block(&[7, 7]));
    let buffer = heap.block(&[leaves[1], 0, 0, leaves[0]]);
    heap.statics = vec![4, buffer, 3, 2];
    let graph = heap.graph();
    let label = |offset| graph.label(2, offset);
    assert_eq!([label(24), label(0)].map(Option::unwrap), ["[0]", "[1]"]);
    assert_eq!(graph.types.name(graph.kind(2)), "[Box<[u64; 2]>]");
}

#[test]
fn what_is_counted_is_called_by_who_made_it() {
    let mut heap = Heap::new();
    let leaf = heap.types.plain("app::Leaf", 16);
    let counts = super::hand::COUNTS;
    let mut holders = Vec::new();
    let names =
        ["alloc::rc::Rc<app::Leaf>", "alloc::sync::Weak<app::Leaf>", "alloc::sync::Arc<app::Leaf>"];
    for (name, holds) in
        names.into_iter().zip([Holds::Shares(counts), Holds::Weak(counts), Holds::Shares(counts)])
    {
        holders.push(heap.types.pointer(name, To::One(leaf), holds));
    }
    let slice =
        heap.types.pointer("alloc::sync::Arc<[app::Leaf]>", To::Slice(leaf), Holds::Shares(counts));
    let fields =
        [("a", 0, holders[0]), ("b", 8, holders[1]), ("c", 16, holders[2]), ("d", 24, slice)];
    let all = heap.types.structure("app::All", 40, &fields);
    heap.types.variable("app::ALL", STATICS, all);
    heap.statics = (0..3).map(|_| heap.block(&[1, 1, 7, 7])).collect();
    let slice = heap.block(&[1, 1, 7, 7, 7, 7]);
    heap.statics.extend([slice, 2]);
    let graph = heap.graph();
    let names = [0, 1, 2, 3].map(|block| graph.types.name(graph.kind(block)));
    assert_eq!(names, ["Rc<Leaf>", "Arc<Leaf>", "Arc<Leaf>", "Arc<[Leaf]>"]);
}
