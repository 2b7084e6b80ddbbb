//! Random operations, and what they must leave on each line.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex};
use std::thread;

use mem_profile::reset;

use crate::work::{FUNCTIONS, checked, free, grow, held, make, make_elsewhere, shrink};

/// The blocks of a random run, and the function whose line has each by now.
struct Model {
    random: u64,
    blocks: Vec<(Vec<u8>, usize)>,
    /// Bytes by function, now and at the highest sum.
    live: [u64; 4],
    at_peak: [u64; 4],
    /// Whose the block was that was taken last.
    last: usize,
}

impl Model {
    fn new(seed: u64) -> Self {
        Self {
            random: seed,
            blocks: Vec::with_capacity(1000),
            live: [0; 4],
            at_peak: [0; 4],
            last: 0,
        }
    }

    /// A number below this (xorshift).
    fn below(&mut self, end: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) as usize % end
    }

    fn size(&mut self) -> usize {
        let most = [20, 300, 9000, 200_000][self.below(4)];
        1 + self.below(most)
    }

    /// One allocation, reallocation or free.
    fn step(&mut self) {
        let size = self.size();
        let at = self.below(self.blocks.len().max(1));
        let (block, owner) = match (self.below(10), at < self.blocks.len()) {
            (0..3, _) | (_, false) => (make(size), 0),
            (3..5, _) => (make_elsewhere(size), 1),
            (5..7, _) => {
                let mut block = self.take(at);
                let larger = block.capacity() + size;
                grow(&mut block, larger);
                (block, 2)
            }
            (7, _) => {
                let mut block = self.take(at);
                let smaller = 1 + block.capacity() / 3;
                let owner = if smaller < block.capacity() { 3 } else { self.last };
                shrink(&mut block, smaller);
                (block, owner)
            }
            _ => return free(self.take(at)),
        };
        self.live[owner] += block.capacity() as u64;
        self.blocks.push((block, owner));
        if self.live.iter().sum::<u64>() > self.at_peak.iter().sum() {
            self.at_peak = self.live;
        }
    }

    fn take(&mut self, at: usize) -> Vec<u8> {
        let (block, owner) = self.blocks.swap_remove(at);
        self.live[owner] -= block.capacity() as u64;
        self.last = owner;
        block
    }
}

/// Random operations of one thread: the lines at the peak, to the byte.
pub(crate) fn random_peak() {
    for seed in 1..=20 {
        let mut model = Model::new(seed);
        reset();
        (0..300).for_each(|_| model.step());
        let snapshot = checked();
        for (function, figures) in FUNCTIONS.iter().zip(model.live.iter().zip(model.at_peak)) {
            let [at_peak, live, ..] = held(&snapshot, function);
            assert_eq!((at_peak, live), (figures.1, *figures.0), "{function}, seed {seed}");
        }
        model.blocks.drain(..).for_each(|(block, _)| free(block));
    }
    println!("right");
}

/// Random operations of threads that run at the same time, and free what others have made.
pub(crate) fn random_parallel() {
    const THREADS: u64 = 4;
    let exchanged = Mutex::new(Vec::with_capacity(100));
    let work = |seed| {
        let mut model = Model::new(seed);
        for turn in 0..3000 {
            model.step();
            // Bytes leave a model with their block, and come to another one.
            if turn % 3 == 0 && !model.blocks.is_empty() {
                let at = model.below(model.blocks.len());
                let owner = model.blocks[at].1;
                let given = (model.take(at), owner);
                let mut exchanged = exchanged.lock().unwrap();
                exchanged.push(given);
                if exchanged.len() > 50 {
                    let at = model.below(50);
                    let taken = exchanged.swap_remove(at);
                    drop(exchanged);
                    model.live[taken.1] += taken.0.capacity() as u64;
                    model.blocks.push(taken);
                }
            }
        }
        model
    };
    let models = thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS).map(|seed| scope.spawn(move || work(seed))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect::<Vec<_>>()
    });
    let exchanged = exchanged.into_inner().unwrap();
    let snapshot = checked();
    for (index, function) in FUNCTIONS.iter().enumerate() {
        let left: u64 = exchanged
            .iter()
            .filter(|(_, owner)| *owner == index)
            .map(|(block, _)| block.capacity() as u64)
            .sum();
        let live = models.iter().map(|model| model.live[index]).sum::<u64>() + left;
        assert_eq!(held(&snapshot, function)[1], live, "{function}");
    }
    drop((models, exchanged));
    let snapshot = checked();
    assert!(FUNCTIONS.iter().all(|function| held(&snapshot, function)[1] == 0));
    println!("right");
}

/// Random operations of several threads, one at a time: after each, the lines and the sum.
pub(crate) fn random_threads() {
    for seed in [18, 19, 20] {
        in_turns(Model::new(seed));
    }
    println!("right");
}

/// Lets no thread wait for one that has failed.
struct Wakes<'a>(&'a Condvar, &'a AtomicUsize);

impl Drop for Wakes<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.1.fetch_add(100, Relaxed);
        }
        self.0.notify_all();
    }
}

/// Waits until so many have come, without a block.
fn meet(met: &AtomicUsize, count: usize) {
    met.fetch_add(1, Relaxed);
    while met.load(Relaxed) < count {
        thread::yield_now();
    }
}

fn in_turns(model: Model) {
    let turns = Mutex::new((0, model));
    let (turn, met) = (Condvar::new(), AtomicUsize::new(0));
    thread::scope(|scope| {
        let threads = [0, 1, 2, 3].map(|number| {
            let (turns, turn, met) = (&turns, &turn, &met);
            scope.spawn(move || {
                let _wakes = Wakes(turn, met);
                // What a thread allocates as it begins, and frees as it ends, comes at no certain moment.
                meet(met, 4);
                for _ in 0..100 {
                    let is_other = |(next, _): &mut (usize, Model)| *next != number;
                    let mut state = turn.wait_while(turns.lock().unwrap(), is_other).unwrap();
                    let (next, model) = &mut *state;
                    model.step();
                    let snapshot = checked();
                    let live = FUNCTIONS.map(|function| held(&snapshot, function)[1]);
                    assert_eq!(live, model.live);
                    *next = (number + 1) % 4;
                    turn.notify_all();
                }
                meet(met, 8);
            })
        });
        // A scope does not wait until its threads have freed what is their own.
        threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
    });
    turns.into_inner().unwrap().1.blocks.drain(..).for_each(|(block, _)| free(block));
    let snapshot = checked();
    assert!(FUNCTIONS.iter().all(|function| held(&snapshot, function)[1] == 0));
}
