//! Numbers of nodes: odd, of 32 bits, and the same in each capture of a process.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::graph::HeapGraph;
use crate::image::Block;

const ROOT: u32 = 1;

/// The numbers that are in use, and what sites are in every capture.
pub(super) struct Ids {
    used: HashSet<u32>,
    sites: Vec<u64>,
}

impl Ids {
    pub(super) fn new(graph: &HeapGraph) -> Self {
        // A site has another number in another capture, but the same stack and label.
        let sites = (0..graph.image.site_count() as u32).map(|number| {
            let site = graph.image.site(number);
            let label = site.as_ref().and_then(|site| site.label);
            let addresses: Vec<_> = site.iter().flat_map(|site| site.addresses()).collect();
            hash(&(label, addresses))
        });
        Self { used: HashSet::from([ROOT]), sites: sites.collect() }
    }

    pub(super) fn of_root(&self) -> u32 {
        ROOT
    }

    pub(super) fn of_group(&mut self, name: &str) -> u32 {
        self.add(hash(name))
    }

    /// Of a part of a block: the same for an address and site in each capture of a process, but for collisions.
    pub(super) fn of_block(&mut self, block: Block, part: u64) -> u32 {
        let site = self.sites.get(block.site as usize).copied().unwrap_or_default();
        self.add(block.start.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ site ^ part << 32)
    }

    fn add(&mut self, mut hash: u64) -> u32 {
        loop {
            hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let id = (hash >> 32) as u32 | 1;
            if self.used.insert(id) {
                return id;
            }
        }
    }
}

/// The hasher of `std` has fixed keys.
fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
