//! The fields by which blocks hold those that they alone hold.

use std::collections::HashMap;

use crate::ask::without_indices;
use crate::graph::HeapGraph;

/// For each block its field in the one that alone holds it, without indices.
pub(super) struct Fields {
    names: Vec<String>,
    of_block: Vec<u32>,
}

impl Fields {
    /// Looks at each block once, however many it holds. A block whose type is not known has no fields.
    pub(super) fn new(graph: &HeapGraph) -> Self {
        let mut fields = Self { names: vec![String::new()], of_block: Vec::new() };
        fields.of_block = vec![0; graph.image.block_count()];
        let mut known: HashMap<String, u32> = HashMap::new();
        let is_known = |&block: &u32| graph.typed.form(block).is_some();
        for block in graph.image.holders().map(|block| block as u32).filter(is_known) {
            for (offset, target, holds) in graph.pointers(block) {
                let place = target as usize;
                if !holds || fields.of_block[place] != 0 || graph.dominator(target) != Some(block) {
                    continue;
                }
                let label = graph.label(block, offset).unwrap_or_default();
                if label.is_empty() {
                    continue;
                }
                let next = fields.names.len() as u32;
                let number = *known.entry(without_indices(&label)).or_insert_with_key(|label| {
                    fields.names.push(label.clone());
                    next
                });
                fields.of_block[place] = number;
            }
        }
        fields
    }

    /// The number of a block's field; 0 if it has none.
    pub(super) fn of(&self, block: u32) -> u32 {
        self.of_block[block as usize]
    }

    pub(super) fn name(&self, field: u32) -> &str {
        &self.names[field as usize]
    }
}
