//! Pictures and files for other tools, of planted heaps.

mod builder;

use mem_profile_graph::{HeapGraph, Image, Limits, NodeKind, Picture, export};
use serde_json::Value;

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// A static registry of listeners, each of which keeps a string and leads back to the registry; and a lost block.
fn listeners(count: u32) -> HeapGraph {
    let mut image = ImageBuilder::new();
    image.module("/opt/bin/app", 0x1000, &[[0x1000, 0x9000, 6]]);
    let mut site = |name: &str| {
        let label = image.label(name);
        image.site(0, label, &[0x1100])
    };
    let [list, closure, string, lost] =
        ["[Box<dyn Fn>]", "Box<\"{closure}\\\">", "String", "<gone>&"].map(&mut site);
    let mut next = HEAP;
    let mut block = |image: &mut ImageBuilder, site: u32, size: u64| {
        next += size.next_multiple_of(16);
        image.block(next - size.next_multiple_of(16), size, site)
    };
    let registry = block(&mut image, list, u64::from(count) * 16);
    for number in 0..count {
        let (closure, string) =
            (block(&mut image, closure, 32), block(&mut image, string, 102_403));
        image.point(registry, u64::from(number) * 16, closure);
        image.point(closure, 0, registry);
        image.point(closure, 8, string);
    }
    block(&mut image, lost, 7);
    image.statics(0x3000, &[0, HEAP]);
    graph(image)
}

fn graph(mut image: ImageBuilder) -> HeapGraph {
    HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("memory");
    String::from_utf8(out).expect("UTF-8")
}

/// Leaves a file for whoever wants to look at it, in `target/tmp`.
fn keep(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(path, text).expect("a file");
}

#[test]
fn equal_siblings_are_one_node() {
    let graph = listeners(500);
    let strings = graph.by_type(&"String".into());
    let lines: Vec<_> = graph
        .backrefs(&strings, Limits::default())
        .dot()
        .lines()
        .skip(4)
        .map(str::to_owned)
        .collect();
    let expected = [
        r#"  n0 [label="String\n×500, 48.8 MiB", penwidth=2];"#,
        r#"  n1 [label="Box<\"{closure}\\\">\n×500, 15.6 KiB"];"#,
        r#"  n2 [label="[Box<dyn Fn>]\n7.8 KiB"];"#,
        r#"  n3 [label="static app+0x2008", shape=ellipse];"#,
        r#"  n1 -> n0 [label="×500"];"#,
        r#"  n1 -> n2 [label="×500"];"#,
        r#"  n2 -> n1 [label="×500"];"#,
        r#"  n3 -> n2;"#,
        "}",
    ];
    assert_eq!(lines, expected);
    let registry = graph.by_type(&"[Box*".into());
    let names: Vec<_> =
        graph.refs(&registry, Limits::default()).nodes.into_iter().map(|node| node.name).collect();
    assert_eq!(names, ["[Box<dyn Fn>]", "Box<\"{closure}\\\">", "String"]);
    let lost = graph.backrefs(&graph.by_type(&"<gone>*".into()), Limits::default());
    assert_eq!(lost.nodes[0].detail, "7 B, lost");
}

#[test]
fn nothing_is_left_out_of_a_picture_without_a_word() {
    let graph = listeners(3);
    let registry = graph.by_type(&"[Box*".into());
    let mut limits = Limits { depth: 1, ..Limits::default() };
    let nodes = |picture: Picture| -> Vec<_> {
        picture.nodes.into_iter().map(|node| (node.kind, node.name, node.detail)).collect()
    };
    let rest = (NodeKind::Rest, "3 blocks more".to_owned(), "300.0 KiB".to_owned());
    assert_eq!(nodes(graph.refs(&registry, limits))[2], rest);
    limits.nodes = 1;
    let rest = (NodeKind::Rest, "3 blocks more".to_owned(), "96 B".to_owned());
    assert_eq!(nodes(graph.refs(&registry, limits))[1], rest);
}

#[test]
fn a_picture_is_svg_in_which_every_name_is_text() {
    let graph = listeners(500);
    let picture = graph.backrefs(&graph.all(), Limits::default());
    let svg = picture.svg().expect("few nodes");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    for name in [
        "Box&lt;&quot;{closure}\\&quot;&gt;",
        "&lt;gone&gt;&amp;",
        "static app+0x2008",
        "×500, 48.8 MiB",
    ] {
        assert!(svg.contains(name), "{name}");
    }
    let count = |text: &str| svg.matches(text).count();
    assert_eq!((count("<path "), picture.arrows.len()), (4, 4));
    // One closes a circle.
    assert_eq!((count("marker-start=\"url(#tip)"), count("marker-end=\"url(#tip)")), (1, 3));
    keep("listeners.svg", &svg);
    assert_eq!(Picture::default().svg().expect("no node").matches("<text").count(), 0);
}

#[test]
fn any_picture_is_laid_out() {
    let mut random = fastrand::Rng::with_seed(6);
    for _ in 0..100 {
        let mut image = ImageBuilder::new();
        image.module("app", 0, &[]);
        let count = random.u32(1..60);
        for block in 0..count {
            let label = image.label(&format!("Type{}", block % 9));
            let site = image.site(0, label, &[]);
            image.block(HEAP + u64::from(block) * 64, 64, site);
        }
        for _ in 0..random.u32(..2 * count) {
            let (from, to) = (random.u32(..count), random.u32(..count));
            image.point(from, random.u64(..8) * 8, to);
        }
        image.statics(0x1000, &[HEAP, HEAP + 64]);
        let graph = graph(image);
        let (from, depth) = (graph.at(HEAP), random.usize(..8));
        let limits = Limits { depth, nodes: 12 };
        for picture in [graph.refs(&from, limits), graph.backrefs(&from, limits)] {
            assert!(picture.nodes.len() <= 40, "{}", picture.nodes.len());
            keep("random.svg", &picture.svg().expect("a layout"));
        }
    }
}

#[test]
fn a_heap_snapshot_has_every_block_and_its_edges_lead_to_nodes() {
    let graph = listeners(500);
    let text = written(|out| export::heapsnapshot(&graph, out));
    let keys = [
        "snapshot",
        "nodes",
        "edges",
        "trace_function_infos",
        "trace_tree",
        "samples",
        "locations",
        "strings",
    ];
    let order = keys.map(|key| text.find(&format!("\"{key}\":")));
    assert!(order.is_sorted() && order[0] == Some(1), "the loader scans for these in this order");
    keep("listeners.heapsnapshot", &text);
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    let numbers = |key: &str| -> Vec<u64> {
        let list = snapshot[key].as_array().expect("a list");
        list.iter().map(|number| number.as_u64().expect("a number")).collect()
    };
    let (nodes, edges) = (numbers("nodes"), numbers("edges"));
    let strings = snapshot["strings"].as_array().expect("a list");
    // The root, what statics hold, what is lost, and all blocks.
    let count = |key: &str| snapshot["snapshot"][key].as_u64();
    assert_eq!((count("node_count"), nodes.len()), (Some(1 + 2 + 1002), 6 * 1005));
    assert_eq!((count("edge_count"), edges.len()), (Some(2 + 2 + 1500), 3 * 1504));
    let sizes: u64 = nodes.chunks(6).map(|node| node[3]).sum();
    assert_eq!(sizes, 500 * (16 + 32 + 102_403) + 7);
    let ids: std::collections::BTreeSet<_> = nodes.chunks(6).map(|node| node[2]).collect();
    assert!(ids.len() == 1005 && ids.iter().all(|id| id % 2 == 1));
    let name = |node: u64| strings[nodes[node as usize + 1] as usize].as_str().expect("a name");
    let mut next = edges.chunks(3);
    let mut found = Vec::new();
    for (node, fields) in nodes.chunks(6).enumerate() {
        for edge in next.by_ref().take(fields[4] as usize) {
            assert!(edge[2] % 6 == 0 && (edge[2] as usize) < nodes.len());
            found.push(format!("{} → {}", name(node as u64 * 6), name(edge[2])));
        }
    }
    found.sort();
    found.dedup();
    let expected = [
        " → (lost)",
        " → (statics)",
        "(lost) → <gone>&",
        "(statics) → [Box<dyn Fn>]",
        "Box<\"{closure}\\\"> → String",
        "Box<\"{closure}\\\"> → [Box<dyn Fn>]",
        "[Box<dyn Fn>] → Box<\"{closure}\\\">",
    ];
    assert_eq!(found, expected);
    let tree = &snapshot["trace_tree"];
    // The root has blocks of no stack, and a call for each of the four sites, which are one.
    assert_eq!((tree[2].as_u64(), tree[4].as_array().map(Vec::len)), (Some(0), Some(5)));
    assert_eq!((tree[4][2].as_u64(), tree[4][3].as_u64()), (Some(1002), Some(sizes)));
    assert!(nodes.chunks(6).skip(3).all(|node| node[5] == 2), "all have that stack");
    let again = written(|out| export::heapsnapshot(&listeners(500), out));
    assert_eq!(text, again, "the same blocks have the same numbers");
}

#[test]
fn a_block_of_five_gib_is_two_nodes_of_a_heap_snapshot() {
    let mut image = ImageBuilder::new();
    image.module("app", 0, &[]);
    image.site(0, 0, &[]);
    image.block(HEAP, 5 << 30, 0);
    image.statics(0x1000, &[HEAP]);
    let text = written(|out| export::heapsnapshot(&graph(image), out));
    let snapshot: Value = serde_json::from_str(&text).expect("JSON");
    let nodes = snapshot["nodes"].as_array().expect("a list");
    let sizes: Vec<_> = nodes.chunks(6).map(|node| node[3].as_u64().expect("a number")).collect();
    assert_eq!((sizes.len(), sizes.iter().sum::<u64>()), (4, 5 << 30));
    assert!(sizes.iter().all(|&size| size <= u32::MAX.into()));
}

#[test]
fn json_lines_have_every_block_pointer_and_holder() {
    let graph = listeners(500);
    let text = written(|out| export::jsonl(&graph, out));
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |key: &str| lines.iter().filter(|line| line.get(key).is_some()).count();
    assert_eq!([of("process"), of("size"), of("from"), of("holder")], [1, 1002, 1500, 1]);
    let first = &lines[1 + 4];
    assert_eq!(first["retained"].as_u64(), Some(500 * (16 + 32 + 102_403)));
    assert_eq!((first["class"].as_str(), first["dominator"].as_u64()), (Some("named"), None));
    assert_eq!(lines[1 + 4 + 2]["dominator"].as_u64(), Some(1));
    let dot = written(|out| export::dot(&graph, out));
    assert_eq!((dot.matches(" -> ").count(), dot.matches("label").count()), (1501, 1003));
}
