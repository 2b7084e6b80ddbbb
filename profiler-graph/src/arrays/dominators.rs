//! Dominators: which nodes are reached through one node alone. Semi-NCA, after Georgiadis, without recursion.

use super::csr::Csr;
use super::reach::Reach;

/// The dominator of each number of a [`Reach`]; 0 is the root above all.
pub(crate) struct Dominators {
    pub(crate) parent: Vec<u32>,
}

/// A number in the forest of those that were looked at. At last it is where a search for dominators may jump to.
#[derive(Clone, Copy)]
struct Link {
    /// A number above it, in the same tree while the searches go on.
    above: u32,
    /// The least semidominator between it and `above`; at last its depth.
    least: u32,
}

impl Dominators {
    /// `entries` says of each node whether something outside leads to it, of the class that it belongs to. Edges
    /// between classes are left out: a node of an earlier class is not held by one of a later.
    pub(crate) fn new(reach: &Reach, backward: &Csr, entries: impl Fn(u32) -> bool) -> Self {
        let count = reach.order.len() as u32;
        let link = |number: u32| Link { above: reach.parent[number as usize], least: number };
        let mut links: Vec<Link> = (0..count).map(link).collect();
        let mut semi = vec![0_u32; count as usize];
        let mut path = Vec::new();
        let mut class_end = count;
        for number in (1..count).rev() {
            if reach.ends.contains(&(number + 1)) {
                class_end = number + 1;
            }
            let node = reach.order[number as usize];
            let mut least = if entries(node) { 0 } else { reach.parent[number as usize] };
            for &from in backward.of(node) {
                if least == 0 {
                    break;
                }
                let from = reach.number[from as usize];
                if from < class_end {
                    least = least.min(evaluate(&mut links, from, number, &mut path));
                }
            }
            semi[number as usize] = least;
            links[number as usize].least = least;
        }
        Self { parent: nearest_common(reach, &semi, links) }
    }
}

/// The least semidominator above `from`, up to a number that was not looked at, and shortens the way there. Numbers
/// above `last` were.
#[inline]
fn evaluate(links: &mut [Link], from: u32, last: u32, path: &mut Vec<u32>) -> u32 {
    let mut current = from;
    while links[current as usize].above > last {
        path.push(current);
        current = links[current as usize].above;
    }
    let mut top = links[current as usize];
    while let Some(below) = path.pop() {
        let link = &mut links[below as usize];
        *link = Link { above: top.above, least: link.least.min(top.least) };
        top = *link;
    }
    top.least
}

/// The dominator of a number is the nearest one above its parent that is no higher than its semidominator.
///
/// Each number also has a link that jumps over many, as in a skew-binary list, so that a search takes logarithmic
/// time. Step by step, a list of 100,000 whose last node holds 100,000 more that its first one also holds took
/// 10,000,000,000 steps.
fn nearest_common(reach: &Reach, semi: &[u32], mut links: Vec<Link>) -> Vec<u32> {
    let mut dominator = vec![0; semi.len()];
    links[0] = Link { above: 0, least: 0 };
    for number in 1..semi.len() {
        let mut above = reach.parent[number];
        while above > semi[number] {
            let jump = links[above as usize].above;
            above = if jump > semi[number] { jump } else { dominator[above as usize] };
        }
        dominator[number] = above;
        let (one, depth) = (links[above as usize].above, links[above as usize].least);
        let (two, depth_of_one) = (links[one as usize].above, links[one as usize].least);
        let is_balanced = depth - depth_of_one == depth_of_one - links[two as usize].least;
        links[number] = Link { above: if is_balanced { two } else { above }, least: depth + 1 };
    }
    dominator
}

#[cfg(test)]
mod tests {
    use super::super::csr::graph;
    use super::*;

    /// Which nodes are reached from the entries without passing `without`.
    fn reached(edges: &Csr, entries: &[u32], without: Option<u32>, allowed: u64) -> u64 {
        let mut seen = 0_u64;
        let mut stack: Vec<u32> = entries.to_vec();
        while let Some(node) = stack.pop() {
            if Some(node) != without && allowed >> node & 1 == 1 && seen >> node & 1 == 0 {
                seen |= 1 << node;
                stack.extend(edges.of(node));
            }
        }
        seen
    }

    #[test]
    fn a_node_dominates_what_is_not_reached_without_it() {
        let mut random = fastrand::Rng::with_seed(2);
        for _ in 0..3_000 {
            let nodes = random.u32(1..40);
            let count = random.u32(..3 * nodes);
            let edges: Vec<_> =
                (0..count).map(|_| (random.u32(..nodes), random.u32(..nodes))).collect();
            let csr = graph(nodes as usize, &edges);
            let mut classes = [(); 3].map(|()| -> Vec<u32> {
                (0..random.u32(..4)).map(|_| random.u32(..nodes)).collect()
            });
            let reach = Reach::new(&csr, classes.iter().map(Vec::as_slice), |_| false);
            let class = |node: u32| reach.class(reach.number[node as usize]);
            let mut all = classes.to_vec();
            all.push(reach.heads.clone());
            let is_entry = |node: u32| all[class(node)].contains(&node);
            let dominators = Dominators::new(&reach, &csr.reversed(), is_entry);
            let mut allowed: [u64; 4] = [0; 4];
            (0..nodes).for_each(|node| allowed[class(node)] |= 1 << node);
            classes.iter_mut().for_each(|entries| entries.sort_unstable());
            for node in 0..nodes {
                let class = class(node);
                let without = reached(&csr, &all[class], Some(node), allowed[class]);
                let lost = allowed[class] & !without;
                let dominated = (0..nodes).filter(|&other| {
                    let mut number = reach.number[other as usize];
                    while number != 0 && reach.order[number as usize] != node {
                        number = dominators.parent[number as usize];
                    }
                    number != 0
                });
                assert_eq!(
                    dominated.fold(0, |set, other| set | 1 << other),
                    lost,
                    "{edges:?} {all:?} {node}"
                );
            }
        }
    }
}
