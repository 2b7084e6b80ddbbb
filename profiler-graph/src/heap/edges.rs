//! Which block leads to which, and which are led to from outside of all blocks.
//!
//! Where a type is known, only what it says leads anywhere. All else is conservative: each word that lies in a block
//! leads to it, also to its middle, whatever the word means.

use super::index::{Finder, Index};
use crate::arrays::Csr;
use crate::image::{Image, LoadError, RootKind};
use crate::layout::{Holds, Pointer};
use crate::walk::{Means, Typed, Word, word};

/// All edges.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    /// Those that hold.
    pub(crate) between: Csr,
    /// Those that do not, by weak pointers to values that are there: from and to, in the order of the first.
    pub(crate) weak: Vec<(u32, u32)>,
    /// Blocks whose value is gone, and that a weak pointer holds as memory. A block may be there more than once.
    pub(crate) weakly_held: Vec<u32>,
    /// Blocks of cycles that nobody holds, though stale words lead to them, with all that these alone own.
    pub(crate) unheld: u64,
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
    pub(crate) fn new(image: &Image, index: &Index, typed: &Typed) -> Result<Self, LoadError> {
        let mut finder = index.finder(image);
        let (mut weak, mut weakly_held) = (Vec::new(), Vec::new());
        let mut between = Csr::new(image.block_count());
        for holder in image.holders() {
            typed.scan_block(image, holder as u32, |word| {
                let Some(target) = finder.find(word.word) else { return };
                match weakness(image, target, &word) {
                    Weakness::Weak => weak.push((holder as u32, target)),
                    Weakness::Memory => {
                        weakly_held.push(target);
                        between.push(target);
                    }
                    Weakness::None => between.push(target),
                }
            });
            between.end_node(holder).ok_or(LoadError::TooLarge)?;
        }
        let between = between.finish(image.block_count());
        let mut edges = Self { between, weak, weakly_held, ..Self::default() };
        edges.add_roots(image, &mut finder, typed);
        for entries in [&mut edges.named, &mut edges.stack, &mut edges.unseen] {
            entries.sort_by_key(|entry| entry.target);
        }
        Ok(edges)
    }

    fn add_roots(&mut self, image: &Image, finder: &mut Finder<'_>, typed: &Typed) {
        for (number, root) in image.roots().iter().enumerate() {
            let entries = match root.kind {
                RootKind::Stack { .. } => &mut self.stack,
                _ => &mut self.named,
            };
            typed.scan_root(image, number, |word| {
                let Some(target) = finder.find(word.word) else { return };
                let (holder, place) = (Holder::Root(number as u32), root.range.start + word.offset);
                if image.is_free_list(place, word.word) {
                    return;
                }
                match weakness(image, target, &word) {
                    Weakness::Weak => return,
                    Weakness::Memory => self.weakly_held.push(target),
                    Weakness::None => {}
                }
                entries.push(Entry { target, holder, place });
            });
        }
        let mut add = |entries: &mut Vec<Entry>, holder, place, word| {
            entries.extend(finder.find(word).map(|target| Entry { target, holder, place }));
        };
        for (number, thread) in (0..).zip(image.threads()) {
            for (place, &word) in (0..).zip(&thread.registers) {
                add(&mut self.stack, Holder::Register(number), place, word);
            }
        }
        for (place, word) in image.unseen().filter(|&(at, word)| !image.is_free_list(at, word)) {
            add(&mut self.unseen, Holder::Unseen, place, word);
        }
    }
}

enum Weakness {
    None,
    /// It holds the memory of a value that is gone, or whose count was not captured.
    Memory,
    Weak,
}

#[inline]
fn weakness(image: &Image, target: u32, found: &Word<'_>) -> Weakness {
    let Means::Pointer(Pointer { holds: Holds::Weak(counts), .. }, _) = found.means else {
        return Weakness::None;
    };
    match image.contents(target as usize).map(|bytes| word(bytes, counts.strong)) {
        Some(1..) => Weakness::Weak,
        _ => Weakness::Memory,
    }
}
