//! Finds the holder of 500 texts and a lost cycle, in the program itself and without a single attribute.
//!
//! `CARGO_PROFILE_DEV_DEBUG=2 cargo run --features graph-analysis --example heap_graph`

use std::cell::RefCell;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::sync::Mutex;

use mem_profile::graph::{self, HeapGraph, LoadError};
use mem_profile::trace::{self, Config};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

struct Payload {
    text: String,
}

type Listener = Box<dyn Fn() -> usize + Send>;

static REGISTRY: Mutex<Vec<Listener>> = Mutex::new(Vec::new());

/// Nobody unsubscribes.
fn subscribe(payload: Payload) {
    REGISTRY.lock().unwrap().push(Box::new(move || payload.text.len()));
}

struct Node {
    next: RefCell<Option<Rc<Node>>>,
    _data: [u8; 1000],
}

/// Two nodes that hold each other are dropped.
fn lose_a_cycle() {
    let node = || Rc::new(Node { next: RefCell::default(), _data: [0; 1000] });
    let (one, other) = (node(), node());
    *one.next.borrow_mut() = Some(other.clone());
    *other.next.borrow_mut() = Some(one);
}

fn main() -> Result<(), Box<dyn Error>> {
    trace::start(Config::exact())?;
    lose_a_cycle();
    (0..500).for_each(|_| subscribe(Payload { text: "x".repeat(100_000) }));
    let path = std::env::temp_dir().join(format!("heap-graph-{}.mheap", std::process::id()));
    graph::capture(&path)?;
    ask(&path)?;
    Ok(std::fs::remove_file(&path)?)
}

fn ask(path: &Path) -> Result<(), LoadError> {
    let graph = HeapGraph::load(path)?;
    for chain in graph.path_to_root(&graph.by_type(&"String".into())) {
        println!("{chain}");
    }
    for leak in graph.leaks() {
        println!("{leak}");
    }
    for cycle in graph.cycles() {
        println!("{cycle}");
    }
    Ok(())
}
