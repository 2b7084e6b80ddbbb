//! Blocks below their only holders, as a tree of few nodes: equal blocks are one, and so are those of a list.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::fields::Fields;
use super::reached::Reached;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::types::Kind;

/// A block that retains more than this part of the heap is a node of its own.
const LARGE: u64 = 200;
const NO_SITE: u32 = u32::MAX;

/// Blocks below their only holders: all bytes are here once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RetainedTree {
    /// The first is the whole heap. Who holds a node comes before it.
    pub nodes: Vec<TreeNode>,
}

/// Blocks of one type that one node alone holds, or who holds blocks from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TreeNode {
    /// The index of the node that holds it; its own of the first.
    pub above: usize,
    /// Its kind.
    pub kind: TreeKind,
    /// Name of the type, or of the holder.
    pub name: String,
    /// The field by which the node above holds it, such as `payload.vec` or `[…]`; empty if it is not known.
    pub field: String,
    /// Where the first of its blocks was allocated.
    pub location: String,
    /// The address of the first.
    pub address: u64,
    /// How many blocks it is; of what is left out, how many nodes.
    pub blocks: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// Bytes that would be free without them, their own among them.
    pub retained: u64,
}

/// The kind of a node of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum TreeKind {
    /// All blocks.
    Heap,
    /// A holder outside of blocks: a static, a thread-local, a stack.
    Holder,
    /// The root of lost blocks.
    Lost,
    /// Blocks.
    Blocks,
    /// Nodes that are left out.
    Rest,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Identity {
    Heap,
    /// A word outside of all blocks, by its name.
    Holder(String),
    /// Several words or blocks together.
    Together(Class),
    Lost,
    /// Blocks of a type, or where it is not known, of a site; and the number of their field.
    Type(Kind, u32, u32),
    /// One large block.
    Block(u32),
}

struct Draft {
    above: u32,
    identity: Identity,
    kind: Kind,
    /// The number of its first block.
    first: u32,
    blocks: u64,
    bytes: u64,
    retained: u64,
}

struct Builder<'a> {
    reached: Reached<'a>,
    fields: Fields,
    drafts: Vec<Draft>,
    /// By the node above.
    known: HashMap<(u32, Identity), u32>,
}

impl HeapGraph {
    /// The tree in at most so many nodes, with one more for all that is left out below each.
    #[must_use]
    pub fn retained_tree(&self, most: usize) -> RetainedTree {
        let (reached, fields) = (Reached::new(self), Fields::new(self));
        let (drafts, known) = Default::default();
        let mut builder = Builder { reached, fields, drafts, known };
        builder.add_all();
        builder.finish(most.max(1))
    }
}

impl Builder<'_> {
    fn add_all(&mut self) {
        let parents = self.reached.parents;
        self.add(0, Identity::Heap, 0);
        let mut node_of = vec![0; parents.len()];
        // The holder of a block comes before it.
        for number in 1..parents.len() as u32 {
            let above = match parents[number as usize] {
                0 => {
                    let identity = self.holder(number);
                    self.node(0, identity, number)
                }
                above => node_of[above as usize],
            };
            let node = self.of_block(above, number);
            node_of[number as usize] = node;
            let draft = &mut self.drafts[node as usize];
            draft.blocks += 1;
            draft.bytes += self.reached.block(number).size;
        }
        for node in (0..self.drafts.len()).rev() {
            let Draft { above, bytes, retained, .. } = self.drafts[node];
            let whole = bytes + retained;
            self.drafts[node].retained = whole;
            if node > 0 {
                self.drafts[above as usize].retained += whole;
            }
        }
    }

    /// The holder of a block that no other block alone holds.
    fn holder(&self, number: u32) -> Identity {
        let (graph, class) = (self.reached.graph, self.reached.class(number));
        let block = graph.reach.order[number as usize];
        match (class, graph.entries_of(block, class).first()) {
            (Class::Lost, _) => Identity::Lost,
            (Class::Named | Class::Stack, Some(entry)) => {
                Identity::Holder(graph.holder_name(entry))
            }
            (Class::Unseen, Some(_)) => Identity::Holder("memory that was not seen".to_owned()),
            (_, None) => Identity::Together(class),
        }
    }

    /// The node of a block. Blocks of a type that is above it already are those of a list or a tree, and belong there.
    fn of_block(&mut self, above: u32, number: u32) -> u32 {
        let (kind, graph) = (self.reached.kind(number), self.reached.graph);
        let site = match graph.types.is_known(kind) {
            true => NO_SITE,
            false => self.reached.block(number).site,
        };
        let identity = Identity::Type(kind, site, self.field(number));
        let is_large = self.reached.retained(number) > self.reached.retained(0) / LARGE;
        if !is_large && let Some(&known) = self.known.get(&(above, identity.clone())) {
            return known;
        }
        let mut current = above;
        while current != 0 {
            let draft = &self.drafts[current as usize];
            let is_block = matches!(draft.identity, Identity::Type(..) | Identity::Block(_));
            if is_block
                && draft.kind == kind
                && (site == NO_SITE || draft.site(self.reached) == site)
            {
                self.known.insert((above, identity), current);
                return current;
            }
            current = draft.above;
        }
        let identity = if is_large { Identity::Block(number) } else { identity };
        self.node(above, identity, number)
    }

    fn field(&self, number: u32) -> u32 {
        self.fields.of(self.reached.graph.reach.order[number as usize])
    }

    fn node(&mut self, above: u32, identity: Identity, number: u32) -> u32 {
        let key = (above, identity);
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        let node = self.add(above, key.1.clone(), number);
        self.known.insert(key, node);
        node
    }

    fn add(&mut self, above: u32, identity: Identity, first: u32) -> u32 {
        let kind = if first == 0 { Kind(0) } else { self.reached.kind(first) };
        self.drafts.push(Draft { above, identity, kind, first, blocks: 0, bytes: 0, retained: 0 });
        self.drafts.len() as u32 - 1
    }

    /// Keeps the nodes that retain most. Who holds one of them is one of them.
    fn finish(self, most: usize) -> RetainedTree {
        let mut largest: Vec<u32> = (0..self.drafts.len() as u32).collect();
        largest.sort_by_key(|&node| (Reverse(self.drafts[node as usize].retained), node));
        let (kept, left_out) = largest.split_at(most.min(largest.len()));
        let mut place_of = vec![usize::MAX; self.drafts.len()];
        let mut nodes = Vec::with_capacity(kept.len());
        for &node in kept {
            place_of[node as usize] = nodes.len();
            nodes.push(self.tree_node(&self.drafts[node as usize], &place_of));
        }
        let mut rests: HashMap<usize, usize> = HashMap::new();
        for &node in left_out {
            let Draft { above, retained, .. } = self.drafts[node as usize];
            let Some(&place) = place_of.get(above as usize).filter(|&&place| place != usize::MAX)
            else {
                continue;
            };
            let next = nodes.len();
            let rest = *rests.entry(place).or_insert(next);
            if rest == next {
                nodes.push(TreeNode::rest(place));
            }
            nodes[rest].blocks += 1;
            nodes[rest].retained += retained;
        }
        RetainedTree { nodes }
    }

    fn tree_node(&self, draft: &Draft, place_of: &[usize]) -> TreeNode {
        let types = &self.reached.graph.types;
        let (kind, name) = match &draft.identity {
            Identity::Heap => (TreeKind::Heap, "all blocks".to_owned()),
            Identity::Holder(name) => (TreeKind::Holder, name.clone()),
            Identity::Together(class) => (TreeKind::Holder, format!("several at once, {class}")),
            Identity::Lost => (TreeKind::Lost, "lost".to_owned()),
            _ => (TreeKind::Blocks, types.name(draft.kind).to_owned()),
        };
        let is_block = kind == TreeKind::Blocks;
        let block = is_block.then(|| self.reached.block(draft.first));
        TreeNode {
            above: place_of[draft.above as usize],
            kind,
            name,
            field: block.map_or("", |_| self.fields.name(self.field(draft.first))).to_owned(),
            location: block.map_or("", |block| types.location(block.site)).to_owned(),
            address: block.map_or(0, |block| block.start),
            blocks: draft.blocks,
            bytes: draft.bytes,
            retained: draft.retained,
        }
    }
}

impl Draft {
    fn site(&self, reached: Reached<'_>) -> u32 {
        reached.block(self.first).site
    }
}

impl TreeNode {
    fn rest(above: usize) -> Self {
        Self {
            above,
            kind: TreeKind::Rest,
            name: String::new(),
            field: String::new(),
            location: String::new(),
            address: 0,
            blocks: 0,
            bytes: 0,
            retained: 0,
        }
    }
}
