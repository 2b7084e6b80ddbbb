//! How long a captured heap takes to read and to answer, in CPU time of the one thread that does it, and how much
//! memory that takes at most: `cargo bench -p mem-profile-graph --bench graph`, or `-- 10` for 10 million blocks.
//!
//! Our algorithms stand beside those of `petgraph` on the same edges. Each is measured three times in turns, and the
//! least counts.

#[path = "../src/arrays/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the bench uses a part of it")]
mod arrays;
#[path = "../tests/builder/mod.rs"]
mod builder;

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use mem_profile_graph::{HeapGraph, Image, Pattern};
use petgraph::algo::dominators::simple_fast;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use arrays::{Components, Csr, Dominators, Reach};
use builder::ImageBuilder;

/// Counts bytes.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // A block may move, and is then there twice.
        add(size);
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A heap as a service has it. Most blocks have an owner nearby; three of four are held once more, by a back pointer
/// or a shared one. Of ten blocks four hold others; 977 bytes a block.
fn service(blocks: u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(blocks.into());
    let mut image = ImageBuilder::new();
    image.module("/bin/app", 0, &[[0x1000, 0x10_0000, 6]]);
    let labels: Vec<_> = (0..60).map(|kind| image.label(&format!("Type{kind}"))).collect();
    for site in 0..1000 {
        image.site(0, labels[site % labels.len()], &[0x1000 + site as u64 * 4, 0x2000]);
    }
    let edges = edges(blocks, &mut random);
    let mut words = vec![0; blocks as usize];
    edges.iter().for_each(|&(from, _)| words[from as usize] += 1);
    let mut place = 0x5555_0000_0000;
    for block in 0..blocks {
        let held = words[block as usize] * 8;
        let size = held + if held > 0 { random.u64(8..270) } else { random.u64(16..3000) };
        image.block(place, size, random.u32(..1000));
        place += (size + 8).next_multiple_of(16);
    }
    let mut place = (0, 0);
    for (from, to) in edges {
        place = if place.0 == from { (from, place.1 + 8) } else { (from, 0) };
        image.point(from, place.1, to);
    }
    let statics: Vec<_> = (0..ROOTS).map(|root| image.start(root)).collect();
    image.statics(0x1000, &statics);
    image.build()
}

/// Pointers between blocks, by the first.
fn edges(blocks: u32, random: &mut fastrand::Rng) -> Vec<(u32, u32)> {
    let is_holder: Vec<bool> =
        (0..blocks).map(|block| block < ROOTS || random.u32(..10) < 4).collect();
    let holders: Vec<u32> = (0..blocks).filter(|&block| is_holder[block as usize]).collect();
    let mut edges = Vec::new();
    let mut before = ROOTS as usize;
    for block in ROOTS..blocks {
        let near = before.saturating_sub(random.usize(1..500));
        let owner = if random.u32(..10) < 9 { near } else { random.usize(..before) };
        edges.push((holders[owner], block));
        if random.u32(..4) < 3 {
            let other = (before + random.usize(..500)).min(holders.len() - 1);
            edges.push((holders[other], block));
        }
        before += usize::from(is_holder[block as usize]);
    }
    edges.sort_unstable();
    edges
}

/// Blocks that statics hold.
const ROOTS: u32 = 1000;

/// Nanoseconds that this thread has run.
fn cpu_time() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    text.split(' ').next().and_then(|time| time.parse().ok()).expect("a number")
}

/// Seconds of CPU time, bytes of memory at most, and bytes that are left.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Cost(f64, usize, usize);

fn measured<T>(work: impl FnOnce() -> T) -> (Cost, T) {
    let (before, started) = (LIVE.load(Relaxed), cpu_time());
    PEAK.store(before, Relaxed);
    let value = work();
    let seconds = (cpu_time() - started) as f64 / 1e9;
    (Cost(seconds, PEAK.load(Relaxed), LIVE.load(Relaxed)), value)
}

fn show(what: &str, blocks: f64, Cost(seconds, most, left): Cost) {
    let bytes = [most, left].map(|bytes| bytes as f64 / blocks / 1e6);
    println!(
        "  {what:28} {seconds:7.3} s, at most {:5.1} B a block, then {:5.1} B",
        bytes[0], bytes[1]
    );
}

fn timed<T>(what: &str, blocks: f64, work: impl FnOnce() -> T) -> T {
    let (cost, value) = measured(work);
    show(what, blocks, cost);
    value
}

fn run(millions: f64, path: &Path) {
    fs::write(path, service((millions * 1e6) as u32)).expect("a file");
    let length = fs::metadata(path).expect("the file").len() / 1_000_000;
    println!("{millions} million blocks, a file of {length} MB");
    let image = timed("load", millions, || Image::open(path).expect("a capture"));
    let graph = timed("edges and classes", millions, || HeapGraph::new(image).expect("a graph"));
    timed("dominators, retained", millions, || graph.count(&Pattern::new("")).blocks);
    timed("cycles", millions, || graph.cycles().len());
    timed("largest retainers", millions, || graph.retained(10).len());
    timed("largest types", millions, || graph.most_common_types(10).len());
    timed("leaks", millions, || graph.leaks().len());
    timed("ways", millions, || graph.path_to_root(&graph.at(0x5555_0000_0000)).len());
    timed("suspects and all lists", millions, || graph.report(10).text().len());
    timed("map of a page", millions, || graph.retained_tree(3_000).nodes.len());
    drop(graph);
    timed("whole report from the file", millions, || {
        HeapGraph::load(path).expect("a graph").report(10).text().len()
    });
}

/// The same edges for both, and what is measured of each.
struct Sides {
    ours: Csr,
    theirs: DiGraph<(), ()>,
    statics: Vec<u32>,
}

impl Sides {
    fn new(blocks: u32) -> Self {
        let mut random = fastrand::Rng::with_seed(blocks.into());
        let edges = edges(blocks, &mut random);
        let mut ours = Csr::new(blocks as usize);
        for edges in edges.chunk_by(|one, other| one.0 == other.0) {
            edges.iter().for_each(|&(_, target)| ours.push(target));
            ours.end_node(edges[0].0 as usize).expect("few edges");
        }
        let ours = ours.finish(blocks as usize);
        let mut theirs = DiGraph::with_capacity(blocks as usize + 1, edges.len());
        (0..=blocks).for_each(|_| _ = theirs.add_node(()));
        let node = |block: u32| NodeIndex::new(block as usize);
        for (from, to) in edges {
            theirs.add_edge(node(from), node(to), ());
        }
        let statics: Vec<u32> = (0..ROOTS).collect();
        // One more node leads to all statics.
        statics.iter().for_each(|&to| _ = theirs.add_edge(node(blocks), node(to), ()));
        Self { ours, theirs, statics }
    }

    fn our_dominators(&self) -> usize {
        let reach = Reach::new(&self.ours, [&*self.statics], |_| false);
        let is_entry = |block: u32| block < ROOTS || reach.heads.contains(&block);
        Dominators::new(&reach, &self.ours.reversed(), is_entry).parent.len()
    }

    fn their_dominators(&self) -> bool {
        let root = NodeIndex::new(self.ours.nodes());
        let found = simple_fast(&self.theirs, root);
        found.immediate_dominator(NodeIndex::new(0)) == Some(root)
    }
}

fn compare(millions: f64) {
    let sides = Sides::new((millions * 1e6) as u32);
    println!("{millions} million blocks, {} edges, beside petgraph", sides.ours.edges());
    let works: [(&str, &dyn Fn()); 4] = [
        ("cycles", &|| _ = Components::new(&sides.ours).iter().count()),
        ("cycles by petgraph", &|| _ = tarjan_scc(&sides.theirs).len()),
        ("dominators", &|| _ = sides.our_dominators()),
        ("dominators by petgraph", &|| _ = sides.their_dominators()),
    ];
    let mut least = [Cost(f64::MAX, 0, 0); 4];
    for _ in 0..3 {
        for ((_, work), least) in works.iter().zip(&mut least) {
            let start = LIVE.load(Relaxed);
            let (Cost(seconds, most, left), ()) = measured(work);
            let cost = Cost(seconds, most - start, left - start);
            *least = if cost < *least { cost } else { *least };
        }
    }
    works.iter().zip(least).for_each(|((what, _), cost)| show(what, millions, cost));
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let asked: Vec<f64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if asked.is_empty() { vec![1.0, 3.0] } else { asked };
    for millions in sizes {
        run(millions, &folder.path().join("app.mheap"));
        // Theirs recurs, and needs this much for some millions.
        let compared = std::thread::Builder::new().stack_size(16 << 30);
        let compared = compared.spawn(move || compare(millions)).expect("a thread");
        compared.join().expect("figures");
    }
}
