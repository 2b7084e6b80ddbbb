//! The types of blocks and of pieces of roots.

use std::collections::HashMap;
use std::sync::Arc;

use super::busy::Busy;
use super::form::{Extent, Form, Step, WHOLE};
use super::pieces::{Piece, scan_root};
use super::plan::Plan;
use super::scan::{Means, Word, anything, word};
use crate::image::{Image, words};
use crate::layout::{TypeId, Variable};
use crate::types::short_name;

/// The types of blocks. There are none if all is conservative.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    pub(crate) forms: Vec<Arc<Form>>,
    /// The form of each block with the trust in it; empty if none is known.
    pub(super) of_block: Vec<Typing>,
    pub(super) busy: Busy,
    /// Rows that are not whole, by blocks.
    pub(super) extents: Vec<(u32, Extent)>,
    /// In the order of addresses.
    pub(crate) pieces: Vec<Piece>,
    pub(crate) variables: Vec<Variable>,
    /// All types that were met.
    pub(super) plans: HashMap<TypeId, Arc<Plan>>,
}

/// How sure it is what a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trust {
    #[default]
    None,
    /// By a reference or a raw pointer.
    Borrower,
    /// By the stack that allocated a row, a table or a tree's node. Functions for types of one size may be one by the
    /// linker, so each word of it counts.
    Row,
    /// By the stack that allocated one value.
    Stack,
    Vtable,
    Owner,
}

/// A form, and the trust in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Typing(u32);

impl Typing {
    pub(crate) fn new(form: u32, trust: Trust) -> Self {
        Self(form << 3 | trust as u32)
    }

    pub(crate) fn form(self) -> Option<u32> {
        (self.0 != 0).then_some(self.0 >> 3)
    }

    pub(crate) fn trust(self) -> Trust {
        match self.0 & 7 {
            0 => Trust::None,
            1 => Trust::Borrower,
            2 => Trust::Row,
            3 => Trust::Stack,
            4 => Trust::Vtable,
            _ => Trust::Owner,
        }
    }
}

impl Typed {
    /// The form of a block, and the trust in it.
    pub(crate) fn typing(&self, block: u32) -> Typing {
        self.of_block.get(block as usize).copied().unwrap_or_default()
    }

    /// How many blocks there are, if anything is known of any.
    pub(crate) fn blocks(&self) -> u32 {
        self.of_block.len() as u32
    }

    /// The form of a block, if it is known.
    pub(crate) fn form(&self, block: u32) -> Option<&Form> {
        self.typing(block).form().map(|form| &*self.forms[form as usize])
    }

    /// Whether only those words of a block count that its type says.
    pub(crate) fn is_certain(&self, block: u32) -> bool {
        !matches!(self.typing(block).trust(), Trust::None | Trust::Row)
    }

    /// Which values of a row are there.
    pub(crate) fn extent(&self, block: u32) -> Extent {
        // The last one counts, where an owner has overruled another one.
        let behind = self.extents.partition_point(|&(other, _)| other <= block);
        match behind.checked_sub(1).map(|place| self.extents[place]) {
            Some((found, extent)) if found == block => extent,
            _ => WHOLE,
        }
    }

    /// Gives the words of a block that may lead to another one.
    #[inline]
    pub(crate) fn scan_block<'a>(
        &'a self,
        image: &Image,
        block: u32,
        mut found: impl FnMut(Word<'a>),
    ) {
        let bytes = image.contents(block as usize).unwrap_or_default();
        match self.form(block).filter(|_| self.is_certain(block)) {
            Some(form) => {
                let length = image.block(block as usize).map_or(0, |block| block.size);
                let extent = self.extent(block);
                match self.busy.has(block) {
                    false => form.scan(bytes, length, extent, &mut found),
                    true => scan_all(form, bytes, length, extent, &mut found),
                }
            }
            // PERF: what lies behind a word is of no use here, and reading it costs.
            None => (0..).step_by(8).zip(words(bytes)).for_each(|(offset, word)| {
                found(Word { offset, word, kind: None, means: Means::Anything(0) });
            }),
        }
    }

    /// Gives the words of a root that may lead to a block.
    pub(crate) fn scan_root<'a>(&'a self, image: &Image, root: usize, found: impl FnMut(Word<'a>)) {
        scan_root(&self.pieces, image, root, found);
    }

    /// The value that a word of a block belongs to, and where it begins.
    pub(crate) fn step(&self, image: &Image, block: u32, offset: u64) -> Option<(Step, u64)> {
        let length = image.block(block as usize)?.size;
        self.form(block)?.step(length, self.extent(block), offset)
    }

    /// The size of a type; 0 if it was not met.
    pub(crate) fn size(&self, kind: TypeId) -> u64 {
        self.plans.get(&kind).map_or(0, |plan| plan.layout.size)
    }

    /// The name of a type without paths.
    pub(crate) fn short_name(&self, kind: TypeId) -> String {
        self.plans.get(&kind).map_or_else(String::new, |plan| short_name(&plan.layout.name))
    }

    /// The strong count of a block, if it has one and it was captured.
    pub(crate) fn strong(&self, image: &Image, block: u32) -> Option<u64> {
        let counts = self.form(block)?.counts()?;
        Some(word(image.contents(block as usize)?, counts.strong))
    }
}

/// Gives the words of a block by its form, and then all others.
fn scan_all<'a>(
    form: &'a Form,
    bytes: &[u8],
    length: u64,
    extent: Extent,
    found: &mut impl FnMut(Word<'a>),
) {
    let mut given = vec![0_u64; bytes.len().div_ceil(512)];
    form.scan(bytes, length, extent, &mut |word| {
        if let Some(group) = given.get_mut(word.offset as usize / 512) {
            *group |= 1 << (word.offset / 8 % 64);
        }
        found(word);
    });
    anything(bytes, 0, bytes.len() as u64, &mut |word| {
        if given[word.offset as usize / 512] >> (word.offset / 8 % 64) & 1 == 0 {
            found(word);
        }
    });
}
