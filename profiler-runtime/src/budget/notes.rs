//! The blocks that are noted for a budget.

use super::limits::Limits;
use crate::record::alloc::noting::{self, Noting, Section};
use crate::record::memory::live_blocks::LiveBlocks;

/// The set in which the blocks of a budget are noted.
#[derive(Debug)]
pub(super) enum Notes {
    Own(Noting),
    /// Shared with the budget around it; the number of threads that it had started by then.
    Shared(&'static LiveBlocks, usize),
    /// All threads are counted, or memory is out.
    Nowhere,
}

impl Notes {
    pub(super) fn begin(limits: &Limits) -> Self {
        // If nothing depends on single blocks, use the ones that are noted anyway.
        match noting::innermost().filter(|_| !limits.no_leak) {
            _ if limits.process => Self::Nowhere,
            Some(outer) => Self::Shared(outer, outer.started()),
            None => Self::begin_own(limits),
        }
    }

    pub(super) fn begin_own(limits: &Limits) -> Self {
        let noting = if limits.process { None } else { Noting::begin() };
        noting.map_or(Self::Nowhere, Self::Own)
    }

    pub(super) fn enter(&self) -> Option<Section> {
        if let Self::Own(noting) = self { noting.enter() } else { None }
    }

    /// The blocks of this budget and of no other.
    pub(super) fn blocks(&self) -> Option<&'static LiveBlocks> {
        if let Self::Own(noting) = self { Some(noting.blocks()) } else { None }
    }

    /// How many threads are known to have been started meanwhile.
    pub(super) fn started(&self) -> usize {
        match self {
            Self::Own(noting) => noting.blocks().started(),
            Self::Shared(blocks, before) => blocks.started().saturating_sub(*before),
            Self::Nowhere => 0,
        }
    }
}
