//! Blocks and who leads to them, as a picture in the making: which nodes and arrows it has.

use std::collections::{BTreeMap, HashMap};

use crate::arrays::Csr;
use crate::ask::{Selection, without_indices};
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, name, size};
use crate::types::Kind;

/// A picture of blocks and of the pointers between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Picture {
    /// Its nodes.
    pub nodes: Vec<Node>,
    /// Its arrows, between nodes by their index.
    pub arrows: Vec<Arrow>,
}

/// Blocks of one type that were allocated at one place and are held by one node; or who holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Node {
    /// What it stands for.
    pub kind: NodeKind,
    /// Name of the type, or of the holder.
    pub name: String,
    /// How much it is.
    pub detail: String,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum NodeKind {
    /// The blocks that were asked for.
    Asked,
    /// Other blocks.
    Blocks,
    /// What is no block: a static, a thread-local, a stack.
    Holder,
    /// Blocks that are left out.
    Rest,
}

/// An arrow from who holds to what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Arrow {
    /// Who holds.
    pub from: usize,
    /// What is held.
    pub to: usize,
    /// How many pointers it stands for.
    pub pointers: u64,
    /// The fields that these are in, such as `payload.vec` or `[…]`; empty if they differ, or are not known.
    pub field: String,
    /// Whether they hold what they lead to. Weak pointers do not.
    pub holds: bool,
}

/// How far a picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps from the blocks that are asked for.
    pub depth: usize,
    /// Nodes of blocks; what is left out is one more node for each that holds some of it.
    pub nodes: usize,
}

impl Arrow {
    /// Its label: its field, and how many pointers it is.
    pub(super) fn label(&self) -> String {
        let field = name(&self.field);
        match self.pointers {
            1 => field,
            pointers if field.is_empty() => format!("×{pointers}"),
            pointers => format!("{field} ×{pointers}"),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 5, nodes: 20 }
    }
}

impl HeapGraph {
    /// What blocks hold.
    #[must_use]
    pub fn refs(&self, of: &Selection, limits: Limits) -> Picture {
        let mut draft = Draft::new(self, &self.edges.between, true);
        draft.draw(of, limits);
        draft.picture
    }

    /// Who holds blocks, out to statics, thread-locals and stacks.
    #[must_use]
    pub fn backrefs(&self, of: &Selection, limits: Limits) -> Picture {
        let mut draft = Draft::new(self, self.backward(), false);
        draft.draw(of, limits);
        draft.add_holders();
        draft.picture
    }
}

struct Draft<'a> {
    graph: &'a HeapGraph,
    edges: &'a Csr,
    is_forward: bool,
    picture: Picture,
    /// The blocks of each node; none of a holder.
    blocks: Vec<Vec<u32>>,
    node_of: HashMap<u32, usize>,
}

/// Equal siblings: of one type, and allocated at one place.
type Siblings = BTreeMap<(Kind, u32), Vec<u32>>;

impl<'a> Draft<'a> {
    fn new(graph: &'a HeapGraph, edges: &'a Csr, is_forward: bool) -> Self {
        let (picture, blocks, node_of) = Default::default();
        Self { graph, edges, is_forward, picture, blocks, node_of }
    }

    fn draw(&mut self, of: &Selection, limits: Limits) {
        let siblings = self.siblings(of.blocks.iter().copied());
        self.add_siblings(siblings, NodeKind::Asked, limits.nodes.max(1));
        let mut level = 0..self.picture.nodes.len();
        for _ in 0..limits.depth {
            for node in level.clone() {
                let siblings = self.siblings(self.next(node));
                self.add_siblings(siblings, NodeKind::Blocks, limits.nodes);
            }
            level = level.end..self.picture.nodes.len();
        }
        for node in 0..self.picture.nodes.len() {
            self.add_arrows_from(node);
        }
        for node in 0..self.picture.nodes.len() {
            self.add_rest(node);
        }
    }

    /// The blocks behind a node that have none yet.
    fn next(&self, node: usize) -> impl Iterator<Item = u32> + use<'a> {
        let found = self.blocks[node].iter().flat_map(|&block| self.edges.of(block));
        let mut found: Vec<_> =
            found.copied().filter(|block| !self.node_of.contains_key(block)).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter()
    }

    fn siblings(&self, blocks: impl Iterator<Item = u32>) -> Siblings {
        let mut siblings = Siblings::new();
        for block in blocks {
            let site = self.graph.block(block).site;
            siblings.entry((self.graph.kind(block), site)).or_default().push(block);
        }
        siblings
    }

    /// Adds a node for each of these that there is room for, the largest first.
    fn add_siblings(&mut self, siblings: Siblings, kind: NodeKind, most: usize) {
        let mut siblings: Vec<_> = siblings.into_values().collect();
        siblings.sort_by_key(|blocks| std::cmp::Reverse(self.bytes(blocks)));
        siblings.truncate(most.saturating_sub(self.picture.nodes.len()));
        for blocks in siblings {
            let number = self.picture.nodes.len();
            self.node_of.extend(blocks.iter().map(|&block| (block, number)));
            self.picture.nodes.push(self.node(&blocks, kind));
            self.blocks.push(blocks);
        }
    }

    fn bytes(&self, blocks: &[u32]) -> u64 {
        blocks.iter().map(|&block| self.graph.block(block).size).sum()
    }

    fn node(&self, blocks: &[u32], kind: NodeKind) -> Node {
        let bytes = size(self.bytes(blocks));
        let times = if blocks.len() > 1 { format!("×{}, ", blocks.len()) } else { String::new() };
        let is_lost = blocks.iter().all(|&block| self.graph.class(block) == Class::Lost);
        let lost = if is_lost { ", lost" } else { "" };
        Node {
            kind,
            name: name(self.graph.types.name(self.graph.kind(blocks[0]))),
            detail: format!("{times}{bytes}{lost}"),
        }
    }

    /// Adds arrows to other nodes: one for all pointers of a field, and one for weak ones.
    fn add_arrows_from(&mut self, from: usize) {
        let graph = self.graph;
        let mut found: BTreeMap<(usize, bool), (u64, String)> = BTreeMap::new();
        for &block in &self.blocks[from] {
            for (offset, target, holds) in graph.pointers(block) {
                let Some(&to) = self.node_of.get(&target) else { continue };
                let field = graph.label(block, offset).map(|label| without_indices(&label));
                let field = field.unwrap_or_default();
                let (pointers, known) =
                    found.entry((to, holds)).or_insert_with(|| (0, field.clone()));
                *pointers += 1;
                if *known != field {
                    known.clear();
                }
            }
        }
        let arrows = found.into_iter();
        self.picture.arrows.extend(arrows.map(|((to, holds), (pointers, field))| Arrow {
            from,
            to,
            pointers,
            field,
            holds,
        }));
    }

    /// Adds a node for what is left out.
    fn add_rest(&mut self, node: usize) {
        let rest: Vec<_> = self.next(node).collect();
        if rest.is_empty() {
            return;
        }
        let other = self.picture.nodes.len();
        let pointers = rest.len() as u64;
        let (name, detail) =
            (format!("{} more", count(pointers, "block")), size(self.bytes(&rest)));
        self.picture.nodes.push(Node { kind: NodeKind::Rest, name, detail });
        self.blocks.push(Vec::new());
        let (from, to) = if self.is_forward { (node, other) } else { (other, node) };
        self.picture.arrows.push(Arrow { from, to, pointers, field: String::new(), holds: true });
    }

    /// Adds who holds the blocks of all nodes from outside, at most three holders for each node.
    fn add_holders(&mut self) {
        const MOST: usize = 3;
        let mut known: HashMap<String, usize> = HashMap::new();
        for node in 0..self.blocks.len() {
            let graph = self.graph;
            let entries = self.blocks[node].iter().flat_map(|&block| {
                graph
                    .entries_of(block, graph.class(block))
                    .iter()
                    .map(|entry| graph.holder_name(entry))
            });
            let mut names: BTreeMap<String, u64> = BTreeMap::new();
            entries.for_each(|name| *names.entry(name).or_default() += 1);
            let rest: u64 = names.values().skip(MOST).sum();
            let rest = (rest > 0).then(|| (format!("{rest} more holders"), rest));
            for (holder, pointers) in names.into_iter().take(MOST).chain(rest) {
                let next = self.picture.nodes.len();
                let from = *known.entry(holder.clone()).or_insert(next);
                if from == next {
                    let (name, detail) = (name(&holder), String::new());
                    self.picture.nodes.push(Node { kind: NodeKind::Holder, name, detail });
                }
                let field = String::new();
                self.picture.arrows.push(Arrow { from, to: node, pointers, field, holds: true });
            }
        }
    }
}
