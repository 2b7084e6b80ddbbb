//! The graph of a captured heap.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::arrays::{Components, Csr, Dominators, Reach};
use crate::class::Class;
use crate::heap::{Edges, Entry, Index, release};
use crate::image::{Block, Image, LoadError};
use crate::places::Places;
use crate::suppress::Suppressions;
use crate::types::{Kind, Types};
use crate::walk::{Trust, Typed};

/// A captured heap, ready for questions.
pub struct HeapGraph {
    /// Shared with the readers of debug information while lines are found.
    pub(crate) image: Arc<Image>,
    pub(crate) types: Types,
    pub(crate) typed: Typed,
    /// The types of blocks by their forms.
    kinds: Vec<Kind>,
    pub(crate) edges: Edges,
    pub(crate) reach: Reach,
    /// On the stacks of lost blocks, by sites.
    pub(crate) functions: HashMap<u32, Vec<String>>,
    pub(crate) suppressions: Suppressions,
    pub(crate) places: Places,
    pub(crate) notes_of_lines: Vec<String>,
    /// Whether debug information was asked for.
    pub(crate) has_symbols: bool,
    backward: OnceLock<Csr>,
    owners: OnceLock<Owners>,
    nearest: OnceLock<Vec<u32>>,
}

/// The owner of each block, without which it would be free. All by numbers of [`Reach`].
pub(crate) struct Owners {
    pub(crate) dominators: Dominators,
    /// Bytes that would be free without the block, its own among them.
    pub(crate) retained: Vec<u64>,
}

impl HeapGraph {
    /// The graph of an image, without lines and types.
    ///
    /// # Errors
    /// If it has more edges than can be numbered.
    pub fn new(image: Image) -> Result<Self, LoadError> {
        let index = Index::new(&image);
        Self::of(Arc::new(image), &index, Typed::default())
    }

    /// The graph of an image whose types are known.
    #[cfg(test)]
    pub(crate) fn with_layouts(
        image: Image,
        layouts: &mut dyn crate::layout::Layouts,
        of_site: crate::walk::OfSite<'_>,
    ) -> Result<Self, LoadError> {
        let index = Index::new(&image);
        let typed = crate::walk::walk(&image, &index, layouts, of_site);
        Self::of(Arc::new(image), &index, typed)
    }

    /// The graph of an image with what is known of its blocks, without lines.
    pub(crate) fn of(image: Arc<Image>, index: &Index, typed: Typed) -> Result<Self, LoadError> {
        let mut edges = Edges::new(&image, index, &typed)?;
        let mut found = reach(&edges, &typed);
        if release(&mut edges, &image, &typed, &found) {
            found = reach(&edges, &typed);
        }
        let types = Types::new(&image, &[]);
        let mut graph = Self {
            image,
            types: Types::default(),
            typed,
            kinds: Vec::new(),
            edges,
            reach: found,
            functions: HashMap::new(),
            suppressions: Suppressions::default(),
            places: Places::default(),
            notes_of_lines: Vec::new(),
            has_symbols: false,
            backward: OnceLock::new(),
            owners: OnceLock::new(),
            nearest: OnceLock::new(),
        };
        graph.set_types(types);
        Ok(graph)
    }

    /// Names the types of sites, and those of the blocks whose forms are known.
    pub(crate) fn set_types(&mut self, mut types: Types) {
        self.kinds = self.typed.forms.iter().map(|form| types.add(&form.name)).collect();
        self.types = types;
    }

    /// The captured heap.
    #[must_use]
    pub fn image(&self) -> &Image {
        &self.image
    }

    pub(crate) fn block(&self, block: u32) -> Block {
        self.image.block(block as usize).unwrap_or(Block { start: 0, size: 0, site: 0 })
    }

    /// The type of a block: its label, else what its owner or a vtable says, else what its site does.
    pub(crate) fn kind(&self, block: u32) -> Kind {
        let site = self.block(block).site;
        let typing = self.typed.typing(block);
        let is_labelled = || self.image.site(site).is_some_and(|site| site.label.is_some());
        match (typing.form(), typing.trust()) {
            (Some(form), Trust::Borrower | Trust::Vtable | Trust::Owner) if !is_labelled() => {
                self.kinds[form as usize]
            }
            _ => self.types.kind(site),
        }
    }

    pub(crate) fn class(&self, block: u32) -> Class {
        Class::ALL[self.reach.class(self.reach.number[block as usize]).min(3)]
    }

    /// Words outside of all blocks that lead to blocks of a class, by the blocks.
    pub(crate) fn entries(&self, class: Class) -> &[Entry] {
        match class {
            Class::Named => &self.edges.named,
            Class::Stack => &self.edges.stack,
            Class::Unseen => &self.edges.unseen,
            Class::Lost => &[],
        }
    }

    /// The same that lead to one block.
    pub(crate) fn entries_of(&self, block: u32, class: Class) -> &[Entry] {
        let entries = self.entries(class);
        let start = entries.partition_point(|entry| entry.target < block);
        let end = entries.partition_point(|entry| entry.target <= block);
        &entries[start..end]
    }

    /// Edges in the other direction.
    pub(crate) fn backward(&self) -> &Csr {
        self.backward.get_or_init(|| self.edges.between.reversed())
    }

    /// Who alone holds each block.
    pub(crate) fn owners(&self) -> &Owners {
        self.owners.get_or_init(|| {
            let mut is_entry = vec![0_u64; self.image.block_count().div_ceil(64)];
            let mut mark = |block: u32| is_entry[block as usize / 64] |= 1 << (block % 64);
            for class in Class::ALL {
                let targets = self.entries(class).iter().map(|entry| entry.target);
                targets.filter(|&target| self.class(target) == class).for_each(&mut mark);
            }
            self.reach.heads.iter().copied().for_each(&mut mark);
            let is_entry = |block: u32| is_entry[block as usize / 64] >> (block % 64) & 1 == 1;
            let dominators = Dominators::new(&self.reach, self.backward(), is_entry);
            let blocks = self.reach.order.iter().skip(1).map(|&block| self.block(block).size);
            let mut retained: Vec<u64> = std::iter::once(0).chain(blocks).collect();
            for number in (1..retained.len()).rev() {
                let own = retained[number];
                let above = &mut retained[dominators.parent[number] as usize];
                *above = above.saturating_add(own);
            }
            Owners { dominators, retained }
        })
    }

    /// Bytes that would be free without the block.
    pub(crate) fn retained_by(&self, block: u32) -> u64 {
        self.owners().retained[self.reach.number[block as usize] as usize]
    }

    /// The block that alone holds this one, if there is one.
    pub(crate) fn dominator(&self, block: u32) -> Option<u32> {
        let number = self.reach.number[block as usize];
        match self.owners().dominators.parent[number as usize] {
            0 => None,
            number => Some(self.reach.order[number as usize]),
        }
    }

    /// The block before each on a shortest way from outside; itself where it is the first.
    pub(crate) fn nearest(&self) -> &[u32] {
        self.nearest.get_or_init(|| {
            let classes = Class::ALL.map(|class| targets(self.entries(class)));
            let starts = classes.iter().chain([&self.reach.heads]).map(Vec::as_slice);
            crate::arrays::nearest(&self.edges.between, starts)
        })
    }

    pub(crate) fn components(&self) -> Components {
        Components::new(&self.edges.between)
    }
}

fn reach(edges: &Edges, typed: &Typed) -> Reach {
    let targets = [&edges.named, &edges.stack, &edges.unseen].map(|entries| targets(entries));
    // A lost cycle is called by its `Rc`, and not by what lies between.
    let is_counted = |block| typed.form(block).is_some_and(|form| form.counts().is_some());
    Reach::new(&edges.between, targets.iter().map(Vec::as_slice), is_counted)
}

/// The blocks to which words lead, each once.
fn targets(entries: &[Entry]) -> Vec<u32> {
    let mut targets: Vec<_> = entries.iter().map(|entry| entry.target).collect();
    targets.dedup();
    targets
}

impl fmt::Debug for HeapGraph {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("HeapGraph");
        shown.field("image", &self.image).field("edges", &self.edges.between.edges());
        shown.finish_non_exhaustive()
    }
}
