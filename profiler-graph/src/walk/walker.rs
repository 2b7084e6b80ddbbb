//! Finds the types of blocks: from variables along their pointers, then from the stacks of sites.

use std::collections::HashMap;
use std::sync::Arc;

use super::busy::Busy;
use super::claim::Claim;
use super::form::{Body, Extent, Form, WHOLE, counted};
use super::name::name_of;
use super::pieces::{pieces, scan_root};
use super::plan::Plans;
use super::scan::{Container, Means, Word, anything};
use super::typed::{Trust, Typed, Typing};
use crate::heap::{Finder, Index};
use crate::image::{Block, Image};
use crate::layout::{Layouts, TypeId};

/// The type of a site's blocks, as its stack says.
pub(crate) type OfSite<'a> = &'a dyn Fn(u32) -> Option<(TypeId, How)>;

/// How the values of a type lie in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    One,
    Many,
    /// The buckets of a table, of which these are the elements.
    Table,
}

/// All values of a row are there.
const NO_EXTENT: u32 = u32::MAX;

struct Walker<'a> {
    image: &'a Image,
    finder: Finder<'a>,
    plans: Plans<'a>,
    typed: Typed,
    /// Where the memory begins that is looked at.
    memory: u64,
    known: HashMap<(Body, TypeId, Option<TypeId>), u32>,
    vtables: HashMap<u64, Option<TypeId>>,
    /// The addresses of all modules.
    modules: std::ops::Range<u64>,
    /// The most that is trusted in what is found.
    most: Trust,
    /// Blocks to look at, and the places of their extents.
    open: Vec<(u32, u32)>,
}

/// Finds the types of all blocks that can be known.
pub(crate) fn walk(
    image: &Image,
    index: &Index,
    layouts: &mut dyn Layouts,
    of_site: OfSite<'_>,
) -> Typed {
    let segments = || image.modules().iter().flat_map(|module| &module.segments);
    let start = segments().map(|segment| segment.range.start).min().unwrap_or(0);
    let end = segments().map(|segment| segment.range.end).max().unwrap_or(0);
    let mut finder = index.finder(image);
    let busy = Busy::new(image, &mut finder);
    let of_block = vec![Typing::default(); image.block_count()];
    let mut walker = Walker {
        image,
        finder,
        plans: Plans::new(layouts),
        typed: Typed { of_block, busy, ..Typed::default() },
        memory: 0,
        known: HashMap::new(),
        vtables: HashMap::new(),
        modules: start..end,
        most: Trust::Owner,
        open: Vec::new(),
    };
    walker.roots();
    walker.sites(of_site);
    walker.untyped();
    let Walker { mut typed, plans, .. } = walker;
    typed.extents.sort_by_key(|&(block, _)| block);
    typed.plans = plans.known;
    typed
}

impl Walker<'_> {
    fn roots(&mut self) {
        let variables = self.plans.layouts.variables();
        let pieces = pieces(self.image, &variables, &mut self.plans);
        for root in 0..self.image.roots().len() {
            self.memory = self.image.roots()[root].range.start;
            scan_root(&pieces, self.image, root, |word| self.found(word));
        }
        (self.typed.pieces, self.typed.variables) = (pieces, variables);
        self.follow();
    }

    fn sites(&mut self, of_site: OfSite<'_>) {
        let seeds: Vec<_> = (0..self.image.site_count() as u32).map(of_site).collect();
        for (number, block) in (0..).zip(self.image.blocks()) {
            let Some((kind, how)) = seeds[block.site as usize] else { continue };
            let (body, trust) = match how {
                How::One => (Body::One, Trust::Stack),
                How::Many => (Body::Many, Trust::Row),
                How::Table => (Body::Table, Trust::Row),
            };
            let count = match how {
                How::Many => block.size / self.plans.of(kind).layout.size.max(1),
                _ => 0,
            };
            self.claim(number, block, None, Claim { count, ..Claim::new(body, kind, trust) });
            self.follow();
        }
    }

    /// Looks for vtables in blocks of which nothing is known.
    fn untyped(&mut self) {
        for holder in self.image.holders() {
            if self.typed.of_block[holder].trust() == Trust::None {
                let bytes = self.image.contents(holder).unwrap_or_default();
                anything(bytes, 0, bytes.len() as u64, &mut |word| self.found(word));
                self.follow();
            }
        }
    }

    /// Looks at all blocks whose type is new.
    fn follow(&mut self) {
        while let Some((block, extent)) = self.open.pop() {
            let Some(bytes) = self.image.contents(block as usize) else { continue };
            let Some(form) = self.typed.of_block[block as usize].form() else { continue };
            let Some(Block { start, size: length, .. }) = self.image.block(block as usize) else {
                continue;
            };
            self.memory = start;
            let extent = self.typed.extents.get(extent as usize).map_or(WHOLE, |found| found.1);
            let form = self.typed.forms[form as usize].clone();
            let is_certain = self.typed.is_certain(block);
            self.most = if is_certain { Trust::Owner } else { Trust::Row };
            form.scan(bytes, length, extent, &mut |word| self.found(word));
        }
        self.most = Trust::Owner;
    }

    fn found(&mut self, word: Word<'_>) {
        let Some(target) = self.finder.find(word.word) else { return };
        if let Means::Container(container) = &word.means
            && self.typed.busy.has_container(container, self.memory.wrapping_add(word.offset))
        {
            self.typed.busy.mark(target);
        }
        if self.typed.of_block[target as usize].trust() == Trust::Owner {
            return;
        }
        let Some(block) = self.image.block(target as usize) else { return };
        let offset = word.word - block.start;
        let is_table = matches!(word.means, Means::Container(Container::Table { .. }));
        if offset != 0 && !is_table {
            return;
        }
        let Some(mut claim) = Claim::of(word.means, |address| self.of_vtable(address)) else {
            return;
        };
        claim.trust = claim.trust.min(self.most);
        self.claim(target, block, word.kind, claim);
    }

    fn claim(&mut self, target: u32, block: Block, holder: Option<TypeId>, claim: Claim) {
        let before = self.typed.of_block[target as usize];
        if claim.trust <= before.trust() {
            return;
        }
        let form = self.form(claim.body, claim.kind, holder);
        let found = &self.typed.forms[form as usize];
        // A raw pointer to bytes says nothing of what they are.
        let says_nothing = claim.trust == Trust::Borrower && found.plan.parts.is_empty();
        if says_nothing || !found.fits(block.size, claim.count) {
            return;
        }
        self.typed.of_block[target as usize] = Typing::new(form, claim.trust);
        let is_known = before.form() == Some(form);
        if is_known && claim.extent == WHOLE {
            return;
        }
        let extent = match claim.extent == WHOLE && before.form().is_none() {
            true => NO_EXTENT,
            false => self.add_extent(target, claim.extent),
        };
        self.open.push((target, extent));
    }

    fn add_extent(&mut self, block: u32, extent: Extent) -> u32 {
        self.typed.extents.push((block, extent));
        self.typed.extents.len() as u32 - 1
    }

    fn form(&mut self, body: Body, kind: TypeId, holder: Option<TypeId>) -> u32 {
        if let Some(&form) = self.known.get(&(body, kind, holder)) {
            return form;
        }
        let mut plan = self.plans.of(kind);
        let key = (body, kind, holder);
        let (mut body, mut kind, mut holder) = key;
        if let (Body::One | Body::Counted(_), Some((counts, value))) = (body, counted(&plan.layout))
        {
            holder = holder.or(Some(kind));
            (body, kind, plan) = (Body::Counted(counts), value, self.plans.of(value));
        }
        let second = match body {
            Body::Node(tree) => Some(self.plans.of(tree.value)),
            _ => None,
        };
        let by = holder.map(|holder| self.plans.of(holder));
        let second_name = second.as_ref().map(|second| &*second.layout.name);
        let by_name = by.as_ref().map(|by| &*by.layout.name);
        let name = name_of(body, &plan.layout.name, second_name, by_name);
        let number = self.typed.forms.len() as u32;
        self.typed.forms.push(Arc::new(Form { body, kind, holder, name, plan, second }));
        self.known.insert(key, number);
        number
    }

    fn of_vtable(&mut self, address: u64) -> Option<TypeId> {
        if !self.modules.contains(&address) {
            return None;
        }
        let layouts = &mut self.plans.layouts;
        *self.vtables.entry(address).or_insert_with(|| layouts.of_vtable(address))
    }
}
