//! Allocates values of many types, and captures them. `kinds FILE` prints for each the type that its block has, and
//! what its capture says; then the notes.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::fmt::Display;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use captured::{Hidden, path, start};
use mem_profile::graph;
use mem_profile_graph::HeapGraph;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Point(u64, u64);

struct Session {
    id: u64,
    name: [u8; 40],
}

trait Shape {
    fn area(&self) -> f64;
}

struct Circle(f64, [u64; 4]);

impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0 * self.0 + self.1[0] as f64
    }
}

struct Planted(Vec<(&'static str, Hidden)>);

impl Planted {
    fn add<T: ?Sized>(&mut self, kind: &'static str, block: *const T) {
        self.0.push((kind, Hidden::of(block)));
    }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn vectors(planted: &mut Planted) {
    let points = leak(vec![Point(1, 2); black_box(7)]);
    planted.add("[Point]", points.as_ptr());
    let grown = leak((0..black_box(100)).fold(Vec::new(), |mut grown, number: u32| {
        grown.push(number);
        grown
    }));
    planted.add("[u32]", grown.as_ptr());
    let collected: Vec<Point> = (0..black_box(9)).map(|number| Point(number, 0)).collect();
    let collected = leak(collected);
    planted.add("[Point]", collected.as_ptr());
    let filtered: Vec<u16> = (0..black_box(900)).filter(|number| number % 3 == 0).collect();
    planted.add("[u16]", leak(filtered).as_ptr());
    let names: Vec<String> = (0..black_box(5)).map(|number| number.to_string()).collect();
    let names = leak(names);
    planted.add("[String]", names.as_ptr());
    planted.add("String", names[0].as_ptr());
    let boxed: Box<[Session]> = (0..black_box(3)).map(|id| Session { id, name: [0; 40] }).collect();
    planted.add("[Session]", Box::leak(boxed).as_ptr());
    let ring: VecDeque<Point> = (0..black_box(9)).map(|number| Point(number, 0)).collect();
    planted.add("[Point]", leak(ring).as_slices().0.as_ptr());
    let mut ring: VecDeque<u64> = VecDeque::new();
    (0..black_box(9)).for_each(|number| ring.push_back(number));
    planted.add("[u64]", leak(ring).as_slices().0.as_ptr());
    let heap: BinaryHeap<Point> = (0..black_box(9)).map(|number| Point(number, 0)).collect();
    planted.add("[Point]", leak(heap).as_slice().as_ptr());
}

fn strings(planted: &mut Planted) {
    let text = leak(format!("{} and {}", black_box(1), black_box("two")));
    planted.add("String", text.as_ptr());
    let text = leak("x".repeat(black_box(50)));
    planted.add("String", text.as_ptr());
    let text = leak(black_box("owned").to_owned());
    planted.add("String", text.as_ptr());
    let text = leak(String::from(black_box("from")));
    planted.add("String", text.as_ptr());
    let mut text = String::new();
    (0..black_box(40)).for_each(|_| text.push('x'));
    planted.add("String", leak(text).as_ptr());
    planted.add("[u8]", leak(black_box(&b"bytes"[..]).to_vec()).as_ptr());
    let shared: Rc<str> = black_box("shared").into();
    planted.add("Rc<str>", Rc::into_raw(shared));
}

fn boxes(planted: &mut Planted) {
    planted.add("Box<Session>", Box::leak(Box::new(Session { id: black_box(1), name: [1; 40] })));
    planted.add("Box<Circle>", Box::leak::<'static>(shape()));
    planted.add("Box<u64>", Box::leak(Box::new(black_box(7_u64))));
    let text = black_box(3_u64);
    let closure: Box<dyn Fn() -> u64> = Box::new(move || text * 2);
    planted.add("Box<boxes::{closure#0}>", Box::leak(closure));
    let future: Pin<Box<dyn Future<Output = u64>>> = Box::pin(work(black_box(4)));
    // SAFETY: it stays where it is.
    let future: &'static mut dyn Future<Output = u64> =
        Box::leak(unsafe { Pin::into_inner_unchecked(future) });
    planted.add("Box<work::{async_fn#0}>", future);
    let shown: Box<dyn Display> = Box::new(black_box(1.5_f64));
    planted.add("Box<f64>", Box::leak(shown));
    let vector = Box::leak(Box::new(Vec::<u8>::with_capacity(black_box(9))));
    planted.add("Box<Vec<u8>>", vector);
    planted.add("[u8]", vector.as_ptr());
    let mut list = LinkedList::new();
    list.push_back(Point(black_box(1), 2));
    let list = leak(list);
    planted.add("LinkedList<Point>", list.front().expect("one"));
}

#[inline(never)]
fn shape() -> Box<dyn Shape> {
    Box::new(Circle(black_box(1.0), [1; 4]))
}

async fn work(number: u64) -> u64 {
    std::future::pending::<()>().await;
    number
}

fn counted(planted: &mut Planted) {
    planted.add("Rc<Point>", Rc::into_raw(Rc::new(Point(black_box(1), 2))));
    planted
        .add("Arc<Session>", Arc::into_raw(Arc::new(Session { id: black_box(1), name: [1; 40] })));
    planted.add("Arc<Mutex<u64>>", Arc::into_raw(Arc::new(Mutex::new(black_box(8_u64)))));
    let row: Arc<[Point]> = vec![Point(1, 2); black_box(4)].into();
    planted.add("Arc<[Point]>", Arc::into_raw(row));
    let row: Arc<[u32]> = (0..black_box(6)).collect();
    planted.add("Arc<[u32]>", Arc::into_raw(row));
}

fn maps(planted: &mut Planted) {
    let map: HashMap<u64, Point> = (0..black_box(50)).map(|it| (it, Point(it, it))).collect();
    planted.add("HashMap<u64, Point>", leak(map).values().next().expect("one"));
    let mut map = HashMap::new();
    (0..black_box(50_u32)).for_each(|number| {
        map.insert(number, Session { id: 1, name: [1; 40] });
    });
    planted.add("HashMap<u32, Session>", leak(map).values().next().expect("one"));
    let set: HashSet<Point> = (0..black_box(50)).map(|it| Point(it, it)).collect();
    planted.add("HashSet<Point>", leak(set).iter().next().expect("one"));
    let tree: BTreeMap<u64, Point> = (0..black_box(50)).map(|it| (it, Point(it, it))).collect();
    planted.add("BTreeMap<u64, Point>", leak(tree).values().next().expect("one"));
    let mut tree = BTreeSet::new();
    (0..black_box(50)).for_each(|it| {
        tree.insert(Point(it, it));
    });
    planted.add("BTreeSet<Point>", leak(tree).iter().next().expect("one"));
}

fn main() {
    start();
    let mut planted = Planted(Vec::with_capacity(100));
    vectors(&mut planted);
    strings(&mut planted);
    boxes(&mut planted);
    counted(&mut planted);
    maps(&mut planted);
    graph::capture(path()).expect("it can be captured");
    let graph = HeapGraph::load(path()).expect("a capture");
    for (kind, block) in &planted.0 {
        let way = graph.why_alive(block.address() as u64).expect("a block");
        println!("{kind}: {}", way.links.last().expect("a block").name);
    }
    for note in graph.notes() {
        println!("note: {note}");
    }
    let session = Session { id: 1, name: [0; 40] };
    black_box((session.id, session.name, shape().area()));
}
