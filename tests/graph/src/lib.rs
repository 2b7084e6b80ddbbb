//! What the programs of this package have in common: planted memory, and what a capture says of it.
#![cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#![allow(missing_docs)]

use std::hint::black_box;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mem_profile::trace::{self, Config};
use mem_profile_graph::Image;

/// The file that the first argument names.
pub fn path() -> PathBuf {
    std::env::args_os().nth(1).expect("a path").into()
}

/// The argument behind it, from zero on.
pub fn number(index: usize) -> usize {
    let argument = std::env::args().nth(2 + index).expect("a number");
    argument.parse().expect("a number")
}

pub fn start() {
    trace::start(Config::exact()).expect("it can be traced");
}

/// Runs the work so far out on the stack that nothing of it is left in frames that come later.
#[inline(never)]
pub fn deep<T>(levels: u32, work: &mut dyn FnMut() -> T) -> T {
    let room = black_box([0_u8; 4096]);
    let result = if levels == 0 { work() } else { deep(levels - 1, work) };
    black_box(&room);
    result
}

/// An address that nobody takes for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hidden(usize);

impl Hidden {
    pub fn of<T: ?Sized>(block: *const T) -> Self {
        Self(!block.addr())
    }

    pub fn bits(self) -> usize {
        self.0
    }

    pub fn address(self) -> usize {
        !self.0
    }
}

/// How a block is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Held,
    /// By memory that was not seen alone.
    Unseen,
    Lost,
}

/// Of each block of a capture.
pub struct Classes(Vec<Class>);

impl Classes {
    pub fn of(image: &Image) -> Self {
        let mut classes = Self(vec![Class::Lost; image.block_count()]);
        let named = image
            .roots()
            .iter()
            .flat_map(|root| (root.range.start..).step_by(8).zip(words(image.root_memory(root))));
        let counts = |&(place, word): &(u64, u64)| !image.is_free_list(place, word);
        let named = named.filter(counts).map(|(_, word)| word);
        classes.mark(image, named.collect(), Class::Held);
        let unseen = image.unseen().filter(counts).map(|(_, word)| word);
        classes.mark(image, unseen.collect(), Class::Unseen);
        classes
    }

    fn mark(&mut self, image: &Image, mut words_left: Vec<u64>, class: Class) {
        while let Some(word) = words_left.pop() {
            if let Some(block) = image.block_at(word)
                && self.0[block] == Class::Lost
            {
                self.0[block] = class;
                words_left.extend(image.contents(block).into_iter().flat_map(words));
            }
        }
    }

    pub fn get(&self, image: &Image, hidden: Hidden) -> Option<Class> {
        image.block_at(hidden.address() as u64).map(|block| self.0[block])
    }

    /// Where the words are that lead to a block.
    pub fn leads_to(image: &Image, hidden: Hidden) -> Vec<String> {
        let target = image.block_at(hidden.address() as u64);
        let leads =
            |bytes| words(bytes).any(|word| target.is_some() && image.block_at(word) == target);
        let roots = image.roots().iter().filter(|root| leads(image.root_memory(root)));
        let roots = roots.map(|root| format!("{:?}", root.kind));
        let holders = image.holders().filter(|&index| image.contents(index).is_some_and(leads));
        roots.chain(holders.map(|index| format!("{:x?}", image.block(index)))).collect()
    }

    /// How many blocks there are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.0.iter().filter(|found| **found == class).count()
    }

    /// Blocks of a class.
    pub fn all(&self, class: Class) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(move |found| *found.1 == class).map(|found| found.0)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|&word| u64::from_le_bytes(word))
}

/// Waits until it is so, and fails if that takes long.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        sleep(Duration::from_micros(100));
    }
}
