//! Shortest ways from outside to each node.

use super::csr::Csr;
use super::reach::NONE;

/// The node before each on a shortest way from the first entries that reach it; an entry's is itself.
pub(crate) fn nearest<'a>(edges: &Csr, classes: impl IntoIterator<Item = &'a [u32]>) -> Vec<u32> {
    let mut before = vec![NONE; edges.nodes()];
    let mut queue = Vec::new();
    for entries in classes {
        queue.clear();
        for &entry in entries {
            visit(&mut before, &mut queue, entry, entry);
        }
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &target in edges.of(node) {
                visit(&mut before, &mut queue, target, node);
            }
        }
    }
    before
}

#[inline]
fn visit(before: &mut [u32], queue: &mut Vec<u32>, node: u32, from: u32) {
    let place = &mut before[node as usize];
    if *place == NONE {
        *place = from;
        queue.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::super::csr::graph;
    use super::*;

    #[test]
    fn ways_are_as_short_as_can_be_and_begin_with_the_first_class() {
        let csr = graph(6, &[(0, 1), (1, 2), (0, 3), (3, 2), (2, 4), (5, 4), (4, 5)]);
        assert_eq!(nearest(&csr, [&[0][..], &[5]]), [0, 0, 1, 0, 2, 4]);
        assert_eq!(nearest(&csr, [&[5][..], &[0]]), [0, 0, 1, 0, 5, 5]);
    }
}
