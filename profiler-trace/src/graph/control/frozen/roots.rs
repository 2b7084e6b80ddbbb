//! Memory that the program reaches without a block.

use core::ops::Range;

use mem_profile_format::heap_layout::{NONE, kind, root};

use super::maps::Maps;
use super::pages::Pages;
use super::room::Room;
use super::write::Writer;
use crate::graph::control::modules::{Module, WRITABLE};

/// A piece of such memory.
#[derive(Clone)]
pub(super) struct RootMemory {
    pub(super) kind: u64,
    pub(super) thread: u64,
    pub(super) module: u64,
    pub(super) range: Range<usize>,
}

#[derive(Clone, Copy)]
struct Piece {
    kind: u64,
    thread: u64,
    module: u64,
    start: usize,
    end: usize,
}

/// In the place of a kind: memory that is of no interest, such as the unused part of a stack.
const IGNORED: u64 = u64::MAX;

/// All of it.
pub(super) struct Roots(Room<Piece>);

impl Roots {
    /// The writable segments of all modules.
    pub(super) fn of_modules(modules: &[Module]) -> Result<Self, i32> {
        let mut roots = Self(Room::new()?);
        for (number, module) in modules.iter().enumerate() {
            let is_writable = |flags: u32| flags & WRITABLE != 0;
            for segment in module.segments.iter().filter(|segment| is_writable(segment.flags)) {
                let (all, fixed) = (&segment.range, &module.read_only);
                let before = all.start..all.end.min(fixed.start.max(all.start));
                let behind = all.start.max(fixed.end.min(all.end))..all.end;
                let parts = if fixed.is_empty() { [all.clone(), 0..0] } else { [before, behind] };
                for range in parts {
                    let module = number as u64;
                    roots.add(RootMemory { kind: root::STATIC, thread: NONE, module, range })?;
                }
            }
        }
        Ok(roots)
    }

    /// Adds a root. Memory that several claim is the first one's.
    pub(super) fn add(&mut self, memory: RootMemory) -> Result<(), i32> {
        let RootMemory { kind, thread, module, range } = memory;
        // Whole words: what lies between is read as words.
        let (start, end) = (range.start.next_multiple_of(8), range.end & !7);
        if start >= end {
            return Ok(());
        }
        self.0.push(Piece { kind, thread, module, start, end })
    }

    /// Memory that is not to be searched.
    pub(super) fn ignore(&mut self, range: Range<usize>) -> Result<(), i32> {
        self.add(RootMemory { kind: IGNORED, thread: NONE, module: NONE, range })
    }

    /// Puts them into the order of addresses, so that none overlaps another one, and each can be read.
    pub(super) fn finish(&mut self, maps: &Maps) {
        let pieces = self.0.get_mut();
        pieces.sort_unstable_by_key(|piece| (piece.start, piece.end));
        let mut free = 0;
        for piece in pieces {
            piece.start = piece.start.max(free);
            if piece.kind != IGNORED && piece.start < piece.end {
                piece.end = maps.readable(piece.start..piece.end).end;
            }
            free = free.max(piece.end);
        }
    }

    /// All of it, by address, with what is ignored; parts may be empty.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.0.get().iter().map(|piece| piece.start..piece.end)
    }

    /// Each with its memory. Parts that were never written are left out.
    pub(super) fn write(&self, maps: &Maps, pages: &Pages, writer: &mut Writer) -> Result<(), i32> {
        let pieces = self.0.get().iter();
        for piece in pieces.filter(|piece| piece.kind != IGNORED && piece.start < piece.end) {
            let mut at = piece.start;
            while at < piece.end
                && let Some((_, mapping)) = maps.at(at)
            {
                let part = at..piece.end.min(mapping.end);
                at = part.end;
                pages.each(part, &mapping, &mut |part| {
                    writer.section(kind::ROOT, (root::SIZE + part.len()) as u64)?;
                    writer.words(&[piece.kind, piece.thread, piece.module, part.start as u64])?;
                    writer.memory(part)
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_root_overlaps_another_one() {
        let memory = vec![1_u64; 1000];
        let start = memory.as_ptr().addr();
        let mut roots = Roots(Room::new().unwrap());
        let mut add = |kind, from: usize, to: usize| {
            let range = start + from..start + to;
            roots.add(RootMemory { kind, thread: NONE, module: NONE, range }).unwrap();
        };
        add(root::STATIC, 800, 1600);
        add(root::STACK, 3, 900);
        add(root::THREAD_LOCAL, 1000, 1200);
        add(root::THREAD_LOCAL, 2000, 2000);
        roots.ignore(start + 1592..start + 2400).unwrap();
        roots.finish(&Maps::read().unwrap());
        let ranges = roots.ranges().filter(|range| !range.is_empty());
        let ranges: Vec<_> = ranges.map(|range| (range.start - start, range.end - start)).collect();
        assert_eq!(ranges, [(8, 896), (896, 1600), (1600, 2400)]);
    }
}
