//! Blocks that somebody may be changing at the moment of the capture.
//!
//! In the middle of a change a type does not tell the whole truth: while a vector is drained or an element inserted,
//! elements lie behind its length; while a table is rehashed, its buckets look empty; while an `Rc` is dropped, its
//! strong count is zero; while a future is polled, its state is the one before. Whoever does such a thing has a pointer
//! to it on a stack or in a register, so every word counts of what these lead to.

use super::scan::Container;
use crate::heap::Finder;
use crate::image::{Image, RootKind, words};

#[derive(Debug, Default)]
pub(super) struct Busy {
    /// A bit for each block.
    blocks: Vec<u64>,
    /// Words of stacks that are addresses, sorted.
    addresses: Vec<u64>,
}

impl Busy {
    pub(super) fn new(image: &Image, finder: &mut Finder<'_>) -> Self {
        let blocks = vec![0; image.block_count().div_ceil(64)];
        let mut busy = Self { blocks, addresses: Vec::new() };
        let stacks =
            image.roots().iter().filter(|root| matches!(root.kind, RootKind::Stack { .. }));
        let stacks = stacks.flat_map(|root| words(image.root_memory(root)));
        let registers = image.threads().iter().flat_map(|thread| thread.registers.iter().copied());
        let unseen = image.unseen().map(|(_, word)| word);
        for word in stacks.chain(registers).chain(unseen) {
            if let Some(block) = finder.find(word) {
                busy.mark(block);
                busy.addresses.push(word);
            } else if is_in_root(image, word) {
                busy.addresses.push(word);
            }
        }
        busy.addresses.sort_unstable();
        busy.addresses.dedup();
        busy
    }

    pub(super) fn mark(&mut self, block: u32) {
        self.blocks[block as usize / 64] |= 1 << (block % 64);
    }

    pub(super) fn has(&self, block: u32) -> bool {
        self.blocks.get(block as usize / 64).is_some_and(|group| group >> (block % 64) & 1 == 1)
    }

    /// Whether a stack has the address of a container whose pointer is at this one.
    pub(super) fn has_container(&self, container: &Container<'_>, pointer: u64) -> bool {
        let offset = match container {
            Container::Vec { of, .. } => of.pointer,
            Container::Ring { of, .. } => of.pointer,
            Container::Table { of, .. } => of.control,
            Container::Tree { of } => of.root,
        };
        self.addresses.binary_search(&pointer.wrapping_sub(offset)).is_ok()
    }
}

fn is_in_root(image: &Image, address: u64) -> bool {
    let behind = image.roots().partition_point(|root| root.range.start <= address);
    behind.checked_sub(1).is_some_and(|root| address < image.roots()[root].range.end)
}
