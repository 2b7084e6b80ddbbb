//! The order in which a search reaches all nodes: from the entries of each class, one class after another.

use super::csr::Csr;

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// All nodes in the order of a depth-first search. Numbers of nodes in this order begin with 1; number 0 is the root
/// above all entries.
#[derive(Debug)]
pub(crate) struct Reach {
    /// The node of each number.
    pub(crate) order: Vec<u32>,
    /// The number of each node.
    pub(crate) number: Vec<u32>,
    /// The number from which each number was reached.
    pub(crate) parent: Vec<u32>,
    /// The first number behind each class.
    pub(crate) ends: Vec<u32>,
    /// The entries of the last class: the fewest nodes from which all that no entry reaches is reached.
    pub(crate) heads: Vec<u32>,
}

impl Reach {
    /// Searches from the entries of each class. What none of them reaches is a class of its own, the last, in which
    /// preferred nodes are the heads of their cycles.
    pub(crate) fn new<'a>(
        edges: &Csr,
        classes: impl IntoIterator<Item = &'a [u32]>,
        is_preferred: impl Fn(u32) -> bool,
    ) -> Self {
        let nodes = edges.nodes();
        let mut reach = Self {
            order: Vec::with_capacity(nodes + 1),
            number: vec![NONE; nodes],
            parent: Vec::with_capacity(nodes + 1),
            ends: Vec::new(),
            heads: Vec::new(),
        };
        reach.order.push(NONE);
        reach.parent.push(0);
        for entries in classes {
            reach.add_class(edges, entries);
        }
        reach.heads = reach.find_heads(edges, is_preferred);
        let heads = std::mem::take(&mut reach.heads);
        reach.add_class(edges, &heads);
        reach.heads = heads;
        reach
    }

    fn add_class(&mut self, edges: &Csr, entries: &[u32]) {
        for &entry in entries {
            if self.number[entry as usize] == NONE {
                self.search(edges, entry);
            }
        }
        self.ends.push(self.order.len() as u32);
    }

    /// Depth first, without recursion: the way back is the list of parents.
    fn search(&mut self, edges: &Csr, entry: u32) {
        let mut current = self.add(entry, 0);
        let mut next = edges.range(entry);
        let mut waiting = Vec::new();
        loop {
            while next.0 < next.1 {
                let target = edges.target(next.0);
                next.0 += 1;
                if self.number[target as usize] == NONE {
                    let added = self.add(target, current);
                    let below = edges.range(target);
                    // Most nodes lead nowhere.
                    if below.0 < below.1 {
                        waiting.push(next.0);
                        (current, next) = (added, below);
                    }
                }
            }
            let Some(place) = waiting.pop() else { return };
            current = self.parent[current as usize];
            next = (place, edges.range(self.order[current as usize]).1);
        }
    }

    fn add(&mut self, node: u32, parent: u32) -> u32 {
        let number = self.order.len() as u32;
        self.number[node as usize] = number;
        self.order.push(node);
        self.parent.push(parent);
        number
    }

    /// A search from each node in turn gives trees. A later tree's first node is reached from no earlier tree, so
    /// the trees are searched again from the last to the first: what is not reached by then is a head. It is the
    /// first node of its cycle, or the only one.
    fn find_heads(&self, edges: &Csr, is_preferred: impl Fn(u32) -> bool) -> Vec<u32> {
        let is_lost = |node: u32| self.number[node as usize] == NONE;
        let lost: Vec<u32> = (0..edges.nodes() as u32).filter(|&node| is_lost(node)).collect();
        let (preferred, others): (Vec<_>, Vec<_>) =
            lost.into_iter().partition(|&node| is_preferred(node));
        let mut search = Search { seen: vec![0; edges.nodes().div_ceil(64)], stack: Vec::new() };
        let mut first = [preferred, others].concat();
        first.retain(|&node| search.from(node, edges, is_lost));
        search.seen.fill(0);
        let mut heads: Vec<u32> =
            first.into_iter().rev().filter(|&node| search.from(node, edges, is_lost)).collect();
        heads.sort_unstable();
        heads
    }

    /// The class of a number.
    pub(crate) fn class(&self, number: u32) -> usize {
        self.ends.iter().position(|&end| number < end).unwrap_or(self.ends.len())
    }
}

/// A search that only remembers where it was.
struct Search {
    seen: Vec<u64>,
    stack: Vec<u32>,
}

impl Search {
    /// False if the node was reached before.
    fn from(&mut self, node: u32, edges: &Csr, is_wanted: impl Fn(u32) -> bool) -> bool {
        if !self.mark(node) {
            return false;
        }
        self.stack.push(node);
        while let Some(node) = self.stack.pop() {
            for &target in edges.of(node) {
                if is_wanted(target) && self.mark(target) {
                    self.stack.push(target);
                }
            }
        }
        true
    }

    fn mark(&mut self, node: u32) -> bool {
        let (word, bit) = (&mut self.seen[node as usize / 64], 1 << (node % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::super::csr::graph;
    use super::*;

    #[test]
    fn each_node_belongs_to_the_first_class_that_reaches_it() {
        let csr = graph(8, &[(0, 1), (1, 2), (3, 2), (3, 4), (5, 6), (6, 5), (7, 6)]);
        let reach = Reach::new(&csr, [&[0][..], &[3, 1]], |_| false);
        let classes: Vec<_> = (0..8).map(|node| reach.class(reach.number[node])).collect();
        assert_eq!(classes, [0, 0, 0, 1, 1, 2, 2, 2]);
        assert_eq!((&*reach.ends, &*reach.heads), (&[4, 6, 9][..], &[7][..]));
        assert_eq!(reach.order[1..6], [0, 1, 2, 3, 4]);
        assert_eq!(reach.parent[..6], [0, 0, 1, 2, 0, 4]);
    }

    #[test]
    fn a_preferred_node_is_the_head_of_its_cycle() {
        let csr = graph(4, &[(0, 1), (1, 0), (2, 3), (3, 2)]);
        assert_eq!(Reach::new(&csr, [], |node| node % 2 == 1).heads, [1, 3]);
        assert_eq!(Reach::new(&csr, [], |_| false).heads, [0, 2]);
    }

    #[test]
    fn heads_are_as_few_as_reach_everything() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let nodes = random.usize(1..20);
            let edge = |random: &mut fastrand::Rng| {
                (random.u32(..nodes as u32), random.u32(..nodes as u32))
            };
            let edges: Vec<_> = (0..random.usize(..2 * nodes)).map(|_| edge(&mut random)).collect();
            let csr = graph(nodes, &edges);
            let heads = Reach::new(&csr, [], |node| node % 3 == 0).heads;
            let reaches = |from: &[u32]| {
                let mut search = Search { seen: vec![0; 1], stack: Vec::new() };
                from.iter().for_each(|&node| _ = search.from(node, &csr, |_| true));
                search.seen[0]
            };
            assert_eq!(reaches(&heads).count_ones() as usize, nodes, "{edges:?}");
            for (index, head) in heads.iter().enumerate() {
                let mut others = heads.clone();
                others.remove(index);
                assert_eq!(reaches(&others) >> head & 1, 0, "{edges:?}: {head} is reached");
            }
        }
    }
}
