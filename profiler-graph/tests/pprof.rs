//! Holders as a profile, read by `go tool pprof`.
#![cfg(feature = "pprof")]

mod builder;

use std::collections::BTreeMap;
use std::process::Command;

use mem_profile_graph::{HeapGraph, Image, export};
use mem_profile_pprof::Profile;
use prost::Message;

use builder::ImageBuilder;

const HEAP: u64 = 0x5555_0000_0000;

/// A static registry of 500 listeners, each of which keeps a string; and a lost list of 30 nodes.
fn listeners() -> HeapGraph {
    let mut image = ImageBuilder::new();
    image.module("/opt/bin/app", 0x1000, &[[0x1000, 0x9000, 6]]);
    let names = ["[Box<dyn Fn>]", "Box<{closure}>", "String", "Node"];
    let sites = names.map(|name| {
        let label = image.label(name);
        image.site(0, label, &[0x1100])
    });
    let [list, closure, string, node] = sites;
    let mut next = HEAP;
    let mut block = |image: &mut ImageBuilder, site: u32, size: u64| {
        next += size.next_multiple_of(16);
        image.block(next - size.next_multiple_of(16), size, site)
    };
    let registry = block(&mut image, list, 500 * 16);
    for number in 0..500 {
        let (closure, string) =
            (block(&mut image, closure, 32), block(&mut image, string, 102_403));
        image.point(registry, number * 16, closure);
        image.point(closure, 8, string);
    }
    let nodes: Vec<_> = (0..30).map(|_| block(&mut image, node, 1000)).collect();
    nodes.windows(2).for_each(|pair| image.point(pair[0], 0, pair[1]));
    image.statics(0x3000, &[HEAP]);
    HeapGraph::new(Image::read(image.build()).expect("a capture")).expect("a graph")
}

fn written(graph: &HeapGraph) -> Vec<u8> {
    let mut out = Vec::new();
    export::pprof(graph, &mut out).expect("memory");
    out
}

#[test]
fn a_stack_leads_from_a_holder_to_a_type_with_its_own_bytes() {
    let profile = Profile::decode(&*written(&listeners())).expect("a profile");
    let name = |place: i64| &*profile.string_table[place as usize];
    let function = |location: u64| {
        let found = profile.location.iter().find(|it| it.id == location).expect("a location");
        let function = found.line[0].function_id;
        name(profile.function.iter().find(|it| it.id == function).expect("a function").name)
    };
    let types: Vec<_> =
        profile.sample_type.iter().map(|kind| (name(kind.r#type), name(kind.unit))).collect();
    assert_eq!(types, [("inuse_objects", "count"), ("inuse_space", "bytes")]);
    let stack =
        |ids: &[u64]| ids.iter().rev().map(|&id| function(id)).collect::<Vec<_>>().join(" ");
    let samples = profile.sample.iter().map(|it| (stack(&it.location_id), it.value.clone()));
    let samples: BTreeMap<_, _> = samples.collect();
    let registry = "static app+0x2000 [Box<dyn Fn>]";
    let expected = [
        (registry.to_owned(), vec![1, 8_000]),
        (format!("{registry} Box<{{closure}}>"), vec![500, 16_000]),
        (format!("{registry} Box<{{closure}}> String"), vec![500, 51_201_500]),
        ("lost Node".to_owned(), vec![30, 30_000]),
    ];
    assert_eq!(samples, BTreeMap::from(expected));
}

#[test]
fn go_reads_it_and_sums_are_retained_sizes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("heap.pb");
    std::fs::write(&path, written(&listeners())).expect("a file");
    let mut go = Command::new("go");
    go.args(["tool", "pprof", "-top", "-unit=B", "-nodefraction=0"]).arg(&path);
    let Ok(output) = go.env("PPROF_TMPDIR", folder.path()).output() else {
        eprintln!("skipped: `go` is not installed");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    // Flat bytes, and those with all that is below: its own, and what it retains.
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split_whitespace();
        // Zero has no unit.
        let bytes = |cell: &str| cell.trim_end_matches('B').parse::<u64>().ok();
        let (flat, below) = (bytes(cells.next()?)?, bytes(cells.nth(2)?)?);
        Some((cells.skip(1).collect::<Vec<_>>().join(" "), (flat, below)))
    });
    let rows: BTreeMap<_, _> = rows.collect();
    let all = 500 * (16 + 32 + 102_403);
    for (name, flat, below) in [
        ("static app+0x2000", 0, all),
        ("[Box<dyn Fn>]", 8_000, all),
        ("Box<{closure}>", 16_000, 500 * (32 + 102_403)),
        ("String", 500 * 102_403, 500 * 102_403),
        ("Node", 30_000, 30_000),
    ] {
        assert_eq!(rows.get(name), Some(&(flat, below)), "{name}: {text}");
    }
}
