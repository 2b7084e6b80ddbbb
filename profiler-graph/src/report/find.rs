//! The search for suspects.
//!
//! From each block that no other one alone holds, the search goes down as long as one block retains nearly all, and
//! stops where memory accumulates: in a container of elements of one type, in a list, or in the block itself. Where
//! several blocks of other types below retain much each, each of them is a suspect.

use std::collections::BTreeMap;

use super::reached::Reached;
use crate::class::Class;
use crate::types::Kind;

/// The search ends this far down, where types do not say whether a block is one of a list.
const DEEPEST: usize = 100;

/// A suspect. Blocks are numbers of the order in which they are reached.
pub(super) enum Candidate {
    /// A block, and where memory accumulates below it.
    Block { head: u32, point: u32, within: Option<u32>, is_linked: bool },
    /// All blocks of a type that no other block alone holds.
    Blocks { kind: Kind, class: Class },
}

/// Blocks on the way from a block of which the search began.
struct Way {
    head: u32,
    within: Option<u32>,
    path: Vec<(Kind, u32)>,
}

struct Search<'a> {
    reached: Reached<'a>,
    /// Blocks that retain much, behind their holders; sorted.
    large: Vec<(u32, u32)>,
    candidates: Vec<Candidate>,
}

/// The suspects: blocks and types that retain at least a tenth of the heap.
pub(super) fn candidates(reached: Reached<'_>) -> Vec<Candidate> {
    let is_large = |number: u32| number > 0 && reached.retained(number) >= reached.least();
    let held = reached.parents.iter().copied().zip(0..);
    let mut large: Vec<_> = held.filter(|&(_, number)| is_large(number)).collect();
    large.sort_unstable();
    let mut search = Search { reached, large, candidates: Vec::new() };
    search.find_blocks();
    search.find_types();
    search.candidates
}

impl Search<'_> {
    /// The blocks that a block alone holds, directly, and that retain much.
    fn large_below(&self, number: u32) -> &[(u32, u32)] {
        let start = self.large.partition_point(|&(above, _)| above < number);
        let end = self.large.partition_point(|&(above, _)| above <= number);
        &self.large[start..end]
    }

    fn find_blocks(&mut self) {
        let begin = |&(_, head): &(u32, u32)| Way { head, within: None, path: Vec::new() };
        let mut ways: Vec<_> = self.large_below(0).iter().map(begin).collect();
        while let Some(way) = ways.pop() {
            ways.extend(self.follow(way));
        }
    }

    /// Goes down to where memory accumulates. Returns ways to look at in turn.
    fn follow(&mut self, Way { head, within, mut path }: Way) -> Vec<Way> {
        let mut current = head;
        loop {
            path.push((self.reached.kind(current), current));
            let below = self.large_below(current).to_vec();
            let others =
                below.iter().map(|&(_, number)| self.reached.retained(number)).sum::<u64>();
            let rest = self.reached.retained(current) - others;
            let again = below.iter().find_map(|&(_, number)| self.earlier(&path, number));
            let found = |point, is_linked| Candidate::Block { head, point, within, is_linked };
            match &*below {
                _ if again.is_some() || path.len() == DEEPEST => {
                    self.candidates.push(found(again.unwrap_or(current), again.is_some()));
                    return Vec::new();
                }
                [_, _, ..] if self.are_alike(&below) => {
                    self.candidates.push(found(current, false));
                    return Vec::new();
                }
                [(_, only)] if rest < self.reached.least() => current = *only,
                _ => {
                    if rest >= self.reached.least() {
                        self.candidates.push(found(current, false));
                    }
                    let within = Some(current);
                    let go_on = |&(_, head)| Way { head, within, path: path.clone() };
                    return below.iter().map(go_on).collect();
                }
            }
        }
    }

    fn are_alike(&self, blocks: &[(u32, u32)]) -> bool {
        let mut kinds = blocks.iter().map(|&(_, number)| self.reached.kind(number));
        let first = kinds.next();
        kinds.all(|kind| Some(kind) == first)
    }

    /// The first block of its type on the way to it.
    fn earlier(&self, path: &[(Kind, u32)], number: u32) -> Option<u32> {
        let kind = self.reached.kind(number);
        let is_known = self.reached.graph.types.is_known(kind);
        path.iter().find(|&&(other, _)| is_known && other == kind).map(|&(_, number)| number)
    }

    /// Types of blocks that retain much together, though none of them does.
    fn find_types(&mut self) {
        let reached = self.reached;
        let mut sums: BTreeMap<(Kind, Class), u64> = BTreeMap::new();
        for number in reached.small_tops() {
            let key = (reached.kind(number), reached.class(number));
            *sums.entry(key).or_default() += reached.retained(number);
        }
        let large = sums.into_iter().filter(|&(_, sum)| sum >= reached.least());
        let found = large.map(|((kind, class), _)| Candidate::Blocks { kind, class });
        self.candidates.extend(found);
    }
}
