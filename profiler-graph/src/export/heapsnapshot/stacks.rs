//! The stacks at which blocks were allocated, as one tree of calls, the outermost call first.

use std::collections::HashMap;

use super::calls::{Call, Calls};
use crate::debug::Store;
use crate::graph::HeapGraph;

/// A call below others, and the blocks that were allocated by it.
pub(super) struct CallNode {
    pub(super) function: u32,
    pub(super) blocks: u64,
    pub(super) bytes: u64,
    pub(super) below: Vec<u32>,
}

/// All stacks. The first function and node are the root of the tree.
pub(super) struct Stacks {
    pub(super) functions: Vec<Call>,
    pub(super) nodes: Vec<CallNode>,
    of_site: Vec<u32>,
    known_functions: HashMap<Call, u32>,
    known_nodes: HashMap<(u32, u32), u32>,
}

impl Stacks {
    pub(super) fn new(graph: &HeapGraph) -> Self {
        let (store, mut known) = (Store::default(), HashMap::new());
        let mut calls = Calls::new(graph, &store);
        let mut stacks = Self {
            functions: Vec::new(),
            nodes: Vec::new(),
            of_site: vec![0; graph.image.site_count()],
            known_functions: HashMap::new(),
            known_nodes: HashMap::new(),
        };
        let root = Call { function: "(root)".to_owned(), ..Call::default() };
        let root = stacks.function(&root);
        stacks.add(root);
        for block in graph.image.blocks() {
            if stacks.of_site[block.site as usize] == 0 {
                stacks.of_site[block.site as usize] =
                    stacks.node_of(&mut calls, block.site, &mut known);
            }
            let node = stacks.of_site[block.site as usize];
            stacks.nodes[node as usize].blocks += 1;
            stacks.nodes[node as usize].bytes += block.size;
        }
        stacks
    }

    /// The number of a node in the file, which the root has none of.
    pub(super) fn of_site(&self, site: u32) -> u32 {
        match self.of_site.get(site as usize).copied().unwrap_or_default() {
            0 => 0,
            node => node + 1,
        }
    }

    fn node_of(
        &mut self,
        calls: &mut Calls<'_>,
        site: u32,
        known: &mut HashMap<u64, Vec<u32>>,
    ) -> u32 {
        let mut node = 0;
        for address in calls.addresses(site).into_iter().rev() {
            let functions = known.entry(address).or_insert_with(|| {
                calls.at(address).iter().map(|call| self.function(call)).collect()
            });
            for &function in &*functions {
                let next = self.nodes.len() as u32;
                let below = *self.known_nodes.entry((node, function)).or_insert(next);
                if below == next {
                    self.nodes[node as usize].below.push(next);
                    self.add(function);
                }
                node = below;
            }
        }
        node
    }

    fn add(&mut self, function: u32) {
        self.nodes.push(CallNode { function, blocks: 0, bytes: 0, below: Vec::new() });
    }

    fn function(&mut self, call: &Call) -> u32 {
        if let Some(&known) = self.known_functions.get(call) {
            return known;
        }
        let next = self.functions.len() as u32;
        self.functions.push(call.clone());
        self.known_functions.insert(call.clone(), next);
        next
    }
}
