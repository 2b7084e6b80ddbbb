//! Plants blocks that are held in all ways there are, and captures them. `holders FILE` prints for each block how it
//! is held and how the capture says that it is; then the figures.
#![allow(clippy::vec_box, clippy::type_complexity, reason = "each box is a block of its own")]

use std::arch::asm;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};
use std::hint::black_box;
use std::mem::{ManuallyDrop, forget};
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread::JoinHandle;

use captured::Class::{Held, Lost, Unseen};
use captured::{Class, Classes as Found, Hidden, deep, path, start, wait_for};
use mem_profile::{graph, trace};
use mem_profile_graph::{Classes, HeapGraph, Image};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Planted = (&'static str, Class, Hidden);

trait Speak {
    fn block(&self) -> Hidden;
}

struct Dog(Box<[u64; 9]>);

impl Speak for Dog {
    fn block(&self) -> Hidden {
        Hidden::of(&raw const *self.0)
    }
}

#[derive(Default)]
struct Registry {
    vector: Vec<Box<[u64; 20]>>,
    ring: VecDeque<String>,
    hashes: HashMap<u64, Box<u64>>,
    tree: BTreeMap<u64, Box<u64>>,
    list: LinkedList<Box<u64>>,
    speaker: Option<Box<dyn Speak + Send>>,
    shared: Option<Arc<[Box<u64>]>>,
    channel: Option<(mpsc::Sender<Box<u64>>, Mutex<mpsc::Receiver<Box<u64>>>)>,
}

static REGISTRY: OnceLock<Mutex<Registry>> = OnceLock::new();
static TAGGED: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static ELSEWHERE: AtomicPtr<usize> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    static PLAIN: Cell<*mut u64> = const { Cell::new(std::ptr::null_mut()) };
    static DROPPED: RefCell<Option<Box<u64>>> = const { RefCell::new(None) };
}

fn of<T>(block: &T) -> Hidden {
    Hidden::of(std::ptr::from_ref(block))
}

fn plant_in_containers(planted: &mut Vec<Planted>) {
    let registry = REGISTRY.get_or_init(Mutex::default);
    let mut registry = registry.lock().expect("not poisoned");
    let registry = &mut *registry;
    registry.vector.extend((0..10).map(|_| Box::new([0; 20])));
    registry.ring.extend((0..10).map(|number| format!("{number:030}")));
    registry.hashes.extend((0..100).map(|number| (number, Box::new(number))));
    registry.tree.extend((0..100).map(|number| (number, Box::new(number))));
    registry.list.extend((0..10).map(Box::new));
    registry.speaker = Some(Box::new(Dog(Box::new([1; 9]))));
    registry.shared = Some((0..5).map(Box::new).collect());
    let (send, receive) = mpsc::channel();
    let message = Box::new(7);
    let sent = of(&*message);
    send.send(message).expect("a receiver");
    registry.channel = Some((send, Mutex::new(receive)));
    planted.push(("a message in a channel", Held, sent));
    let mut add = |what, block| planted.push((what, Held, block));
    registry.vector.iter().for_each(|block| add("in a vector", of(&**block)));
    registry.ring.iter().for_each(|text| add("in a ring", Hidden::of(text.as_ptr())));
    registry.hashes.values().for_each(|block| add("in a hash map", of(&**block)));
    registry.tree.values().for_each(|block| add("in a tree", of(&**block)));
    registry.list.iter().for_each(|block| add("in a list", of(&**block)));
    add("of a trait object", registry.speaker.as_ref().expect("a dog").block());
    registry.shared.iter().flat_map(|shared| shared.iter()).for_each(|block| {
        add("in a shared slice", of(&**block));
    });
}

fn plant_singly(planted: &mut Vec<Planted>) {
    let tagged = Box::into_raw(Box::new([3_u64; 4]));
    TAGGED.store(tagged.cast::<u8>().wrapping_add(1), SeqCst);
    planted.push(("by a tagged pointer", Held, Hidden::of(tagged)));
    let plain = Box::into_raw(Box::new(5));
    PLAIN.set(plain);
    planted.push(("by a thread-local", Held, Hidden::of(plain)));
    let dropped = Box::new(6);
    planted.push(("by a thread-local with a destructor", Held, of(&*dropped)));
    DROPPED.set(Some(dropped));
    let kept = Box::into_raw(Box::new([4_u64; 6]));
    // SAFETY: it is large enough.
    let place = unsafe {
        let place = libc::malloc(64).cast::<usize>();
        place.write_volatile(kept.addr());
        place
    };
    ELSEWHERE.store(place.map_addr(|address| !address), SeqCst);
    planted.push(("by a block of C's malloc", Unseen, Hidden::of(kept)));
    let kept = Box::into_raw(Box::new([4_u64; 7]));
    let (access, kind) =
        (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the page is new, and stays for good.
    unsafe {
        let page = libc::mmap(std::ptr::null_mut(), 4096, access, kind, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        page.cast::<usize>().write_volatile(kept.addr());
    }
    planted.push(("by a mapping of the program's own", Unseen, Hidden::of(kept)));
}

struct Node {
    parent: RefCell<Weak<Node>>,
    next: RefCell<Option<Rc<Node>>>,
    name: String,
}

fn node(name: &str) -> Rc<Node> {
    Rc::new(Node { parent: RefCell::default(), next: RefCell::default(), name: name.repeat(10) })
}

fn lose(planted: &mut Vec<Planted>) {
    for _ in 0..10 {
        let (one, other) = (node("one"), node("other"));
        *one.next.borrow_mut() = Some(other.clone());
        *other.next.borrow_mut() = Some(one.clone());
        *other.parent.borrow_mut() = Rc::downgrade(&one);
        planted.push(("a node of a cycle", Lost, of(&*one)));
        planted.push(("a name of a node of a cycle", Lost, Hidden::of(other.name.as_ptr())));
        let forgotten = Box::new([9_u64; 30]);
        planted.push(("a forgotten box", Lost, of(&*forgotten)));
        forget(forgotten);
        let never = ManuallyDrop::new(vec![Box::new(1), Box::new(2)]);
        planted.push(("a box in a vector that is never dropped", Lost, of(&*never[1])));
        let leaked = vec![3_u64; 100].leak();
        planted.push(("a leaked vector", Lost, Hidden::of(leaked.as_ptr())));
    }
    let held = node("held");
    *held.next.borrow_mut() = Some(held.clone());
    planted.push(("a cycle that is held", Held, of(&*held)));
    HELD.set(Some(held));
}

thread_local! {
    static HELD: RefCell<Option<Rc<Node>>> = const { RefCell::new(None) };
}

static STAND: AtomicU32 = AtomicU32::new(0);
static GO: AtomicU32 = AtomicU32::new(0);

/// A thread that holds a block on its stack alone, and one in a register alone.
fn plant_in_threads(planted: &mut Vec<Planted>) -> [JoinHandle<()>; 2] {
    let (send, receive) = mpsc::channel();
    let stack = std::thread::spawn(move || {
        let held = Box::new([1_u64; 50]);
        send.send(of(&*held)).expect("a receiver");
        STAND.fetch_add(1, SeqCst);
        wait_for("the end", || GO.load(SeqCst) != 0);
        black_box(held);
    });
    planted.push(("by another thread's stack", Held, receive.recv().expect("a block")));
    let mut make = || Hidden::of(Box::into_raw(Box::new([2_u64; 60])));
    let hidden = deep(30, &mut make);
    let register = std::thread::spawn(move || {
        // SAFETY: the words are there as long as the program.
        unsafe {
            asm!(
                "not {block}",
                "lock inc dword ptr [{stand}]",
                "2:",
                "pause",
                "cmp dword ptr [{go}], 0",
                "je 2b",
                "xor {block:e}, {block:e}",
                block = inout(reg) hidden.bits() => _,
                stand = in(reg) STAND.as_ptr(),
                go = in(reg) GO.as_ptr(),
            );
        }
    });
    planted.push(("by a register", Held, hidden));
    wait_for("both threads", || STAND.load(SeqCst) == 2);
    [stack, register]
}

fn main() {
    let mut early: Vec<Box<u64>> = Vec::with_capacity(100);
    start();
    // Written, so that no stale word in it leads to a block.
    let mut planted = vec![("", Lost, of(&0_u8)); 1000];
    planted.clear();
    deep(60, &mut || plant_in_containers(&mut planted));
    deep(60, &mut || plant_singly(&mut planted));
    deep(60, &mut || lose(&mut planted));
    deep(60, &mut || {
        early.extend((0..100).map(Box::new));
        let planted_early =
            early.iter().map(|block| ("by a block from before tracing", Unseen, of(&**block)));
        planted.extend(planted_early);
    });
    let threads = plant_in_threads(&mut planted);
    let local = Box::new([8_u64; 70]);
    planted.push(("by the stack of the one who asks", Held, of(&*local)));
    let path = path();
    let (live, _) = trace::traced_memory();
    let blocks = trace::blocks().count();
    let captured = graph::capture(&path).expect("a capture");
    GO.store(1, SeqCst);
    // Else the compiler need not store what nobody reads.
    black_box((TAGGED.load(SeqCst), PLAIN.get(), ELSEWHERE.load(SeqCst)));
    assert_eq!((captured.bytes, captured.blocks), (live, blocks as u64));
    black_box((local, early));
    for thread in threads {
        thread.join().expect("no panic");
    }
    report(&planted, &captured, &Image::open(&path).expect("a capture"));
    compare(&planted, &captured, &HeapGraph::load(&path).expect("a capture"));
}

/// What the analysis of the same file says.
fn compare(planted: &[Planted], captured: &graph::Captured, graph: &HeapGraph) {
    let Classes { named, stack, unseen, lost, .. } = graph.classes();
    let all = [&named, &stack, &unseen, &lost];
    assert_eq!(all.map(|sum| sum.blocks).iter().sum::<u64>(), captured.blocks);
    assert_eq!(all.map(|sum| sum.bytes).iter().sum::<u64>(), captured.bytes);
    let expected = planted.iter().filter(|planted| planted.1 == Lost).count() as u64;
    assert!(lost.blocks + 2 >= expected, "{lost:?} of {expected}");
    let cycles = graph.cycles();
    let of_two = cycles
        .iter()
        .find(|cycle| cycle.class == mem_profile_graph::Class::Lost && cycle.cycles >= 9);
    assert!(of_two.is_some_and(|cycle| cycle.blocks == 2 * cycle.cycles), "{cycles:?}");
}

fn report(planted: &[Planted], captured: &graph::Captured, image: &Image) {
    assert_eq!(image.block_count() as u64, captured.blocks);
    assert_eq!(image.blocks().map(|block| block.size).sum::<u64>(), captured.bytes);
    assert_eq!(image.threads().len(), 3);
    assert_eq!(captured.threads, 3);
    let classes = Found::of(image);
    for (what, class, hidden) in planted {
        let found = classes.get(image, *hidden);
        println!("{what}: {class:?} {}", found.map_or("none".into(), |found| format!("{found:?}")));
        if found != Some(*class) {
            eprintln!("{what}: {:?}", Found::leads_to(image, *hidden));
        }
    }
    let classes = [Held, Unseen, Lost].map(|class| classes.count(class));
    eprintln!("{captured:?} {classes:?}");
}
