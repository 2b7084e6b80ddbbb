//! Planted heaps, and the answers about them, to the byte.

mod builder;
mod planted;

use mem_profile_format::heap_layout::{NONE, hash, kind, missing, process, root, site};
use mem_profile_graph::{Class, HeapGraph, Leak, Options, Pattern, Sum};

use planted::{HEAP, Heap, listeners};

fn shown<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

fn sum(blocks: u64, bytes: u64, retained: u64) -> Sum {
    let mut sum = Sum::default();
    (sum.blocks, sum.bytes, sum.retained) = (blocks, bytes, retained);
    sum
}

#[test]
fn the_chain_to_what_listeners_keep_is_one() {
    let graph = listeners();
    let strings = graph.by_type(&Pattern::new("String"));
    assert_eq!(strings.len(), 500);
    let chains = shown(&graph.path_to_root(&strings));
    let expected =
        "static app+0x2010 → [Box<dyn Fn>] –[+0]→ Box<{closure}> –[+8]→ String (×500, 48.8 MiB)";
    assert_eq!(chains, [expected]);
    let inside = HEAP + 500 * 16 + 32 + 50;
    let expected = expected.replace("×500, 48.8 MiB", "102403 B");
    assert_eq!(graph.why_alive(inside).map(|chain| chain.to_string()), Some(expected));
    assert_eq!(graph.why_alive(HEAP - 1), None);
}

#[test]
fn the_registry_retains_all_that_it_reaches() {
    let graph = listeners();
    let all = 500 * 16 + 500 * (32 + 102_403);
    assert_eq!(graph.count(&"[Box*".into()), sum(1, 500 * 16, all));
    assert_eq!(graph.count(&"Box<*".into()), sum(500, 500 * 32, 500 * (32 + 102_403)));
    assert_eq!(graph.count(&"*".into()), sum(1001, all, all), "no block counts twice");
    let expected = "dropping [Box<dyn Fn>] frees 48.9 MiB in 1,001 blocks: at app+0x100, held by static app+0x2010";
    assert_eq!(shown(&graph.retained(9)), [expected]);
    assert_eq!(graph.sum(&graph.by_site(&"app+0x200".into())).blocks, 500);
    let types = graph.most_common_types(2);
    let expected = [
        "String: 500 blocks, 48.8 MiB, retaining 48.8 MiB",
        "Box<{closure}>: 500 blocks, 15.6 KiB, retaining 48.8 MiB",
    ];
    assert_eq!(shown(&types), expected);
    assert_eq!((graph.leaks(), graph.cycles()), (vec![], vec![]));
}

#[test]
fn each_block_is_in_the_class_of_its_best_holder() {
    let mut heap = Heap::new();
    let names =
        ["static", "thread-local", "record", "stack", "register", "unseen", "lost", "below both"];
    let kinds = names.map(|name| heap.kind(name, 0x1100));
    let blocks = kinds.map(|kind| heap.block(kind, 32));
    let at = blocks.map(|block| heap.image.start(block));
    heap.image.statics(0x3000, &[at[0]]);
    heap.image.root(root::THREAD_LOCAL, 71, 0, 0x7_0000, &[at[1] + 31]);
    heap.image.root(root::THREAD_RECORD, 71, NONE, 0x7_0100, &[at[2]]);
    heap.image.root(root::STACK, 71, NONE, 0x7f0f_0000, &[at[3], at[7]]);
    heap.image.thread(72, "worker", [0, 0, 0], &[0, at[4], at[4] + 32 * 8]);
    heap.image.unseen(0xb000, at[5]);
    heap.image.unseen(0xb008, at[0]);
    // Each leads to the last, which so belongs to the first of them.
    (0..7).for_each(|holder| heap.image.point(blocks[holder], 8, blocks[7]));
    heap.image.point(blocks[6], 16, blocks[5]);
    let graph = heap.graph();
    let classes = graph.classes();
    let of = Class::ALL.map(|class| classes.of(class).blocks);
    assert_eq!(of, [4, 2, 1, 1]);
    let all = Class::ALL.iter().fold((0, 0), |all, &class| {
        (all.0 + classes.of(class).blocks, all.1 + classes.of(class).bytes)
    });
    assert_eq!(all, (8, 8 * 32));
    let chains =
        names.map(|name| shown(&graph.path_to_root(&graph.by_type(&name.into()))).concat());
    let expected = [
        "static app+0x2000 → static (32 B)",
        "thread-local app+0x0 of main → thread-local (32 B)",
        "C library's record of main → record (32 B)",
        "stack of main → stack (32 B)",
        "register rdx of worker → register (32 B)",
        "memory that was not seen, at 0xb000 → unseen (32 B)",
        "lost → lost (32 B)",
        "static app+0x2000 → static –[+8]→ below both (32 B)",
    ];
    assert_eq!(chains, expected);
    // Three named blocks hold it together, so none does alone; a stack does not count.
    assert_eq!(graph.count(&"below both".into()).retained, 32);
    assert_eq!(graph.count(&"stack".into()).retained, 32);
    assert_eq!(graph.retained(9).iter().map(|retainer| retainer.retained).sum::<u64>(), 8 * 32);
}

/// Ten cycles of two nodes, each with a name; a chain that shares its end with another one.
fn lost() -> Heap {
    let mut heap = Heap::new();
    let node = heap.kind("RcInner<Node>", 0x1100);
    let name = heap.kind("String", 0x1200);
    let forgotten = heap.kind("Vec<u8>", 0x1300);
    for _ in 0..10 {
        let (one, other) = (heap.block(node, 48), heap.block(node, 48));
        heap.image.point(one, 16, other);
        heap.image.point(other, 24, one);
        for node in [one, other] {
            let name = heap.block(name, 5);
            heap.image.point(node, 32, name);
        }
    }
    let shared = heap.block(name, 100);
    for _ in 0..2 {
        let holder = heap.block(forgotten, 64);
        heap.image.point(holder, 0, shared);
    }
    heap
}

#[test]
fn lost_cycles_and_chains_are_folded_and_add_up() {
    let graph = lost().graph();
    let leaks = graph.leaks();
    let expected = [
        "RcInner<Node>: 10 blocks, 480 B, retaining 1.0 KiB, at app+0x100",
        "Vec<u8>: 2 blocks, 128 B, retaining 128 B, at app+0x300",
        "100 B held by several of these",
    ];
    assert_eq!(shown(&leaks), expected);
    let retained: u64 = leaks.iter().map(|leak| leak.retained).sum();
    assert_eq!(retained, graph.classes().lost.bytes);
    let cycles = shown(&graph.cycles());
    assert_eq!(cycles, ["RcInner<Node> ×2: 10 cycles, 960 B, retaining 1.0 KiB, lost"]);
    let class = "lost                                  1.3 KiB  43 blocks\n";
    assert!(graph.classes().to_string().ends_with(class), "{}", graph.classes());
}

#[test]
fn suppressed_leaks_are_counted_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("app.mheap");
    std::fs::write(&path, lost().image.build()).expect("a file");
    let mut options = Options::default();
    let file = "type: RcInner* site: app+*\ntype: NoSuch\n";
    options.suppressions.add(file).expect("two suppressions");
    let graph = HeapGraph::load_with(&path, &options).expect("a graph");
    let (leaks, suppressed) = (graph.leaks(), graph.suppressed_leaks());
    assert_eq!(shown(&leaks)[0], "Vec<u8>: 2 blocks, 128 B, retaining 128 B, at app+0x300");
    let expected = "RcInner<Node>: 10 blocks, 480 B, retaining 1.0 KiB, at app+0x100";
    assert_eq!(shown(&suppressed), [expected]);
    let retained = |leaks: &[Leak]| leaks.iter().map(|leak| leak.retained).sum::<u64>();
    assert_eq!(retained(&leaks) + retained(&suppressed), graph.classes().lost.bytes);
    let notes = graph.notes();
    let expected = [
        "10 lost blocks, retaining 1.0 KiB, are suppressed and no leaks here.",
        "The suppression in line 2 has no leak: type: NoSuch.",
    ];
    assert_eq!(notes[notes.len() - 2..], expected);
}

#[test]
fn a_cycle_that_is_held_is_not_a_leak() {
    let mut heap = Heap::new();
    let node = heap.kind("Node", 0x1100);
    let [one, two, own] = [(); 3].map(|()| heap.block(node, 32));
    heap.image.point(one, 0, two);
    heap.image.point(two, 8, one);
    heap.image.point(own, 0, own);
    heap.image.point(two, 16, own);
    let start = heap.image.start(two);
    heap.image.root(root::STACK, 71, NONE, 0x7f0f_0000, &[start]);
    let graph = heap.graph();
    let expected = [
        "Node ×2: 1 cycle, 64 B, retaining 96 B, held by stacks only",
        "Node: 1 cycle, 32 B, retaining 32 B, held by stacks only",
    ];
    assert_eq!(shown(&graph.cycles()), expected);
    assert_eq!(graph.leaks(), []);
}

#[test]
fn blocks_of_a_list_are_one_link_of_a_chain() {
    let mut heap = Heap::new();
    let (node, name) = (heap.kind("Node", 0x1100), heap.kind("String", 0x1200));
    let nodes: Vec<_> = (0..1000).map(|_| heap.block(node, 32)).collect();
    let end = heap.block(name, 7);
    nodes.windows(2).for_each(|pair| heap.image.point(pair[0], 8, pair[1]));
    heap.image.point(nodes[999], 16, end);
    heap.image.statics(0x3000, &[HEAP]);
    let graph = heap.graph();
    let chain = graph.path_to_root(&graph.by_type(&"String".into()));
    assert_eq!(shown(&chain), ["static app+0x2000 → Node ×1000 –[+16]→ String (7 B)"]);
    let retainer = &graph.retained(1)[0];
    let below = retainer.accumulates.as_ref().expect("half of it is further down");
    assert_eq!((retainer.retained, below.address), (32_007, HEAP + 500 * 32));
}

#[test]
fn a_tree_of_two_types_is_two_links_of_a_chain() {
    let mut heap = Heap::new();
    let kinds = [("Node", 0x1100), ("[Child]", 0x1200)].map(|(name, at)| heap.kind(name, at));
    let blocks: Vec<_> = (0..1001).map(|number| heap.block(kinds[number % 2], 32)).collect();
    blocks.windows(2).for_each(|pair| heap.image.point(pair[0], 8, pair[1]));
    heap.image.statics(0x3000, &[HEAP]);
    let graph = heap.graph();
    let chains = graph.path_to_root(&graph.all());
    let expected = [
        "static app+0x2000 → Node … (×501, 15.7 KiB)",
        "static app+0x2000 → Node … –[+8]→ [Child] (×500, 15.6 KiB)",
    ];
    assert_eq!(shown(&chains), expected);
}

#[test]
fn growth_is_by_type_and_the_most_grown_comes_first() {
    let heap = |counts: [u64; 3]| {
        let mut heap = Heap::new();
        for (name, count) in ["a", "b", "c"].into_iter().zip(counts) {
            let kind = heap.kind(name, 0x1100);
            (0..count).for_each(|_| _ = heap.block(kind, 1000));
        }
        heap.graph()
    };
    let (old, new) = (heap([1, 5, 7]), heap([4, 2, 7]));
    let expected = ["a: +3 blocks, +2.9 KiB, now 3.9 KiB", "b: -3 blocks, -2.9 KiB, now 2.0 KiB"];
    assert_eq!(shown(&new.show_growth(&old, 9)), expected);
    assert_eq!(new.show_growth(&old, 1).len(), 1);
}

#[test]
fn notes_say_what_is_missing() {
    let mut heap = Heap::new();
    assert_eq!(Heap::new().graph().notes().len(), 1, "that edges are conservative");
    heap.image.flag(process::WITHOUT_STOP | process::UNSEEN_NOT_SEARCHED);
    heap.image.missing(missing::THREAD, 72, 0, "sleeper");
    heap.image.missing(missing::MEMORY, 0x10000, 0x12000, "[anon]");
    heap.image.section(kind::END + 9, Vec::new());
    let cut = heap.image.site(site::TRUNCATED, 0, &[]);
    heap.block(cut, 100);
    let notes = heap.graph().notes();
    let expected = [
        "Threads were not stopped",
        "Thread sleeper (72) did not stop",
        "8.0 KiB of [anon] at 0x10000 were not read.",
        "Memory outside of blocks, statics and stacks was not searched",
        "100 B of 1 block have no whole stack.",
        "1 part of the file",
        "Every word that lies in a block counts",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:#?}");
    notes.iter().zip(expected).for_each(|(note, start)| assert!(note.starts_with(start), "{note}"));
}

#[test]
fn an_empty_heap_has_no_answers() {
    let graph = Heap::new().graph();
    assert_eq!(graph.count(&"*".into()), Sum::default());
    assert!(graph.leaks().is_empty() && graph.cycles().is_empty() && graph.retained(3).is_empty());
    assert!(graph.most_common_types(3).is_empty() && graph.at(HEAP).is_empty());
}

#[test]
fn copies_are_blocks_of_one_type_size_and_hash() {
    let mut heap = Heap::new();
    let [text, key] = [("String", 0x1100), ("Key", 0x1200)].map(|(name, at)| heap.kind(name, at));
    let elsewhere = heap.kind("String", 0x1300);
    let blocks = [
        (text, 10, 5),
        (text, 10, 5),
        (elsewhere, 10, 5),
        (elsewhere, 10, 6),
        (elsewhere, 10, 6),
        (elsewhere, 10, 5),
        // Of another size or type, not read, and one of a kind.
        (text, 11, 5),
        (key, 10, 5),
        (text, 10, hash::NONE),
        (text, 10, hash::NONE),
        (key, 10, 7),
    ];
    for &(site, size, _) in &blocks {
        heap.block(site, size);
    }
    let hashes = blocks.iter().flat_map(|&(.., hash)| hash.to_le_bytes());
    heap.image.section(kind::HASHES, hashes.collect());
    let found = heap.graph().duplicates().expect("hashes");
    let expected = [
        "String at app+0x300: 3 copies of 2 values, 30 B to spare",
        "String at app+0x100: 1 copy of 1 value, 10 B to spare",
    ];
    assert_eq!(shown(&found), expected);
    assert_eq!(listeners().duplicates(), None);
}
