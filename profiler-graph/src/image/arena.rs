//! The lists of free memory of glibc's allocator, which are among the roots.
//!
//! A free chunk is known by its header, and that lies in the last bytes of the block before it. So a word of such a
//! list leads to a block that it does not hold. `main_arena` has no symbol in a stripped library, so it is known by
//! its contents.

use std::ops::Range;

use mem_profile_format::heap_layout::WORD;

use super::root::Root;
use super::section::words;

/// Lists of chunks by size, each with its first and its last chunk. Of these, the last is never used.
const LISTS: usize = 127;
const LIST: u64 = 2 * WORD as u64;
/// Bytes of an arena before its lists (a lock, fast lists, the last chunk), and behind (a map of lists, two arenas).
const BEFORE: u64 = 0x70;
const BEHIND: u64 = 0x20;
/// Heaps of other arenas begin at a multiple of this, and the first one of an arena with it.
const HEAP: u64 = 64 << 20;
const HEAP_HEADER: u64 = 0x30;
const ARENA: u64 = 0x898;

/// Whether a word is one of another arena than the main one.
pub(super) fn is_in_heap(place: u64, word: u64) -> bool {
    place % HEAP < HEAP_HEADER + ARENA && place / HEAP == word / HEAP
}

/// The arenas in a root.
pub(super) fn arenas(root: &Root, memory: &[u8]) -> Vec<Range<u64>> {
    let words: Vec<u64> = words(memory).collect();
    let place = |index: usize| root.range.start + (index * WORD) as u64;
    // An empty list leads to itself, as if its two words lay in a chunk.
    let is_empty = |index: usize| {
        let own = place(index).wrapping_sub(LIST);
        words.get(index..index + 2) == Some(&[own, own])
    };
    let is_list = |index: usize| {
        let is_chunk = |&word: &u64| word != 0 && word.is_multiple_of(16);
        is_empty(index) || words[index..index + 2].iter().all(is_chunk)
    };
    let mut found = Vec::new();
    for last in 2 * (LISTS - 1)..words.len() {
        let first = last - 2 * (LISTS - 1);
        if is_empty(last) && !is_empty(last + 2) && (first..last).step_by(2).all(is_list) {
            found.push(place(first).saturating_sub(BEFORE)..place(last) + LIST + BEHIND);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::builder::ImageBuilder;
    use crate::class::Class;
    use crate::graph::HeapGraph;
    use crate::image::Image;

    const STATICS: u64 = 0x7f00_0000_0c80;

    /// A library whose statics are a word, an arena and a word; each list with chunks leads to `chunk`.
    fn statics(full: impl Fn(usize) -> bool, chunk: u64, around: u64) -> Vec<u64> {
        let mut words = vec![around; 1];
        words.extend([0, 0, chunk, 0, 0, 0, 0, 0, 0, 0, 0, 0, chunk, chunk]);
        for list in 0..127 {
            let own = STATICS + 8 * (words.len() as u64) - 16;
            words.extend(if full(list) { [chunk; 2] } else { [own; 2] });
        }
        words.extend([0x40, 0, STATICS + 8, chunk, around]);
        words
    }

    fn classes(statics: &[u64]) -> [Class; 2] {
        let mut image = ImageBuilder::new();
        image.site(0, 0, &[]);
        image.block(0x1_0000, 24, 0);
        image.block(0x1_0030, 24, 0);
        image.module("/lib/libc.so.6", 0x7f00_0000_0000, &[]);
        image.statics(STATICS, statics);
        let graph = HeapGraph::new(Image::read(image.build()).expect("a capture"));
        let graph = graph.expect("a graph");
        [0, 1].map(|block| graph.class(block))
    }

    #[test]
    fn a_block_before_free_memory_is_not_held_by_the_list_of_it() {
        let (chunk, other) = (0x1_0010, 0x1_0030);
        for full in [|_| false, |list| list < 126, |list| list == 0 || list == 125] {
            assert_eq!(classes(&statics(full, chunk, other)), [Class::Lost, Class::Named]);
        }
        // One list that is not one, and it is no arena.
        let mut broken = statics(|list| list == 3, chunk, other);
        broken[40] = 0;
        assert_eq!(classes(&broken), [Class::Named, Class::Named]);
    }

    #[test]
    fn a_block_before_free_memory_is_not_held_by_the_arena_of_a_thread() {
        let held_at = |place| {
            let mut image = ImageBuilder::new();
            image.site(0, 0, &[]);
            image.block(0x7f00_0000_2000, 24, 0);
            image.unseen(place, 0x7f00_0000_2010);
            let graph = HeapGraph::new(Image::read(image.build()).expect("a capture"));
            graph.expect("a graph").class(0)
        };
        assert_eq!(held_at(0x7f00_0000_0090), Class::Lost);
        assert_eq!(held_at(0x7f00_0000_0a00), Class::Unseen, "behind the arena");
        assert_eq!(held_at(0x7f10_0000_0090), Class::Unseen, "in another heap");
    }
}
