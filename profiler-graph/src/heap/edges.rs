//! Which block leads to which, and which are led to from outside of all blocks.
//!
//! Conservative: each word that lies in a block leads to it, also to its middle, whatever the word means.

use super::index::{Finder, Index};
use crate::arrays::Csr;
use crate::image::{Image, LoadError, RootKind, words};

/// All edges.
#[derive(Debug)]
pub(crate) struct Edges {
    pub(crate) between: Csr,
    /// From statics, thread-local blocks and the C library's records of threads.
    pub(crate) named: Vec<Entry>,
    /// From stacks and registers.
    pub(crate) stack: Vec<Entry>,
    /// From memory that was not seen.
    pub(crate) unseen: Vec<Entry>,
}

/// A word outside of all blocks that leads to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) target: u32,
    pub(crate) holder: Holder,
    /// Where the word is; of a register, which one.
    pub(crate) place: u64,
}

/// The memory that has such a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A root, by its index.
    Root(u32),
    /// A register of a thread, by the index of the thread.
    Register(u32),
    Unseen,
}

impl Edges {
    pub(crate) fn new(image: &Image, index: &Index) -> Result<Self, LoadError> {
        let mut finder = index.finder(image);
        let mut between = Csr::new(image.block_count());
        for holder in image.holders() {
            let contents = image.contents(holder).unwrap_or_default();
            words(contents).filter_map(|word| finder.find(word)).for_each(|to| between.push(to));
            between.end_node(holder).ok_or(LoadError::TooLarge)?;
        }
        let (mut named, mut stack) = (Vec::new(), Vec::new());
        for (number, root) in image.roots().iter().enumerate() {
            let entries = match root.kind {
                RootKind::Stack { .. } => &mut stack,
                _ => &mut named,
            };
            let places = (root.range.start..).step_by(8);
            let found = places.zip(words(image.root_memory(root)));
            add(entries, &mut finder, Holder::Root(number as u32), found);
        }
        for (number, thread) in image.threads().iter().enumerate() {
            let registers = (0..).zip(thread.registers.iter().copied());
            add(&mut stack, &mut finder, Holder::Register(number as u32), registers);
        }
        let mut unseen = Vec::new();
        add(&mut unseen, &mut finder, Holder::Unseen, image.unseen());
        for entries in [&mut named, &mut stack, &mut unseen] {
            entries.sort_by_key(|entry| entry.target);
        }
        Ok(Self { between: between.finish(image.block_count()), named, stack, unseen })
    }
}

fn add(
    entries: &mut Vec<Entry>,
    finder: &mut Finder<'_>,
    holder: Holder,
    words: impl Iterator<Item = (u64, u64)>,
) {
    let found = words.filter_map(|(place, word)| {
        finder.find(word).map(|target| Entry { target, holder, place })
    });
    entries.extend(found);
}
