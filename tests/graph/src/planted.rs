//! 1,200 blocks that are lost and 1,700 that are held, in captures under load. `planted FILE CAPTURES THREADS` prints
//! how many held ones looked lost, and how many lost ones did not, in all captures together.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};
use std::hint::black_box;
use std::mem::forget;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Barrier, mpsc};
use std::thread::sleep;
use std::time::Duration;

use mem_profile::graph::{self, Config};
use mem_profile_graph::Image;

use crate::load::{IS_OVER, IS_PAUSED, OPERATIONS, mix};
use crate::{Class, Classes, Hidden, deep, number, path, start};

type Item = Box<[u64; 11]>;

fn item() -> Item {
    Box::new([3; 11])
}

fn of(item: &Item) -> Hidden {
    Hidden::of(&raw const **item)
}

trait Holds {
    fn held(&self) -> &Item;
}

struct Holder(Item);

impl Holds for Holder {
    fn held(&self) -> &Item {
        &self.0
    }
}

/// It holds its blocks until it is dropped.
#[derive(Default)]
struct Held {
    vector: Vec<Item>,
    ring: VecDeque<Item>,
    hashes: HashMap<usize, Item>,
    tree: BTreeMap<usize, Item>,
    list: LinkedList<Item>,
    objects: Vec<Box<dyn Holds>>,
    shared: Option<Arc<[Item]>>,
    channels: Vec<(mpsc::Sender<Item>, mpsc::Receiver<Item>)>,
    futures: Vec<Pin<Box<dyn Future<Output = ()>>>>,
    tagged: Vec<usize>,
}

thread_local! {
    static LOCAL: RefCell<Vec<Item>> = const { RefCell::new(Vec::new()) };
}

/// Holds an item on its way from one poll to the next, which never comes.
async fn suspended(held: Item) {
    std::future::pending::<()>().await;
    black_box(held);
}

/// Plants 1,600 blocks that are held.
fn hold(held: &mut Held, planted: &mut Vec<Hidden>) {
    let mut plant = || {
        let item = item();
        planted.push(of(&item));
        item
    };
    for number in 0..200 {
        held.vector.push(plant());
        held.ring.push_front(plant());
        held.hashes.insert(number, plant());
        held.tree.insert(number, plant());
        held.list.push_back(plant());
    }
    held.objects.extend((0..150).map(|_| Box::new(Holder(plant())) as Box<dyn Holds>));
    held.shared = Some((0..150).map(|_| plant()).collect());
    for _ in 0..100 {
        let (send, receive) = mpsc::channel();
        send.send(plant()).expect("a receiver");
        held.channels.push((send, receive));
        let mut future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(suspended(plant()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        held.futures.push(future);
    }
    LOCAL.with_borrow_mut(|local| local.extend((0..50).map(|_| plant())));
    held.tagged.extend((0..50).map(|_| Box::into_raw(plant()).addr() | 1));
    assert!(held.objects.iter().all(|object| object.held()[0] == 3));
}

struct Node {
    next: RefCell<Option<Rc<Node>>>,
    item: Item,
}

/// Plants 1,200 blocks that nobody holds.
fn lose(planted: &mut Vec<Hidden>) {
    for _ in 0..400 {
        let forgotten = item();
        planted.push(of(&forgotten));
        forget(forgotten);
        planted.push(of(&vec![item()].leak()[0]));
    }
    for _ in 0..200 {
        let node = || Rc::new(Node { next: RefCell::default(), item: item() });
        let (one, other) = (node(), node());
        planted.extend([of(&one.item), of(&other.item)]);
        one.next.replace(Some(other.clone()));
        other.next.replace(Some(one));
    }
}

/// How many of them are not of this class.
fn not(class: Class, planted: &[Hidden], classes: &Classes, image: &Image) -> usize {
    planted.iter().filter(|&&hidden| classes.get(image, hidden) != Some(class)).count()
}

pub fn main() {
    start();
    let (path, captures, threads) = (path(), number(0), number(1));
    let mut held = Box::<Held>::default();
    let (mut live, mut lost) = (vec![Hidden::of(&raw const IS_OVER); 2000], vec![]);
    live.clear();
    lost.reserve_exact(1200);
    deep(60, &mut || hold(&mut held, &mut live));
    deep(60, &mut || lose(&mut lost));
    let is_over = Barrier::new(101);
    std::thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..100 {
            let (send, is_over) = (send.clone(), &is_over);
            let small = std::thread::Builder::new().stack_size(64 << 10);
            let holds = move || {
                let item = black_box(item());
                send.send(of(&item)).expect("a receiver");
                is_over.wait();
                black_box(item);
            };
            small.spawn_scoped(scope, holds).expect("a thread");
        }
        live.extend(receive.iter().take(100));
        let workers: Vec<_> = (0..threads).map(|_| std::thread::spawn(mix)).collect();
        let (mut called_lost, mut missed) = (0, 0);
        for _ in 0..captures {
            IS_PAUSED.store(false, Relaxed);
            sleep(Duration::from_millis(2));
            let config = Config::new().stop_within(Duration::from_secs(10));
            let captured = graph::capture_with(&config, &path).expect("a capture");
            IS_PAUSED.store(true, Relaxed);
            assert_eq!(captured.threads as usize, 101 + threads);
            let image = Image::open(&path).expect("a capture");
            let classes = Classes::of(&image);
            called_lost += not(Class::Held, &live, &classes, &image);
            missed += not(Class::Lost, &lost, &classes, &image);
        }
        IS_OVER.store(true, Relaxed);
        workers.into_iter().for_each(|worker| worker.join().expect("no panic"));
        is_over.wait();
        println!("{called_lost} of {} {missed} of {}", live.len(), lost.len());
        eprintln!("{} operations", OPERATIONS.load(Relaxed));
    });
    for tagged in held.tagged.drain(..) {
        // SAFETY: made from a box, whose alignment leaves the lowest bit free.
        drop(unsafe { Box::from_raw((tagged & !1) as *mut [u64; 11]) });
    }
    black_box(&held);
}
