//! What a reader should know first.

use crate::graph::HeapGraph;
use crate::image::{Missing, SiteState};
use crate::text::{count, name, size};

impl HeapGraph {
    /// What a reader should know before any figure.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let process = self.image.process();
        let mut notes: Vec<String> = Vec::new();
        if !process.was_stopped {
            notes.push(
                "Threads were not stopped, so some blocks may be in the wrong class, and registers were not seen."
                    .to_owned(),
            );
        }
        notes.extend(self.image.missing().iter().map(|missing| match missing {
            Missing::Thread { number, name: thread } => {
                format!(
                    "Thread {} ({number}) did not stop: what its registers hold looks lost.",
                    name(thread)
                )
            }
            Missing::Memory { range, name: mapping } => {
                let bytes = size(range.end - range.start);
                format!("{bytes} of {} at {:#x} were not read.", name(mapping), range.start)
            }
        }));
        if !process.unseen_searched {
            notes.push(
                "Memory outside of blocks, statics and stacks was not searched: what it holds looks lost."
                    .to_owned(),
            );
        }
        notes.extend(self.note_of_sites());
        notes.extend(self.note_of_untyped());
        notes.extend(self.notes_of_lines.iter().cloned());
        if self.image.skipped() > 0 {
            let sections = count(self.image.skipped() as u64, "part");
            notes.push(format!(
                "{sections} of the file are unknown to this version and were skipped."
            ));
        }
        notes.extend(self.notes_of_edges());
        notes.extend(self.notes_of_suppressions());
        notes
    }

    /// How much was allocated without a whole stack.
    fn note_of_sites(&self) -> Option<String> {
        let (mut blocks, mut bytes) = (0, 0);
        let sites = 0..self.image.site_count() as u32;
        let is_whole =
            |site| self.image.site(site).is_some_and(|site| site.state == SiteState::Complete);
        let whole: Vec<_> = sites.map(is_whole).collect();
        for block in self.image.blocks().filter(|block| !whole[block.site as usize]) {
            blocks += 1;
            bytes += block.size;
        }
        let note = || format!("{} of {} have no whole stack.", size(bytes), count(blocks, "block"));
        (blocks > 0).then(note)
    }

    /// How much is of no known type, where types were looked for.
    fn note_of_untyped(&self) -> Option<String> {
        let untyped = self.untyped();
        let bytes = untyped.blocks.iter().map(|&block| self.block(block).size).sum();
        let (bytes, of) = (size(bytes), count(untyped.len() as u64, "block"));
        let note = || {
            format!(
                "{bytes} in {of} have no known type: they are called by the lines that allocated them."
            )
        };
        (self.has_symbols && !untyped.is_empty()).then(note)
    }
}
