//! Plants a registry, maps, cycles and spare capacity, and asks a capture about types and fields: `fields FILE`.
#![allow(dead_code, reason = "fields are for the capture alone")]

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet, LinkedList, VecDeque};
use std::hint::black_box;
use std::path::Path;
use std::rc::{Rc, Weak};
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread::Builder;

use captured::{Hidden, deep, path, start};
use mem_profile::graph::{self, Config};
use mem_profile_graph::{Class, HeapGraph, Leak, Options, Suppressions};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Listener = Box<dyn Fn() -> usize + Send>;

struct Payload {
    vec: String,
}

struct Posting {
    id: u64,
    words: Vec<String>,
}

struct Index {
    postings: Vec<u32>,
    by_name: HashMap<String, Posting>,
    tree: BTreeMap<u64, Box<Posting>>,
    ring: VecDeque<String>,
    list: LinkedList<Box<u64>>,
    set: HashSet<String>,
}

struct Node {
    parent: RefCell<Weak<Node>>,
    next: RefCell<Option<Rc<Node>>>,
    name: String,
}

struct Shared {
    other: Mutex<Option<Arc<Shared>>>,
    data: Vec<u8>,
}

static REGISTRY: OnceLock<Mutex<Vec<Listener>>> = OnceLock::new();
static INDEX: Mutex<Option<Index>> = Mutex::new(None);

thread_local! {
    static HELD: RefCell<Option<Rc<Node>>> = const { RefCell::new(None) };
    static GONE: RefCell<Weak<Node>> = const { RefCell::new(Weak::new()) };
}

fn subscribe(payload: Payload) -> Listener {
    Box::new(move || payload.vec.len())
}

fn posting(id: u64) -> Posting {
    Posting { id, words: (0..3).map(|word| format!("{word} of {id:03}")).collect() }
}

fn plant_index() {
    let mut index = Index {
        postings: Vec::with_capacity(1000),
        by_name: HashMap::new(),
        tree: BTreeMap::new(),
        ring: VecDeque::with_capacity(128),
        list: LinkedList::new(),
        set: HashSet::new(),
    };
    index.postings.extend(0..300);
    for id in 0..100 {
        index.by_name.insert(format!("{id:07}"), posting(id));
        index.tree.insert(id, Box::new(posting(id)));
        index.ring.push_back(format!("{id:05}"));
        index.list.push_back(Box::new(id));
        index.set.insert(format!("{id:03}"));
    }
    index.ring.pop_front();
    *INDEX.lock().expect("not poisoned") = Some(index);
}

fn node(name: &str) -> Rc<Node> {
    Rc::new(Node { parent: RefCell::default(), next: RefCell::default(), name: name.to_owned() })
}

fn shared(bytes: usize) -> Arc<Shared> {
    Arc::new(Shared { other: Mutex::new(None), data: vec![1; bytes] })
}

fn plant_cycles() {
    for _ in 0..10 {
        let (one, other) = (node("one!!"), node("other"));
        *one.next.borrow_mut() = Some(other.clone());
        *other.next.borrow_mut() = Some(one.clone());
        *other.parent.borrow_mut() = Rc::downgrade(&one);
    }
    for _ in 0..5 {
        let (one, other) = (shared(50), shared(70));
        *one.other.lock().expect("not poisoned") = Some(other.clone());
        let closer = move || *other.other.lock().expect("not poisoned") = Some(one);
        std::thread::spawn(closer).join().expect("no panic");
    }
    let held = node("held!");
    *held.next.borrow_mut() = Some(held.clone());
    HELD.set(Some(held));
    GONE.set(Rc::downgrade(&node("gone!")));
}

/// Returns the text of a listener.
fn plant_registry() -> Hidden {
    let mut registry = REGISTRY.get_or_init(Mutex::default).lock().expect("not poisoned");
    let mut texts = Vec::with_capacity(500);
    for _ in 0..500 {
        let vec = "x".repeat(102_403);
        texts.push(Hidden::of(vec.as_ptr()));
        registry.push(subscribe(Payload { vec }));
    }
    texts[250]
}

fn main() {
    start();
    let path = path();
    let text = deep(60, &mut plant_registry);
    deep(60, &mut plant_index);
    deep(60, &mut plant_cycles);
    let on_stack = node("stack");
    *on_stack.next.borrow_mut() = Some(on_stack.clone());
    graph::capture(&path).expect("a capture");
    black_box(on_stack);
    report(&HeapGraph::load(&path).expect("a capture"), text);
    suppress(&path);
}

fn report(graph: &HeapGraph, text: Hidden) {
    let chain = graph.why_alive(text.address() as u64).expect("it is held");
    println!("{chain}");
    let all = graph.retained(1);
    println!("the registry retains {}", all[0].retained);
    for cycle in graph.cycles() {
        match cycle.class {
            // Stale words lead to its parts as well.
            Class::Stack => println!("{}: {} on a stack", cycle.types[0].0, cycle.cycles),
            _ => println!("{cycle}"),
        }
    }
    for leak in graph.leaks() {
        println!("lost: {} ×{}, {}", leak.name, leak.heads, leak.retained);
    }
    print!("{}", graph.waste());
    for chain in graph.path_to_root(&graph.by_type(&"Box<u64>".into())).iter().take(1) {
        println!("{}", chain.links.last().expect("a link").label.as_deref().unwrap_or("none"));
    }
    let notes = graph.notes();
    let uncertain = notes.iter().find(|note| note.contains("no certain type"));
    println!(
        "without a type: {}",
        uncertain.and_then(|note| note.split(' ').next()).unwrap_or("0")
    );
    notes.iter().filter(|note| note.starts_with("Weak")).for_each(|note| println!("{note}"));
}

const NAME: &str = "a thread of a long name";

/// Names of threads look lost where memory of C's `malloc` is not searched, and are suppressed.
fn suppress(path: &Path) {
    let stop = Arc::new(Barrier::new(9));
    let mut spawn = || {
        let (stop, builder) = (stop.clone(), Builder::new().name(NAME.to_owned()));
        builder.spawn(move || stop.wait()).expect("a thread")
    };
    let threads: Vec<_> = (0..8).map(|_| deep(60, &mut spawn)).collect();
    graph::capture_with(&Config::new().search_unseen(false), path).expect("a capture");
    stop.wait();
    threads.into_iter().for_each(|thread| _ = thread.join().expect("no panic"));
    let graph = HeapGraph::load(path).expect("a capture");
    let names = |leaks: Vec<Leak>| {
        let names =
            leaks.into_iter().filter(|leak| leak.bytes == leak.heads * (NAME.len() as u64 + 1));
        names.map(|leak| leak.heads).sum::<u64>()
    };
    let (leaked, suppressed) = (names(graph.leaks()), names(graph.suppressed_leaks()));
    let mut options = Options::default();
    options.suppressions = Suppressions::none();
    let graph = HeapGraph::load_with(path, &options).expect("a capture");
    let all = names(graph.leaks());
    eprintln!("{all} names of threads");
    println!("names of threads: {leaked} leaked, all suppressed: {}", suppressed == all && all > 0);
}
