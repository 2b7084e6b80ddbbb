//! Blocks with equal contents. `duplicates FILE`.

use captured::{path, start};
use mem_profile::graph::{self, Config};
use mem_profile_graph::HeapGraph;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[inline(never)]
fn text(number: usize) -> Box<[u8]> {
    let letter = [b'a', b'b', b'c'][number % 3];
    vec![letter; 1001].into()
}

fn main() {
    start();
    let path = path();
    let texts: Vec<_> = (0..300).map(text).collect();
    let different: Vec<_> = (0..300_u64).map(|number| Box::new([number; 50])).collect();
    let zeroes: Vec<_> = (0..3).map(|_| vec![0_u64; 1 << 20]).collect();
    for label in texts.iter().map(|text| (&**text, "text")) {
        assert!(graph::track(label.0, label.1));
    }
    different.iter().for_each(|block| assert!(graph::track(&**block, "different")));
    zeroes.iter().for_each(|block| assert!(graph::track(&**block, "zeroes")));
    graph::capture(&path).expect("a capture");
    let graph = HeapGraph::load(&path).expect("a capture");
    assert_eq!(graph.duplicates(), None, "nobody has asked for them");
    let captured = graph::capture_with(&Config::new().duplicates(true), &path).expect("a capture");
    let graph = HeapGraph::load(&path).expect("a capture");
    let image = graph.image();
    assert_eq!((captured.blocks, image.skipped()), (image.block_count() as u64, 0));
    let found = graph.duplicates().expect("hashes");
    let of = |name: &str| {
        let mut found = found.iter().filter(|duplicate| duplicate.name == name);
        found.next().map(|duplicate| (duplicate.copies, duplicate.bytes, duplicate.contents))
    };
    assert_eq!(of("text"), Some((297, 297 * 1001, 3)), "{found:?}");
    assert_eq!(of("different"), None, "{found:?}");
    assert_eq!(of("zeroes"), Some((2, 2 << 23, 1)), "{found:?}");
    let shown = found.iter().find(|duplicate| duplicate.name == "text").expect("texts");
    println!("{shown}");
}
