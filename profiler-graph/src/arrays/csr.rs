//! The edges of a graph, in two arrays.

/// Edges of nodes `0..n`: those of a node lie side by side.
#[derive(Debug, Default)]
pub(crate) struct Csr {
    /// Where the edges of each node begin, and at last where those of the last one end.
    offsets: Vec<u32>,
    targets: Vec<u32>,
}

impl Csr {
    /// Without a node.
    pub(crate) fn new(nodes: usize) -> Self {
        let mut offsets = Vec::with_capacity(nodes + 1);
        offsets.push(0);
        Self { offsets, targets: Vec::new() }
    }

    /// Adds an edge of the node that is added next.
    #[inline]
    pub(crate) fn push(&mut self, target: u32) {
        self.targets.push(target);
    }

    /// Adds nodes up to this one, which has all edges that were pushed since the last node. `None` if there are more
    /// edges than can be numbered.
    #[inline]
    pub(crate) fn end_node(&mut self, node: usize) -> Option<()> {
        let before = *self.offsets.last()?;
        self.offsets.resize(node + 1, before);
        self.offsets.push(u32::try_from(self.targets.len()).ok()?);
        Some(())
    }

    /// Adds nodes without edges, up to this number of nodes.
    pub(crate) fn finish(mut self, nodes: usize) -> Self {
        let last = self.targets.len() as u32;
        self.offsets.resize(nodes + 1, last);
        self.targets.shrink_to_fit();
        self
    }

    pub(crate) fn nodes(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(crate) fn edges(&self) -> usize {
        self.targets.len()
    }

    /// The nodes to which a node leads, as often as it does.
    #[inline]
    pub(crate) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.targets[self.offsets[node] as usize..self.offsets[node + 1] as usize]
    }

    /// The places of a node's edges among all edges.
    #[inline]
    pub(crate) fn range(&self, node: u32) -> (u32, u32) {
        let node = node as usize;
        (self.offsets[node], self.offsets[node + 1])
    }

    /// The target of the edge at a place.
    #[inline]
    pub(crate) fn target(&self, place: u32) -> u32 {
        self.targets[place as usize]
    }

    /// Takes edges out, and gives them.
    pub(crate) fn take(&mut self, is_taken: impl Fn(u32, u32) -> bool) -> Vec<(u32, u32)> {
        let (mut taken, mut kept, nodes) = (Vec::new(), 0, self.nodes());
        for node in 0..nodes {
            let (start, end) = self.range(node as u32);
            self.offsets[node] = kept as u32;
            for place in start as usize..end as usize {
                let target = self.targets[place];
                if is_taken(node as u32, target) {
                    taken.push((node as u32, target));
                } else {
                    self.targets[kept] = target;
                    kept += 1;
                }
            }
        }
        self.offsets[nodes] = kept as u32;
        self.targets.truncate(kept);
        taken
    }

    /// The same edges, of the nodes to which they lead.
    pub(crate) fn reversed(&self) -> Self {
        let nodes = self.nodes();
        // Each offset is first where its node's edges end, and goes down to where they begin.
        let mut offsets = vec![0_u32; nodes + 1];
        for &target in &self.targets {
            offsets[target as usize] += 1;
        }
        let mut sum = 0;
        for offset in &mut offsets {
            sum += *offset;
            *offset = sum;
        }
        let mut targets = vec![0; self.edges()];
        for node in (0..nodes as u32).rev() {
            for &target in self.of(node) {
                let place = &mut offsets[target as usize];
                *place -= 1;
                targets[*place as usize] = node;
            }
        }
        Self { offsets, targets }
    }
}

#[cfg(test)]
pub(super) fn graph(nodes: usize, edges: &[(u32, u32)]) -> Csr {
    let mut csr = Csr::new(nodes);
    let mut edges = edges.to_vec();
    edges.sort_unstable();
    for edges in edges.chunk_by(|one, other| one.0 == other.0) {
        edges.iter().for_each(|&(_, target)| csr.push(target));
        csr.end_node(edges[0].0 as usize).expect("few edges");
    }
    csr.finish(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_kept_and_reversed() {
        let csr = graph(5, &[(1, 3), (1, 1), (3, 0), (1, 3)]);
        let of = |csr: &Csr| (0..5).map(|node| csr.of(node).to_vec()).collect::<Vec<_>>();
        assert_eq!(of(&csr), [vec![], vec![1, 3, 3], vec![], vec![0], vec![]]);
        assert_eq!(of(&csr.reversed()), [vec![3], vec![1], vec![], vec![1, 1], vec![]]);
        assert_eq!((csr.nodes(), csr.edges()), (5, 4));
    }
}
