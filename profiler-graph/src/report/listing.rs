//! One list of the report by itself, of chosen types and places.

use std::cmp::Reverse;

use crate::ask::{
    Cycle, Duplicate, FieldWaste, Growth, Leak, Retainer, Selection, Sum, TypeSum, Waste,
};
use crate::graph::HeapGraph;
use crate::types::Pattern;

/// The first rows of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Rows<T> {
    /// The first.
    pub rows: Vec<T>,
    /// How many more there are.
    pub more: u64,
    /// Bytes of these, where rows add up.
    pub more_bytes: Option<u64>,
}

/// Which rows a list has. By default it has all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Names of types.
    pub kind: Option<Pattern>,
    /// Where blocks were allocated.
    pub site: Option<Pattern>,
}

/// The property by which blocks are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Their types.
    Type,
    /// Where they were allocated.
    Site,
}

impl Filter {
    fn matches(&self, kind: &str, site: &str) -> bool {
        self.kind.as_ref().is_none_or(|wanted| wanted.matches(kind))
            && self.site.as_ref().is_none_or(|wanted| wanted.matches(site))
    }

    fn is_all(&self) -> bool {
        self.kind.is_none() && self.site.is_none()
    }
}

impl HeapGraph {
    /// The blocks of chosen types that were allocated at chosen places.
    #[must_use]
    pub fn filtered(&self, filter: &Filter) -> Selection {
        let mut selection = match &filter.kind {
            Some(kind) => self.by_type(kind),
            None => self.all(),
        };
        if let Some(site) = &filter.site {
            let there = self.by_site(site).blocks;
            selection.blocks.retain(|block| there.binary_search(block).is_ok());
        }
        selection
    }

    /// The types of most bytes.
    #[must_use]
    pub fn list_types(&self, filter: &Filter, top: usize) -> Rows<TypeSum> {
        let mut blocks_of = vec![Vec::new(); self.types.names().len()];
        let mut all = 0;
        for block in self.filtered(filter).blocks {
            blocks_of[self.kind(block).0 as usize].push(block);
            all += self.block(block).size;
        }
        let names = self.types.names().iter();
        let mut types: Vec<_> = names.zip(blocks_of).filter(|(_, it)| !it.is_empty()).collect();
        let bytes = |blocks: &[u32]| blocks.iter().map(|&block| self.block(block).size).sum();
        types.sort_by_cached_key(|(_, blocks)| Reverse(bytes(blocks)));
        let count = types.len();
        types.truncate(top);
        let types = types.into_iter().map(|(name, blocks)| TypeSum {
            name: name.clone(),
            sum: Sum {
                blocks: blocks.len() as u64,
                bytes: bytes(&blocks),
                retained: self.retained_together(&blocks),
            },
        });
        let types: Vec<_> = types.collect();
        let shown = types.iter().map(|kind| kind.sum.bytes).sum();
        Rows::new(types, count, Some((all, shown)))
    }

    /// Leaks, the most retained first.
    #[must_use]
    pub fn list_leaks(&self, filter: &Filter, top: usize) -> Rows<Leak> {
        let mut leaks = self.leaks();
        leaks.retain(|leak| filter.is_all() || filter.matches(&leak.name, &leak.location));
        let retained = |leaks: &[Leak]| leaks.iter().map(|leak| leak.retained).sum();
        let (all, shown) = (retained(&leaks), retained(&leaks[..top.min(leaks.len())]));
        Rows::cut(leaks, top, Some((all, shown)))
    }

    /// Blocks of equal contents, by type and place, the most bytes first; `None` if the capture has no hashes.
    #[must_use]
    pub fn list_duplicates(&self, filter: &Filter, top: usize) -> Option<Rows<Duplicate>> {
        let mut found = self.duplicates()?;
        found.retain(|it| filter.matches(&it.name, &it.location));
        let bytes = |found: &[Duplicate]| found.iter().map(|it| it.bytes).sum();
        let (all, shown) = (bytes(&found), bytes(&found[..top.min(found.len())]));
        Some(Rows::cut(found, top, Some((all, shown))))
    }

    /// Blocks that hold each other: lost ones first. A cycle of several places has none, so only its types are asked.
    #[must_use]
    pub fn list_cycles(&self, kind: Option<&Pattern>, top: usize) -> Rows<Cycle> {
        let mut cycles = self.cycles();
        cycles.retain(|cycle| {
            kind.is_none_or(|kind| cycle.types.iter().any(|(name, _)| kind.matches(name)))
        });
        Rows::cut(cycles, top, None)
    }

    /// The blocks that hold most by themselves, equal ones as one row. None holds another one of them.
    #[must_use]
    pub fn list_retainers(&self, filter: &Filter, top: usize) -> Rows<Retainer> {
        let retained = |rows: &[Retainer]| rows.iter().map(|row| row.retained).sum();
        if filter.is_all() {
            let rows = self.retained(top);
            let shown = retained(&rows);
            // Of the others, each block counts: how many of them are equal is not known.
            let blocks: u64 = rows.iter().map(|row| row.count).sum();
            let count = self.top_count() - blocks as usize + rows.len();
            return Rows::new(rows, count, Some((self.total_bytes(), shown)));
        }
        let mut rows = self.retained(usize::MAX);
        rows.retain(|row| filter.matches(&row.name, &row.location));
        let (all, shown) = (retained(&rows), retained(&rows[..top.min(rows.len())]));
        Rows::cut(rows, top, Some((all, shown)))
    }

    /// Changes since an older capture, the most grown first.
    #[must_use]
    pub fn list_growth(
        &self,
        older: &Self,
        by: By,
        wanted: Option<&Pattern>,
        top: usize,
    ) -> Rows<Growth> {
        let mut grown = match by {
            By::Type => self.show_growth(older, usize::MAX),
            By::Site => self.show_growth_by_site(older, usize::MAX),
        };
        grown.retain(|growth| wanted.is_none_or(|wanted| wanted.matches(&growth.name)));
        Rows::cut(grown, top, None)
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.image().blocks().map(|block| block.size).sum()
    }

    /// How many blocks no other one alone holds.
    fn top_count(&self) -> usize {
        let parents = &self.owners().dominators.parent;
        parents.iter().skip(1).filter(|&&parent| parent == 0).count()
    }
}

impl Waste {
    /// The fields whose containers are of chosen types, the most wasteful first.
    #[must_use]
    pub fn list(&self, kind: Option<&Pattern>, top: usize) -> Rows<FieldWaste> {
        let mut fields = self.fields.clone();
        fields.retain(|field| kind.is_none_or(|kind| kind.matches(&field.name)));
        let wasted = |fields: &[FieldWaste]| fields.iter().map(FieldWaste::wasted).sum();
        let (all, shown) = (wasted(&fields), wasted(&fields[..top.min(fields.len())]));
        Rows::cut(fields, top, Some((all, shown)))
    }
}

impl<T> Rows<T> {
    /// The first of `count` rows, and the bytes of all and of these.
    fn new(rows: Vec<T>, count: usize, bytes: Option<(u64, u64)>) -> Self {
        let more = count.saturating_sub(rows.len()) as u64;
        Self { rows, more, more_bytes: bytes.map(|(all, shown)| all.saturating_sub(shown)) }
    }

    fn cut(mut rows: Vec<T>, top: usize, bytes: Option<(u64, u64)>) -> Self {
        let count = rows.len();
        rows.truncate(top);
        Self::new(rows, count, bytes)
    }
}
