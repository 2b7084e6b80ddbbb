//! The report of planted heaps: what is said of them, to the byte.

mod builder;
mod planted;

use mem_profile_format::heap_layout::{NONE, root};
use mem_profile_graph::{Class, HeapGraph, Suspect};

use planted::{HEAP, Heap, listeners};

/// The paragraphs about suspects, without the notes and lists.
fn paragraphs(graph: &HeapGraph) -> Vec<String> {
    let text = graph.report(5).text();
    let (_, text) = text.split_once("of the heap each\n\n").expect("suspects");
    let (text, _) = text.split_once("\n\nMemory by what holds it").expect("classes");
    text.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_container_is_the_suspect_also_where_each_of_its_elements_is_large() {
    let mut heap = Heap::new();
    let [list, buffer] =
        [("[Buffer]", 0x1100), ("Buffer", 0x1200)].map(|(name, at)| heap.kind(name, at));
    let registry = heap.block(list, 24);
    heap.elements(registry, buffer, 3, 12_345);
    heap.image.statics(0x3000, &[0, 7, HEAP]);
    let [paragraph] = &paragraphs(&heap.graph())[..] else { panic!("one suspect") };
    let expected = "It holds 3 × Buffer, allocated at app+0x200, which retain 36.2 KiB.";
    assert!(
        paragraph.starts_with("1. [Buffer] retains 36.2 KiB") && paragraph.contains(expected),
        "{paragraph}"
    );
}

#[test]
fn a_registry_is_the_suspect_and_its_elements_are_named() {
    let graph = listeners();
    let expected = "1. [Box<dyn Fn>] retains 48.9 MiB, 100 % of the heap It is a block of 7.8 KiB at 0x555500000000, \
        allocated at app+0x100. static app+0x2010 holds it. It holds 500 × Box<{closure}>, allocated at app+0x200, \
        which retain 48.8 MiB. Most bytes are in 500 × String, allocated at app+0x300: 48.8 MiB. Dropping it would \
        free 48.9 MiB in 1,001 blocks. static app+0x2010 → [Box<dyn Fn>] –[+0]→ Box<{closure}> –[+8]→ String";
    assert_eq!(paragraphs(&graph), [expected]);
    let report = graph.report(5);
    let suspect = &report.suspects[0];
    assert_eq!((suspect.retained, suspect.blocks), (500 * (16 + 32 + 102_403), 1001));
    let (elements, most) = (suspect.elements.as_ref(), suspect.most.as_ref());
    let (elements, most) = (elements.expect("closures"), most.expect("strings"));
    assert_eq!((elements.blocks, elements.bytes, elements.retained), (500, 16_000, 51_217_500));
    assert_eq!((most.blocks, most.bytes, most.retained), (500, 51_201_500, 0));
}

/// The heap of an application: a cache, an index below other blocks, and little else.
fn application() -> HeapGraph {
    let mut heap = Heap::new();
    let names = ["App", "Cache", "Entry", "Index", "[Posting]", "Posting", "Config"];
    let kinds: Vec<_> =
        names.iter().zip(1..).map(|(name, at)| heap.kind(name, 0x1000 + at * 0x100)).collect();
    let [app, cache, entry, index, postings, posting, config] = kinds[..] else { unreachable!() };
    let app = heap.block(app, 100);
    let cache = heap.block(cache, 60 * 8);
    heap.elements(cache, entry, 60, 1000);
    let index = heap.block(index, 20);
    let postings = heap.block(postings, 30 * 8);
    heap.image.point(index, 0, postings);
    heap.elements(postings, posting, 30, 1000);
    let config = heap.block(config, 200);
    [cache, index, config]
        .into_iter()
        .zip(0..)
        .for_each(|(to, at)| heap.image.point(app, at * 8, to));
    heap.image.statics(0x3000, &[HEAP, HEAP + 50]);
    heap.graph()
}

#[test]
fn what_branches_is_a_suspect_for_each_large_branch() {
    let graph = application();
    let all = 100 + 60 * 1008 + 20 + 30 * 1008 + 200;
    let suspects = graph.report(5).suspects;
    let figures = |suspect: &Suspect| (suspect.name.clone(), suspect.retained, suspect.blocks);
    let expected = [("Cache".to_owned(), 60 * 1008, 61), ("Index".to_owned(), 20 + 30 * 1008, 32)];
    assert_eq!(suspects.iter().map(figures).collect::<Vec<_>>(), expected);
    let within = suspects.iter().map(|suspect| suspect.within.as_ref().expect("the application"));
    let within: Vec<_> = within.map(|point| (&*point.name, point.retained)).collect();
    assert_eq!(within, [("App", all), ("App", all)]);
    let expected = "2. Index retains 29.6 KiB, 33 % of the heap It is a block of 20 B at 0x55550000ee90, allocated at \
        app+0x400. It is part of the 88.9 KiB that App at 0x555500000000 retains. 29.5 KiB of it accumulate in \
        [Posting], allocated at app+0x500. That holds 30 × Posting, allocated at app+0x600, which retain 29.3 KiB. \
        Dropping it would free 29.6 KiB in 32 blocks. static app+0x2000 → App –[+8]→ Index –[+0]→ [Posting] –[+0]→ \
        Posting";
    assert_eq!(paragraphs(&graph)[1], expected);
}

#[test]
fn blocks_of_a_list_are_one_suspect_whose_length_is_said() {
    let mut heap = Heap::new();
    let (list, node) = (heap.kind("List", 0x1100), heap.kind("Node", 0x1200));
    let mut last = heap.block(list, 16);
    for _ in 0..1000 {
        let next = heap.block(node, 32);
        heap.image.point(last, 8, next);
        last = next;
    }
    heap.image.statics(0x3000, &[HEAP]);
    let graph = heap.graph();
    let suspects = graph.report(5).suspects;
    let [suspect] = &suspects[..] else { panic!("{suspects:#?}") };
    let point = suspect.accumulates.as_ref().expect("below the list");
    assert_eq!((&*suspect.name, suspect.retained, suspect.linked), ("List", 32_016, 1000));
    assert_eq!((&*point.name, point.retained, point.address), ("Node", 32_000, HEAP + 16));
    assert_eq!(suspect.elements, None);
    let words = "This begins a list or tree of 1000 × Node.";
    assert!(paragraphs(&graph)[0].contains(words), "{:?}", paragraphs(&graph));
}

#[test]
fn many_small_blocks_of_one_type_are_one_suspect() {
    let mut heap = Heap::new();
    let kinds = [("[Arc<Page>]", 0x1100), ("Arc<Page>", 0x1200), ("[u8]", 0x1300)];
    let [list, page, bytes] = kinds.map(|(name, at)| heap.kind(name, at));
    let lists = [(); 2].map(|()| heap.block(list, 100 * 8));
    for place in 0..100 {
        // Each page is in both lists, so neither would free it.
        let (page, bytes) = (heap.block(page, 32), heap.block(bytes, 500));
        lists.iter().for_each(|&list| heap.image.point(list, place * 8, page));
        heap.image.point(page, 16, bytes);
    }
    heap.image.statics(0x3000, &[HEAP, HEAP + 800]);
    let graph = heap.graph();
    let expected = "1. 100 × Arc<Page> retain 52.0 KiB, 97 % of the heap They have 3.1 KiB themselves, allocated at \
        app+0x200. No other block alone holds one of them. Statics and thread-locals hold them. Most bytes are in \
        100 × [u8], allocated at app+0x300: 48.8 KiB. Dropping them would free 52.0 KiB in 200 blocks. static \
        app+0x2000 → [Arc<Page>] –[+0]→ Arc<Page> –[+16]→ [u8]";
    assert_eq!(paragraphs(&graph), [expected]);
    assert_eq!(graph.report(5).suspects[0].retained, 100 * 532);
}

#[test]
fn lost_blocks_and_those_of_stacks_are_called_so() {
    let mut heap = Heap::new();
    let (lost, held) = (heap.kind("Lost", 0x1100), heap.kind("Local", 0x1200));
    (0..10).for_each(|_| _ = heap.block(lost, 60));
    let held = heap.block(held, 400);
    let start = heap.image.start(held);
    heap.image.root(root::STACK, 71, NONE, 0x7f0f_0000, &[start]);
    let graph = heap.graph();
    let report = graph.report(5);
    let classes: Vec<_> =
        report.suspects.iter().map(|it| (&*it.name, it.class, it.count)).collect();
    assert_eq!(classes, [("Lost", Class::Lost, 10), ("Local", Class::Stack, 1)]);
    let expected = "1. 10 × Lost retain 600 B, 60 % of the heap They have 600 B themselves, allocated at app+0x100. Nothing holds them, so the memory is lost. 600 B in 10 blocks are \
        lost with it.";
    let local = "2. Local retains 400 B, 40 % of the heap It is a block of 400 B at 0x555500000280, allocated at \
        app+0x200. stack of main holds it, and nothing but stacks does. Dropping it would free 400 B in 1 block. \
        stack of main → Local";
    assert_eq!(paragraphs(&graph), [expected, local]);
}

#[test]
fn equal_retainers_that_no_word_holds_are_one_row() {
    let mut heap = Heap::new();
    let (node, name) = (heap.kind("Node", 0x1100), heap.kind("Name", 0x1200));
    for size in [100, 300, 200] {
        let (node, name) = (heap.block(node, 32), heap.block(name, size));
        heap.image.point(node, 0, name);
    }
    let held = [heap.block(node, 32), heap.block(node, 32)];
    let at = held.map(|block| heap.image.start(block));
    heap.image.statics(0x3000, &at);
    let retainers = heap.graph().report(2).retainers;
    let shown: Vec<_> = retainers.rows.iter().map(ToString::to_string).collect();
    let expected = [
        "dropping 3 × Node frees 696 B in 6 blocks: at app+0x100, lost",
        "dropping Node frees 32 B in 1 block: at app+0x100, held by static app+0x2000",
    ];
    assert_eq!(shown, expected);
    let first = &retainers.rows[0];
    assert_eq!((first.count, first.bytes, first.address), (3, 96, HEAP + 32 + 112));
    assert_eq!((retainers.more, retainers.more_bytes), (1, Some(32)));
}

#[test]
fn a_tree_is_called_one_even_if_no_branch_is_large() {
    let mut heap = Heap::new();
    let node = heap.kind("Node", 0x1100);
    let nodes: Vec<_> = (0..400).map(|_| heap.block(node, 96)).collect();
    for place in 1..400 {
        heap.image.point(nodes[(place - 1) / 11], (place as u64 - 1) % 11 * 8, nodes[place]);
    }
    heap.image.statics(0x3000, &[HEAP]);
    let suspect = &heap.graph().report(1).suspects[0];
    assert_eq!((suspect.linked, suspect.retained), (400, 400 * 96));
}

#[test]
fn nothing_is_left_out_without_a_word() {
    let mut heap = Heap::new();
    for number in 0..30 {
        let kind = heap.kind(&format!("Type{number}"), 0x1100);
        heap.block(kind, 100);
    }
    let graph = heap.graph();
    let report = graph.report(4);
    assert_eq!((report.suspects.len(), report.types.rows.len()), (0, 4));
    assert_eq!((report.types.more, report.types.more_bytes), (26, Some(2600)));
    assert_eq!((report.retainers.more, report.retainers.more_bytes), (26, Some(2600)));
    assert_eq!((report.leaks.more, report.leaks.more_bytes), (26, Some(2600)));
    let text = report.text();
    assert!(text.contains("\nLeak suspects: none retains 10 % of the heap\n"), "{text}");
    assert_eq!(text.matches("\n  … 26 more, 2.5 KiB\n").count(), 3, "{text}");
    assert_eq!(report.markdown().matches("\n… 26 more, 2.5 KiB\n").count(), 3);
    let empty = Heap::new().graph().report(4);
    assert_eq!((empty.bytes, empty.suspects.len(), empty.types.more), (0, 0, 0));
}

#[test]
fn a_name_of_the_program_is_no_markup_and_controls_no_terminal() {
    let mut heap = Heap::new();
    let kind = heap.kind("A`<b>|\u{1b}[31m\n# head", 0x1100);
    heap.block(kind, 100);
    heap.image.statics(0x3000, &[HEAP]);
    let report = heap.graph().report(4);
    let (text, markdown) = (report.text(), report.markdown());
    assert!(text.contains("1. A`<b>|\\u{1b}[31m\\u{a}# head retains 100 B"), "{text}");
    assert!(
        markdown.contains("1. **``A`<b>|\\u{1b}[31m\\u{a}# head`` retains 100 B"),
        "{markdown}"
    );
    assert!(markdown.contains("| 100 B | 100 B | 1 | ``A`<b>\\|\\u{1b}"), "{markdown}");
}
