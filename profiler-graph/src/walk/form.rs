//! The form of a block: one value, a row of them, a table, a node of a tree.

use std::sync::Arc;

use super::plan::Plan;
use super::scan::{Means, Word, number, scan, word};
use crate::layout::{Counts, Layout, Shape, Tree, TypeId};

/// The form of a block.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) body: Body,
    /// The type of its values; of a tree's node, of its keys.
    pub(crate) kind: TypeId,
    /// The type of a pointer to such a block, or of its container.
    pub(crate) holder: Option<TypeId>,
    pub(crate) name: String,
    pub(crate) plan: Arc<Plan>,
    /// Of a tree's node, its values.
    pub(crate) second: Option<Arc<Plan>>,
}

/// How values lie in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Body {
    One,
    Many,
    /// One behind the counts of an `Rc` or `Arc`.
    Counted(Counts),
    CountedMany(Counts),
    /// Buckets, and behind them a byte for each.
    Table,
    Node(Tree),
}

/// The values of a row that are there, where not all are. Behind the last one comes the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) head: u64,
    pub(crate) count: u64,
}

/// The value of a block that a word belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// The only one.
    Value,
    /// The one of this index.
    Index(u64),
    /// An element of a table.
    Bucket,
    /// A key or value of this type, or a child.
    Named(&'static str, Option<TypeId>),
}

/// All values of a row.
pub(crate) const WHOLE: Extent = Extent { head: 0, count: u64::MAX };

impl Form {
    /// Whether a block of this length may have this form; of a row, of so many values.
    pub(crate) fn fits(&self, length: u64, count: u64) -> bool {
        let (size, align) = (self.plan.layout.size, self.plan.layout.align.max(1));
        let padded = |values: u64| {
            let end = self.first().checked_add(values)?;
            end.checked_next_multiple_of(align.max(8))
        };
        size > 0
            && match self.body {
                Body::One => length == size,
                Body::Many => size.checked_mul(count) == Some(length),
                Body::Counted(_) => padded(size) == Some(length),
                Body::CountedMany(_) => size.checked_mul(count).and_then(padded) == Some(length),
                Body::Table => {
                    self.buckets(length).is_some_and(|(buckets, _)| buckets == count || count == 0)
                }
                Body::Node(tree) => [tree.node.sizes.0, tree.node.sizes.1].contains(&length),
            }
    }

    /// Where the first value of a row is.
    pub(crate) fn first(&self) -> u64 {
        match self.body {
            Body::Counted(counts) | Body::CountedMany(counts) => {
                let align = self.plan.layout.align.max(1);
                counts.value.checked_next_multiple_of(align).unwrap_or(u64::MAX)
            }
            _ => 0,
        }
    }

    /// The counts of what an `Rc` or `Arc` leads to.
    pub(crate) fn counts(&self) -> Option<Counts> {
        match self.body {
            Body::Counted(counts) | Body::CountedMany(counts) => Some(counts),
            _ => None,
        }
    }

    /// How many buckets a table of this length has, and where the bytes behind them are.
    pub(crate) fn buckets(&self, length: u64) -> Option<(u64, u64)> {
        let (size, align) = (self.plan.layout.size, self.plan.layout.align);
        // Bytes that are compared at once, which lie behind once more: 16, or 8 on some machines.
        let tables = [16, 8]
            .into_iter()
            .flat_map(|width: u64| (0..48).map(move |power| (1_u64 << power, width)));
        tables.into_iter().find_map(|(buckets, width)| {
            let control = size.checked_mul(buckets)?.checked_next_multiple_of(align.max(width))?;
            (control + buckets + width == length).then_some((buckets, control))
        })
    }

    /// The value that a word belongs to, and where it begins.
    pub(crate) fn step(&self, length: u64, extent: Extent, offset: u64) -> Option<(Step, u64)> {
        let (first, size) = (self.first(), self.plan.layout.size.max(1));
        match self.body {
            Body::One | Body::Counted(_) => (first <= offset).then_some((Step::Value, first)),
            Body::Many | Body::CountedMany(_) => {
                let place = offset.checked_sub(first)? / size;
                let capacity = (length.saturating_sub(first) / size).max(1);
                let index = (place + capacity - extent.head % capacity) % capacity;
                Some((Step::Index(index), first + place * size))
            }
            Body::Table => {
                let (_, control) = self.buckets(length)?;
                let bucket = control.checked_sub(offset + 1)? / size;
                Some((Step::Bucket, control.checked_sub((bucket + 1) * size)?))
            }
            Body::Node(Tree { node, key, value, .. }) => {
                if length == node.sizes.1 && offset >= node.edges {
                    return Some((Step::Named("child", None), offset));
                }
                let values = self.second.as_ref().map_or(1, |plan| plan.layout.size.max(1));
                let rows = [("key", node.keys, key, size), ("value", node.values, value, values)];
                let found = rows.into_iter().filter(|row| row.1 <= offset);
                let (name, start, kind, size) = found.max_by_key(|row| row.1)?;
                let start = start + (offset - start) / size * size;
                Some((Step::Named(name, Some(kind)), start))
            }
        }
    }

    /// Gives the words of a block of this form.
    pub(crate) fn scan<'a>(
        &'a self,
        bytes: &[u8],
        length: u64,
        extent: Extent,
        found: &mut impl FnMut(Word<'a>),
    ) {
        let (size, parts) = (self.plan.layout.size.max(1), &self.plan.parts);
        match &self.body {
            Body::Node(tree) => self.scan_node(tree, bytes, length, found),
            // The value of an `Rc` that only weak pointers keep is gone.
            Body::Counted(counts) | Body::CountedMany(counts)
                if word(bytes, counts.strong) == 0 => {}
            _ if parts.is_empty() => {}
            Body::One | Body::Counted(_) => scan(parts, bytes, self.first(), found),
            Body::Many | Body::CountedMany(_) => {
                let capacity = length.saturating_sub(self.first()) / size;
                for index in 0..extent.count.min(capacity) {
                    let index = (extent.head % capacity + index) % capacity;
                    scan(parts, bytes, self.first() + index * size, found);
                }
            }
            Body::Table => {
                let Some((buckets, control)) = self.buckets(length) else { return };
                let is_full = |bucket: &u64| {
                    bytes.get((control + bucket) as usize).is_some_and(|byte| byte >> 7 == 0)
                };
                for bucket in (0..buckets).filter(is_full) {
                    scan(parts, bytes, control - (bucket + 1) * size, found);
                }
            }
        }
    }

    fn scan_node<'a>(
        &'a self,
        tree: &'a Tree,
        bytes: &[u8],
        length: u64,
        found: &mut impl FnMut(Word<'a>),
    ) {
        let node = &tree.node;
        let count = number(bytes, node.length, 2).unwrap_or_default();
        let rows = [(Some(&self.plan), node.keys), (self.second.as_ref(), node.values)];
        for (plan, start) in rows.into_iter().filter_map(|(plan, start)| plan.zip(Some(start))) {
            for index in 0..count {
                scan(&plan.parts, bytes, start + index * plan.layout.size, found);
            }
        }
        if length == node.sizes.1 {
            for offset in (0..=count).map(|child| node.edges + child * 8) {
                let (kind, means) = (self.holder, Means::Child(tree));
                found(Word { offset, word: word(bytes, offset), kind, means });
            }
        }
    }
}

/// The counts of what an `Rc` or `Arc` leads to, and its value.
pub(super) fn counted(layout: &Layout) -> Option<(Counts, TypeId)> {
    let Shape::Fields(fields) = &layout.shape else { return None };
    let of = |names: &[&str]| fields.iter().find(|field| names.contains(&&*field.name));
    let (strong, weak, value) = (of(&["strong"])?, of(&["weak"])?, of(&["value", "data"])?);
    let is_counted =
        ["RcInner<", "ArcInner<", "RcBox<"].iter().any(|name| layout.name.contains(name));
    let counts = Counts { strong: strong.offset, weak: weak.offset, value: value.offset };
    is_counted.then_some((counts, value.kind))
}
