//! The leak of listeners: each subscription stays in a static registry, and keeps a text. `listeners FILE` prints what
//! its capture says of them.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use captured::{deep, path, start};
use mem_profile::graph;
use mem_profile_graph::{HeapGraph, Pattern};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Listener = Box<dyn Fn() -> usize + Send>;

static REGISTRY: Mutex<Vec<Listener>> = Mutex::new(Vec::new());

thread_local! {
    static RECENT: RefCell<Option<Box<[u64; 12]>>> = const { RefCell::new(None) };
    static LAST: Cell<u64> = const { Cell::new(0) };
}

const LISTENERS: u64 = 500;
/// No text has a length of its own.
const LENGTH: usize = 102_403;

#[inline(never)]
fn subscribe(number: u64) {
    let payload = "x".repeat(black_box(LENGTH));
    let listener = move || payload.len() + number as usize;
    REGISTRY.lock().expect("not poisoned").push(Box::new(listener));
    LAST.set(number);
}

#[inline(never)]
fn serve(path: &std::path::Path) -> usize {
    // Only the frame of this function leads to it.
    let request = black_box(Box::new([7_u32; 333]));
    graph::capture(path).expect("it can be captured");
    black_box(&request).len()
}

/// A thread that holds a block in its frame until the program ends.
#[inline(never)]
fn wait(held: &Sender<()>) {
    let session = black_box(Box::new([8_u16; 77]));
    held.send(()).expect("somebody waits");
    loop {
        thread::sleep(Duration::from_secs(60));
        black_box(&session);
    }
}

fn main() {
    start();
    let (send, held) = channel();
    let worker = thread::Builder::new().name("worker".to_owned());
    worker.spawn(move || wait(&send)).expect("it starts");
    held.recv().expect("it holds its block");
    deep(8, &mut || (0..LISTENERS).for_each(subscribe));
    RECENT.set(Some(Box::new([9; 12])));
    let path = path();
    black_box(serve(&path));
    let graph = HeapGraph::load(&path).expect("a capture");
    for kind in ["Box<subscribe::{closure#0}>", "String"] {
        let sum = graph.count(&Pattern::new(kind));
        println!("{kind}: {} blocks, {} B", sum.blocks, sum.bytes);
    }
    let registry = &graph.retained(1)[0];
    println!("retained: {}", registry.retained);
    println!("holder: {}", registry.holder.as_deref().unwrap_or("nobody"));
    for kind in ["String", "Box<[u64; 12]>", "Box<[u32; 333]>", "Box<[u16; 77]>"] {
        for chain in graph.path_to_root(&graph.by_type(&Pattern::new(kind))) {
            println!("chain: {chain}");
        }
    }
    black_box(LAST.get());
}
