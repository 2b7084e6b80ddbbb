//! How far the types of blocks are known, and what follows from that.

use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, size};

impl HeapGraph {
    /// Notes about edges.
    pub(super) fn notes_of_edges(&self) -> Vec<String> {
        let mut notes = Vec::from_iter(self.note_of_types());
        notes.extend(self.note_of_weakly_held());
        if self.edges.unheld > 0 {
            notes.push(format!(
                "{} in cycles that nobody holds: stale words led there, which are left out.",
                count(self.edges.unheld, "block")
            ));
        }
        notes
    }

    fn note_of_types(&self) -> Option<String> {
        let is_known = |block: &u32| self.typed.is_certain(*block);
        let (mut blocks, mut bytes) = (0, 0);
        let holders = || self.image.holders().map(|holder| holder as u32);
        for block in holders().filter(|block| !is_known(block)) {
            blocks += 1;
            bytes += self.block(block).size;
        }
        if self.typed.blocks() == 0 {
            let note = "Every word that lies in a block counts as a pointer to it. So some lost blocks may look held, \
                        and a weak pointer as a strong one.";
            return Some(note.to_owned());
        }
        let note = || {
            format!(
                "{} of {} that lead anywhere have no certain type ({}): each of their words counts as a pointer.",
                blocks,
                count(holders().count() as u64, "block"),
                size(bytes)
            )
        };
        (blocks > 0).then(note)
    }

    /// Blocks that only weak pointers hold.
    fn note_of_weakly_held(&self) -> Option<String> {
        let mut weakly_held = self.edges.weakly_held.clone();
        weakly_held.sort_unstable();
        let alone = weakly_held.chunk_by(|one, other| one == other).filter(|found| {
            let block = found[0];
            let outside: usize =
                Class::ALL.iter().map(|&class| self.entries_of(block, class).len()).sum();
            self.backward().of(block).len() + outside == found.len()
        });
        let (blocks, bytes) = alone
            .fold((0, 0), |(blocks, bytes), found| (blocks + 1, bytes + self.block(found[0]).size));
        let note = || {
            format!(
                "Weak pointers alone hold {} ({}) as memory: the value is gone, or its counts were not captured.",
                count(blocks, "block"),
                size(bytes)
            )
        };
        (blocks > 0).then(note)
    }
}
