//! `BTreeMap` and its nodes.

use super::DwarfLayouts;
use super::entry::Entry;
use super::leaves::{Leaf, Leaves};
use super::source::Place;
use crate::layout::{Shape, Tree, TreeNode};

impl<'a> DwarfLayouts<'_, 'a> {
    pub(super) fn tree(&mut self, entry: &Entry<'a>, leaves: &Leaves<'a>) -> Result<Shape, String> {
        let root = leaves.named("node")?;
        let (leaf_place, leaf) = self.leads_to(root, entry)?;
        let leaves_of_node = self.leaves(leaf_place, &leaf);
        let above = leaves_of_node.named("parent").map_err(|it| format!("nodes with {it}"))?;
        let (_, inner) = self.leads_to(above, &leaf)?;
        let node = TreeNode {
            keys: offset(&leaf, "keys")?,
            values: offset(&leaf, "vals")?,
            length: offset(&leaf, "len")?,
            edges: offset(&inner, "edges")?,
            sizes: (leaf.own.size.unwrap_or(0), inner.own.size.unwrap_or(0)),
        };
        Ok(Shape::Tree(Tree {
            root: root.offset,
            height: leaves.named("height")?.offset,
            length: leaves.named("length")?.offset,
            key: self.argument(leaf_place, &leaf, "K")?,
            value: self.argument(leaf_place, &leaf, "V")?,
            node,
        }))
    }

    /// The type that the pointer of a leaf leads to.
    fn leads_to(&mut self, leaf: &Leaf<'a>, of: &Entry<'_>) -> Result<(Place, Entry<'a>), String> {
        let target = self.source.target(leaf.place, leaf.entry.own.kind);
        target.ok_or_else(|| format!("no node behind `{}` of `{}`", leaf.path.join("."), of.name()))
    }
}

fn offset(node: &Entry<'_>, name: &str) -> Result<u64, String> {
    let member = node.member(name).and_then(|member| member.offset());
    member.ok_or_else(|| format!("nodes without `{name}`"))
}
