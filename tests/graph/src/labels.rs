//! Blocks that the program names. `labels FILE`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use crate::{path, start};
use mem_profile::trace::Statistic;
use mem_profile::{graph, trace};
use mem_profile_graph::{HeapGraph, Pattern};

#[inline(never)]
fn page() -> Box<[u64; 100]> {
    Box::new([0; 100])
}

/// Blocks and bytes that a capture has of a label. All blocks of it add up to what is live.
fn captured(path: &Path, label: &str) -> (u64, u64) {
    let (live, _) = trace::traced_memory();
    let captured = graph::capture(path).expect("a capture");
    assert_eq!(captured.bytes, live);
    let graph = HeapGraph::load(path).expect("a capture");
    assert_eq!(graph.image().blocks().map(|block| block.size).sum::<u64>(), live);
    let sum = graph.count(&Pattern::new(label));
    (sum.blocks, sum.bytes)
}

/// All figures of pages.
fn figures() -> Statistic {
    let all = trace::snapshot().statistics(trace::By::Function);
    all.into_iter().find(|statistic| statistic.name.ends_with("labels::page")).expect("a page")
}

fn figures_stay(path: &Path) {
    let pages: Vec<_> = (0..10).map(|_| page()).collect();
    let before = figures();
    assert_eq!((before.count, before.size, before.allocated_count), (10, 8000, 10));
    assert_eq!((before.peak_count, before.peak_size, before.allocated_size), (10, 8000, 8000));
    let (live, _) = trace::traced_memory();
    for page in &pages[..7] {
        assert!(graph::track(&**page, "page of the cache"));
    }
    // Another thread has not made it.
    let tracked = std::thread::scope(|scope| {
        let by_other = || graph::track(&pages[7][50..], "page of the cache");
        scope.spawn(by_other).join().expect("no panic")
    });
    assert!(tracked);
    assert_eq!(trace::traced_memory().0, live);
    assert_eq!(figures(), before);
    assert_eq!(captured(path, "page of the cache"), (8, 8 * 800));
    assert!(graph::track(&*pages[0], "another label") && graph::track(&*pages[0], "another label"));
    assert_eq!(captured(path, "page of the cache"), (7, 7 * 800));
    assert_eq!(captured(path, "another label"), (1, 800));
    let (live, _) = trace::traced_memory();
    let all = size_of_val(&*pages) as u64 + 10 * 800;
    drop(pages);
    assert_eq!(trace::traced_memory().0, live - all);
    assert_eq!(captured(path, "page of the cache"), (0, 0));
    let after = figures();
    assert_eq!((after.count, after.size), (0, 0));
    assert_eq!((after.allocated_count, after.allocated_size), (10, 8000));
}

fn other_values(path: &Path) {
    let mut numbers = vec![1_u64; 2000];
    assert!(graph::track(&*numbers, "numbers"));
    assert_eq!(captured(path, "numbers"), (1, 16_000));
    numbers.reserve_exact(4000);
    assert_eq!(captured(path, "numbers"), (0, 0), "a reallocation makes another block");
    assert!(graph::track(&numbers[1500], "numbers"));
    assert_eq!(captured(path, "numbers"), (1, 48_000));
    assert!(numbers.try_reserve(isize::MAX as usize / 8 - 3000).is_err());
    assert_eq!(captured(path, "numbers"), (1, 48_000), "that failed");
    let shared: Arc<dyn Fn() -> u64 + Send + Sync> = Arc::new(move || numbers.len() as u64);
    assert!(graph::track(&*shared, "closure"));
    assert_eq!(captured(path, "closure"), (1, 16 + 24));
    static STATIC: u64 = 1;
    let local = black_box(2_u64);
    let nothing: Box<()> = Box::new(());
    assert!(!graph::track(&STATIC, "static") && !graph::track(&local, "local"));
    assert!(!graph::track(&*nothing, "nothing"));
    black_box(shared());
}

pub fn main() {
    let older = Box::new([1; 100]);
    assert!(!graph::track(&*older, "not traced"));
    start();
    assert!(!graph::track(&*older, "older"));
    let path = path();
    figures_stay(&path);
    other_values(&path);
    trace::stop();
    trace::start(trace::Config::sampled(1)).expect("it can be traced");
    assert!(!graph::track(&*Box::new([1; 100]), "in a sample"));
    println!("all right");
}
