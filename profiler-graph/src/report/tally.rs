//! How much of each type a suspect retains.

use std::collections::{BTreeMap, HashMap};

use super::find::Candidate;
use super::reached::Reached;
use super::suspect::Group;
use crate::arrays::NONE;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::types::Kind;

/// No suspect.
const NOBODY: u8 = u8::MAX;

/// Retained bytes by suspect, type and site.
#[derive(Default)]
pub(super) struct Tallies(HashMap<(u8, Kind, u32), Tally>);

/// Figures of the blocks of a type and site.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// The first of them.
    first: u32,
    blocks: u64,
    bytes: u64,
    /// Of those that the suspect holds without another block between.
    direct_blocks: u64,
    direct_bytes: u64,
    direct_retained: u64,
}

/// Blocks of one type, and the first one of the site with most bytes.
pub(super) struct Found {
    pub(super) kind: Kind,
    pub(super) first: u32,
    pub(super) group: Group,
}

impl Tallies {
    /// Of at most 255 suspects. There can be no more that retain a tenth each.
    pub(super) fn new(reached: Reached<'_>, candidates: &[Candidate]) -> Self {
        let mut owner = vec![NOBODY; reached.parents.len()];
        let mut points = [NONE; NOBODY as usize];
        let mut types: HashMap<(Kind, Class), u8> = HashMap::new();
        for (suspect, candidate) in (0..NOBODY).zip(candidates) {
            match *candidate {
                Candidate::Block { point, .. } => {
                    owner[point as usize] = suspect;
                    points[usize::from(suspect)] = point;
                }
                Candidate::Blocks { kind, class } => _ = types.insert((kind, class), suspect),
            }
        }
        if !types.is_empty() {
            for number in reached.small_tops() {
                let suspect = types.get(&(reached.kind(number), reached.class(number)));
                owner[number as usize] = suspect.copied().unwrap_or(NOBODY);
            }
        }
        let mut tallies = Self::default();
        // The holder of a block comes before it.
        for (number, &above) in (0..).zip(reached.parents).skip(1) {
            let mut suspect = owner[number as usize];
            if suspect == NOBODY && above != 0 {
                suspect = owner[above as usize];
                owner[number as usize] = suspect;
            }
            if suspect != NOBODY {
                tallies.add(reached, suspect, number, points[usize::from(suspect)] == above);
            }
        }
        tallies
    }

    fn add(&mut self, reached: Reached<'_>, suspect: u8, number: u32, is_direct: bool) {
        let (block, kind) = (reached.block(number), reached.kind(number));
        let first = reached.graph.reach.order[number as usize];
        let tally = self.0.entry((suspect, kind, block.site));
        let tally = tally.or_insert(Tally { first, ..Tally::default() });
        tally.blocks += 1;
        tally.bytes += block.size;
        if is_direct {
            tally.direct_blocks += 1;
            tally.direct_bytes += block.size;
            tally.direct_retained += reached.retained(number);
        }
    }

    /// The type of most bytes, or the one asked for.
    pub(super) fn most(
        &self,
        graph: &HeapGraph,
        suspect: u8,
        wanted: Option<Kind>,
    ) -> Option<Found> {
        let is_wanted = |kind: Kind| wanted.is_none_or(|wanted| wanted == kind);
        let figures = |tally: &Tally| (tally.blocks, tally.bytes, 0);
        self.largest(graph, suspect, is_wanted, figures, |group| group.bytes)
    }

    /// The type of which the suspect holds most without another block between.
    pub(super) fn elements(&self, graph: &HeapGraph, suspect: u8) -> Option<Found> {
        let figures =
            |tally: &Tally| (tally.direct_blocks, tally.direct_bytes, tally.direct_retained);
        self.largest(graph, suspect, |_| true, figures, |group| group.retained)
    }

    fn largest(
        &self,
        graph: &HeapGraph,
        suspect: u8,
        is_wanted: impl Fn(Kind) -> bool,
        figures: impl Fn(&Tally) -> (u64, u64, u64),
        weight: impl Fn(&Group) -> u64,
    ) -> Option<Found> {
        let mut kinds: BTreeMap<Kind, Vec<(u32, &Tally)>> = BTreeMap::new();
        for (&(owner, kind, site), tally) in &self.0 {
            if owner == suspect && is_wanted(kind) && figures(tally).0 > 0 {
                kinds.entry(kind).or_default().push((site, tally));
            }
        }
        let groups = kinds.into_iter().map(|(kind, sites)| found(graph, kind, sites, &figures));
        // The first of equal ones.
        groups.rev().max_by_key(|found| weight(&found.group))
    }
}

fn found(
    graph: &HeapGraph,
    kind: Kind,
    mut sites: Vec<(u32, &Tally)>,
    figures: &impl Fn(&Tally) -> (u64, u64, u64),
) -> Found {
    sites.sort_by_key(|&(site, tally)| (std::cmp::Reverse(figures(tally).1), site));
    let (site, main) = sites[0];
    let location = graph.types.location(site).to_owned();
    let others = sites.iter().map(|&(site, _)| graph.types.location(site));
    let others: std::collections::BTreeSet<_> = others.filter(|&other| other != location).collect();
    let more_locations = others.len() as u64;
    let mut group = Group {
        name: graph.types.name(kind).to_owned(),
        location,
        more_locations,
        blocks: 0,
        bytes: 0,
        retained: 0,
    };
    for (_, tally) in sites {
        let (blocks, bytes, retained) = figures(tally);
        group.blocks += blocks;
        group.bytes += bytes;
        group.retained += retained;
    }
    Found { kind, first: main.first, group }
}
