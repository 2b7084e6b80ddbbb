//! Captures while threads grow and shrink vectors of boxes. `load FILE CAPTURES THREADS MODE` prints in how many
//! captures a box looked lost that a vector held. Modes: `guarded`, `unguarded`, `mixed`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hint::black_box;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::sleep;
use std::time::Duration;

use crate::{Class, Classes, number, path, start};
use mem_profile::graph::{self, Config};
use mem_profile_graph::Image;

/// Of no other block here.
const SIZE: usize = 13 * 8;
type Item = [u64; 13];

pub static IS_OVER: AtomicBool = AtomicBool::new(false);
/// The processors are needed to read the capture.
pub static IS_PAUSED: AtomicBool = AtomicBool::new(false);
pub static OPERATIONS: AtomicU64 = AtomicU64::new(0);

fn goes_on() -> bool {
    while IS_PAUSED.load(Relaxed) && !IS_OVER.load(Relaxed) {
        sleep(Duration::from_millis(1));
    }
    !IS_OVER.load(Relaxed)
}

fn grow_and_shrink() {
    let mut vectors: [Vec<Box<Item>>; 4] = Default::default();
    let mut turn = 0_usize;
    while goes_on() {
        turn += 1;
        let vector = &mut vectors[turn % 4];
        if vector.len() < 200 {
            vector.push(Box::new([turn as u64; 13]));
            vector.reserve_exact(1 + turn % 7);
        } else {
            vector.truncate(turn % 50);
            vector.shrink_to_fit();
        }
        black_box(vector);
    }
    OPERATIONS.fetch_add(turn as u64, Relaxed);
}

pub fn mix() {
    let mut vectors: Vec<Vec<Box<Item>>> = Vec::new();
    let mut rings: VecDeque<String> = VecDeque::new();
    let mut hashes: HashMap<usize, Box<Item>> = HashMap::new();
    let mut tree: BTreeMap<usize, Rc<Box<Item>>> = BTreeMap::new();
    let mut turn = 0_usize;
    while goes_on() {
        turn += 1;
        let item = || Box::new([turn as u64; 13]);
        vectors.push((0..turn % 5).map(|_| item()).collect());
        rings.push_back("x".repeat(turn % 100));
        hashes.insert(turn, item());
        tree.insert(turn, Rc::new(item()));
        if turn.is_multiple_of(300) {
            vectors.truncate(turn % 100);
            rings.drain(..rings.len() / 2);
            hashes.retain(|key, _| turn - key < 50);
            tree = tree.split_off(&(turn - turn % 200));
        }
    }
    OPERATIONS.fetch_add(8 * turn as u64, Relaxed);
    black_box((vectors, rings, hashes, tree));
}

pub fn main() {
    start();
    let (path, captures, threads) = (path(), number(0), number(1));
    let mode = std::env::args().nth(4).expect("a mode");
    let config = match &*mode {
        "guarded" => Config::new().search_unseen(false),
        "unguarded" => Config::new().search_unseen(false).without_guard(),
        _ => Config::new(),
    }
    .stop_within(Duration::from_secs(10));
    let work = if mode == "mixed" { mix } else { grow_and_shrink };
    let workers: Vec<_> = (0..threads).map(|_| std::thread::spawn(work)).collect();
    let mut wrong = 0;
    for _ in 0..captures {
        IS_PAUSED.store(false, Relaxed);
        sleep(Duration::from_millis(2));
        let captured = graph::capture_with(&config, &path).expect("a capture");
        IS_PAUSED.store(true, Relaxed);
        assert_eq!(captured.threads as usize, 1 + threads);
        let image = Image::open(&path).expect("a capture");
        let classes = Classes::of(&image);
        let is_item = |&block: &usize| {
            mode == "mixed" || image.block(block).is_some_and(|block| block.size == SIZE as u64)
        };
        let lost = classes.all(Class::Lost).filter(is_item).count();
        wrong += usize::from(lost > 0);
    }
    IS_OVER.store(true, Relaxed);
    workers.into_iter().for_each(|worker| worker.join().expect("no panic"));
    println!("{wrong}");
    eprintln!("{} operations", OPERATIONS.load(Relaxed));
}
