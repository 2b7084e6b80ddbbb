//! Describes the suspects.

use std::cmp::Reverse;

use super::find::{Candidate, candidates};
use super::reached::Reached;
use super::suspect::{Point, Suspect};
use super::tally::Tallies;
use crate::ask::{Chain, Selection};
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::types::Kind;

/// Names of holders that are shown.
const HOLDERS: usize = 3;

struct Description<'a> {
    reached: Reached<'a>,
    tallies: Tallies,
    /// How many blocks each block alone holds, itself among them.
    counts: Vec<u32>,
}

/// The suspects, which retain at least a tenth of the heap each, the most retaining first.
pub(super) fn suspects(graph: &HeapGraph) -> Vec<Suspect> {
    let reached = Reached::new(graph);
    let candidates = candidates(reached);
    let tallies = Tallies::new(reached, &candidates);
    let description = Description { reached, tallies, counts: counts(reached.parents) };
    let numbered = (0..u8::MAX).zip(&candidates);
    let suspects = numbered.map(|(suspect, candidate)| description.of(suspect, candidate));
    let mut suspects: Vec<_> = suspects.collect();
    suspects.sort_by_key(|suspect| Reverse(suspect.retained));
    suspects
}

fn counts(parents: &[u32]) -> Vec<u32> {
    let mut counts = vec![1; parents.len()];
    for number in (1..parents.len()).rev() {
        counts[parents[number] as usize] += counts[number];
    }
    counts
}

impl Description<'_> {
    fn of(&self, suspect: u8, candidate: &Candidate) -> Suspect {
        let graph = self.reached.graph;
        let most = self.tallies.most(graph, suspect, None);
        let example = most.as_ref().and_then(|most| way_to(graph, most.first));
        let most = most.map(|found| found.group);
        match *candidate {
            Candidate::Block { head, point, within, is_linked } => {
                let kind = self.reached.kind(point);
                let elements = self.tallies.elements(graph, suspect);
                let is_tree = elements.as_ref().is_some_and(|found| found.kind == kind);
                let is_linked = is_linked || is_tree && graph.types.is_known(kind);
                let linked = is_linked.then(|| self.tallies.most(graph, suspect, Some(kind)));
                let elements = elements.filter(|_| !is_linked);
                Suspect {
                    within: within.map(|within| self.point(within)),
                    accumulates: (point != head).then(|| self.point(point)),
                    linked: linked.flatten().map_or(0, |found| found.group.blocks),
                    elements: elements.map(|found| found.group),
                    most,
                    example,
                    ..self.block(head)
                }
            }
            Candidate::Blocks { kind, class } => {
                Suspect { most, example, ..self.blocks(suspect, kind, class) }
            }
        }
    }

    fn block(&self, head: u32) -> Suspect {
        let (block, class) = (self.reached.block(head), self.reached.class(head));
        let (holders, more_holders) = self.holders(head, class);
        let Point { name, location, address, retained } = self.point(head);
        Suspect {
            name,
            location,
            count: 1,
            address,
            bytes: block.size,
            retained,
            blocks: self.counts[head as usize].into(),
            class,
            holders,
            more_holders,
            within: None,
            accumulates: None,
            linked: 0,
            elements: None,
            most: None,
            example: None,
        }
    }

    fn blocks(&self, suspect: u8, kind: Kind, class: Class) -> Suspect {
        let reached = self.reached;
        let is_one = |&top: &u32| reached.kind(top) == kind && reached.class(top) == class;
        let tops: Vec<_> = reached.small_tops().filter(is_one).collect();
        let own = self.tallies.most(reached.graph, suspect, Some(kind));
        Suspect {
            location: own.map(|own| own.group.location).unwrap_or_default(),
            count: tops.len() as u64,
            bytes: tops.iter().map(|&top| reached.block(top).size).sum(),
            retained: tops.iter().map(|&top| reached.retained(top)).sum(),
            blocks: tops.iter().map(|&top| u64::from(self.counts[top as usize])).sum(),
            holders: Vec::new(),
            more_holders: 0,
            ..self.block(tops[0])
        }
    }

    fn point(&self, number: u32) -> Point {
        let (types, block) = (&self.reached.graph.types, self.reached.block(number));
        Point {
            name: types.name(self.reached.kind(number)).to_owned(),
            location: types.location(block.site).to_owned(),
            address: block.start,
            retained: self.reached.retained(number),
        }
    }

    /// The words that hold a block from outside: the first names, and how many more there are.
    fn holders(&self, number: u32, class: Class) -> (Vec<String>, u64) {
        let graph = self.reached.graph;
        let mut names: Vec<String> = Vec::new();
        let mut rest = 0;
        for entry in graph.entries_of(graph.reach.order[number as usize], class) {
            let name = graph.holder_name(entry);
            match names.contains(&name) {
                true => {}
                false if names.len() < HOLDERS => names.push(name),
                false => rest += 1,
            }
        }
        (names, rest)
    }
}

fn way_to(graph: &HeapGraph, block: u32) -> Option<Chain> {
    graph.path_to_root(&Selection { blocks: vec![block] }).pop()
}
