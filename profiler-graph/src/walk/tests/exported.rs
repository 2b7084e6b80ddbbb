//! A heap whose types are known, for the viewers that `tests/snapshots` asks. They find it where `HEAP_SNAPSHOTS` says.
#![cfg(target_os = "linux")]

use std::path::Path;

use miniserde::json::{self, Number, Value};
use object::Object as _;

use super::super::How;
use super::hand::{COUNTS, Heap, STATICS};
use crate::export;
use crate::graph::HeapGraph;
use crate::layout::*;
use crate::view::Limits;

/// A function in the stack of each string.
#[inline(never)]
fn remember() -> u64 {
    std::hint::black_box(remember as *const () as u64 + 1)
}

/// Where this program is mapped, and its build id.
fn this_program() -> Option<(String, u64, Vec<u8>)> {
    let program = std::env::current_exe().expect("a path");
    let program = program.to_str().expect("a name in UTF-8").to_owned();
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let line = maps.lines().find(|line| line.ends_with(&program)).expect("this program");
    let start =
        u64::from_str_radix(line.split('-').next().expect("a range"), 16).expect("a number");
    let content = std::fs::read(&program).expect("this program");
    let content = object::File::parse(&*content).expect("a program");
    // Some linkers give none.
    let id = content.build_id().ok()??.to_vec();
    Some((program, start, id))
}

/// A static registry of listeners, each of which keeps a string; a parent whose child leads back weakly; and a lost
/// block that leads to the parent. A later capture has another number for the same site.
fn listeners(count: u64, is_later: bool) -> Option<HeapGraph> {
    let (program, bias, id) = this_program()?;
    let mut heap = Heap::new();
    heap.image.module_with_id(&program, &id, bias, &[[bias, bias + (1 << 30), 5]]);
    if is_later {
        heap.site_at(&[0x7777]);
    }
    let site = heap.site_at(&[remember(), 0x1234]);
    let string = add_types(&mut heap);
    let mut words = Vec::new();
    for _ in 0..count {
        let string = heap.block_of(site, 102_403, &[]);
        words.extend([heap.block(&[102_403, string, 102_403]), 0x2000]);
    }
    let registry = heap.block(&words);
    let [parent, child] = [(); 2].map(|()| heap.later(56));
    let name = heap.block_of(site, 5, &[]);
    heap.write(parent, &[1, 2, 5, name, 5, child.1, 0]);
    heap.write(child, &[1, 1, 0, 1, 0, 0, parent.1]);
    let lost = heap.types.rc(string);
    let lost = heap.site(lost, How::One);
    heap.block_of(lost, 8, &[parent.1]);
    heap.statics = vec![count, registry, count, parent.1];
    let mut graph = heap.graph();
    graph.has_symbols = true;
    Some(graph)
}

/// Returns the type of a node.
fn add_types(heap: &mut Heap) -> TypeId {
    let types = &mut heap.types;
    // A type that leads to itself has a number before it is made.
    let node = TypeId(types.plain("placeholder", 1).0 + 5);
    let string = types.string();
    let next = types.pointer("alloc::rc::Rc<Node>", To::One(node), Holds::Shares(COUNTS));
    let parent = types.pointer("alloc::rc::Weak<Node>", To::One(node), Holds::Weak(COUNTS));
    let fields = [("name", 0, string), ("next", 24, next), ("parent", 32, parent)];
    assert_eq!(types.structure("app::Node", 40, &fields), node);
    let payload = types.structure("app::Payload", 24, &[("vec", 0, string)]);
    let fields = [("payload", 0, payload)];
    let closure = types.structure("app::subscribe::{closure_env#0}", 24, &fields);
    types.vtables.insert(0x2000, closure);
    let dynamic = "alloc::boxed::Box<dyn core::ops::function::Fn<(), Output=()>>";
    let boxed = types.pointer(dynamic, To::Dyn, Holds::Owns);
    let vector = types.vec(boxed);
    types.variable("app::REGISTRY", STATICS, vector);
    types.variable("app::PARENT", STATICS + 24, next);
    node
}

fn exported(graph: &HeapGraph) -> String {
    let mut out = Vec::new();
    export::heapsnapshot(graph, &mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

/// The numbers of a list, and the strings.
fn parts(snapshot: &str, list_name: &str, width: usize) -> (Vec<Vec<u64>>, Vec<String>) {
    let Ok(Value::Object(snapshot)) = json::from_str(snapshot) else { panic!("JSON") };
    let list = |key: &str| match &snapshot[key] {
        Value::Array(list) => list.clone(),
        other => panic!("{other:?}"),
    };
    let number = |value: &Value| match value {
        Value::Number(Number::U64(number)) => *number,
        other => panic!("{other:?}"),
    };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => panic!("{other:?}"),
    };
    let rows = list(list_name).chunks(width).map(|row| row.iter().map(number).collect()).collect();
    (rows, list("strings").into_iter().map(text).collect())
}

#[test]
fn a_snapshot_has_fields_weak_pointers_and_stacks() {
    let Some(graph) = listeners(3, false) else { return };
    let text = exported(&graph);
    let (nodes, strings) = parts(&text, "nodes", 6);
    let (edges, _) = parts(&text, "edges", 3);
    let name = |place: u64| &*strings[place as usize];
    let mut next = edges.iter();
    let mut found = Vec::new();
    for node in &nodes {
        for edge in next.by_ref().take(node[4] as usize) {
            let label = match edge[0] {
                1 => format!("[{}]", edge[1]),
                2 => name(edge[1]).to_owned(),
                6 => format!("weak {}", name(edge[1])),
                kind => panic!("an edge of type {kind}"),
            };
            found.push(format!(
                "{} –{label}→ {}",
                name(node[1]),
                name(nodes[edge[2] as usize / 6][1])
            ));
        }
    }
    for edge in [
        "(statics) –static app::REGISTRY→ [Box<dyn Fn>]",
        "[Box<dyn Fn>] –[2]→ Box<subscribe::{closure#0}>",
        "Box<subscribe::{closure#0}> –payload.vec→ String",
        "Rc<Node> –next→ Rc<Node>",
        "Rc<Node> –weak parent→ Rc<Node>",
    ] {
        assert!(found.iter().any(|it| it == edge), "{edge}: {found:#?}");
    }
    // A lost block does not hold a block of a static.
    assert!(
        found
            .iter()
            .any(|it| it.starts_with("unknown –weak ") || it.contains("–weak +0→ Rc<Node>")),
        "{found:#?}"
    );
    let kinds: Vec<_> = nodes.iter().map(|node| (node[0], name(node[1]))).collect();
    for kind in
        [(1, "[Box<dyn Fn>]"), (2, "String"), (3, "Rc<Node>"), (5, "Box<subscribe::{closure#0}>")]
    {
        assert!(kinds.contains(&kind), "{kind:?}: {kinds:?}");
    }
    let (functions, _) = parts(&text, "trace_function_infos", 6);
    let functions: Vec<_> = functions.iter().map(|function| name(function[1])).collect();
    assert!(functions.iter().any(|it| it.ends_with("exported::remember")), "{functions:?}");
    assert!(functions.contains(&"app+0x1234"), "{functions:?}");
}

#[test]
fn a_block_keeps_its_number_in_a_later_capture() {
    let (Some(older), Some(newer)) = (listeners(300, false), listeners(400, true)) else { return };
    let [older, newer] = [older, newer].map(|graph| {
        let (nodes, strings) = parts(&exported(&graph), "nodes", 6);
        let strings_of =
            nodes.into_iter().filter(|node| strings[node[1] as usize] == "String" && node[3] > 5);
        strings_of.map(|node| node[2]).collect::<Vec<_>>()
    });
    assert_eq!((older.len(), newer.len()), (300, 400));
    assert_eq!(older, newer[..300]);
}

#[test]
fn the_tree_of_who_holds_what_says_fields() {
    let Some(graph) = listeners(500, false) else { return };
    let tree = graph.retained_tree(100);
    let node = |name: &str| tree.nodes.iter().find(|node| node.name == name).expect("a node");
    let field = |name: &str| (&*node(name).field, node(name).blocks);
    assert_eq!(field("[Box<dyn Fn>]"), ("", 1));
    assert_eq!(field("Box<subscribe::{closure#0}>"), ("[…]", 500));
    assert_eq!(field("String"), ("payload.vec", 500));
    assert_eq!(node("[Box<dyn Fn>]").retained, 500 * (102_403 + 24 + 16));
    assert_eq!(tree.nodes[node("[Box<dyn Fn>]").above].name, "static app::REGISTRY");
}

#[test]
fn arrows_of_a_picture_say_fields_and_weak_ones_are_dashed() {
    let Some(graph) = listeners(500, false) else { return };
    let dot = graph.backrefs(&graph.all(), Limits::default()).dot();
    for arrow in [
        " [label=\"[…] ×500\"];",
        " [label=\"payload.vec ×500\"];",
        " [label=\"parent\", style=dashed];",
        " [label=\"next\"];",
    ] {
        assert_eq!(dot.matches(arrow).count(), 1, "{arrow}: {dot}");
    }
    if let Some(folder) = std::env::var_os("HEAP_SNAPSHOTS") {
        let svg = graph.backrefs(&graph.all(), Limits::default()).svg().expect("few nodes");
        std::fs::write(Path::new(&folder).join("listeners.svg"), svg).expect("a file");
    }
}

/// For `tests/snapshots`.
#[test]
fn snapshots_are_left_for_viewers() {
    let Some(folder) = std::env::var_os("HEAP_SNAPSHOTS") else { return };
    for (name, count, is_later) in [("older", 400, false), ("newer", 500, true)] {
        let graph = listeners(count, is_later).expect("a program with a build id");
        let path = Path::new(&folder).join(name);
        std::fs::write(path.with_extension("heapsnapshot"), exported(&graph)).expect("a file");
        let mut lines = Vec::new();
        export::jsonl(&graph, &mut lines).expect("memory");
        std::fs::write(path.with_extension("jsonl"), lines).expect("a file");
    }
}
