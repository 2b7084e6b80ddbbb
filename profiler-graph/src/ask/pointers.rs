//! The words of a block that lead to blocks.

use crate::graph::HeapGraph;
use crate::layout::{Holds, Pointer};
use crate::walk::Means;

impl HeapGraph {
    /// The words of a block that lead to blocks: their offsets, these blocks, and whether they hold them.
    pub(crate) fn pointers(&self, block: u32) -> Vec<(u64, u32, bool)> {
        let weak = &self.edges.weak;
        let first = weak.partition_point(|&(from, _)| from < block);
        let weak = weak[first..].iter().take_while(|&&(from, _)| from == block);
        let mut weak = weak.map(|&(_, target)| target).peekable();
        let mut strong = self.edges.between.of(block).iter().copied().peekable();
        let mut found = Vec::new();
        self.typed.scan_block(&self.image, block, |word| {
            let leads = |target: Option<&u32>| {
                target.is_some_and(|&target| {
                    let block = self.block(target);
                    (block.start..block.end()).contains(&word.word)
                })
            };
            let is_weak =
                matches!(word.means, Means::Pointer(Pointer { holds: Holds::Weak(_), .. }, _));
            // They are in the order of the words. A weak pointer may hold, and another one may not.
            if !is_weak && leads(strong.peek())
                || is_weak && !leads(weak.peek()) && leads(strong.peek())
            {
                found.extend(strong.next().map(|target| (word.offset, target, true)));
            } else if leads(weak.peek()) {
                found.extend(weak.next().map(|target| (word.offset, target, false)));
            }
        });
        found
    }

    /// Where the first word of a block is that holds another one.
    pub(crate) fn offset_of(&self, from: u32, to: u32) -> Option<u64> {
        let mut found = None;
        let to = self.block(to);
        self.typed.scan_block(&self.image, from, |word| {
            if found.is_none() && (to.start..to.end()).contains(&word.word) {
                found = Some(word.offset);
            }
        });
        found
    }

    /// The fields on the way to a word of a block, such as `payload.vec` or `[250]`. Empty if there is nothing to say,
    /// and `None` if the block's type is not known.
    pub(crate) fn label(&self, block: u32, offset: u64) -> Option<String> {
        self.typed.path_in_block(&self.image, block, offset).map(|path| path.text)
    }

    /// The variable at a place of a root with the fields in it.
    pub(crate) fn variable_at(&self, place: u64) -> Option<String> {
        let (variable, path) = self.typed.path_in_root(&self.image, place)?;
        let variable = &self.typed.variables[variable as usize];
        let name = variable.short_name();
        let dot = if path.text.is_empty() || path.text.starts_with('[') { "" } else { "." };
        Some(format!("{name}{dot}{}", path.text))
    }
}
