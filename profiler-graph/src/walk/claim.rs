//! The type of a block, as a word that leads to it says.

use super::form::{Body, Extent, WHOLE};
use super::scan::{Container, Means};
use super::typed::Trust;
use crate::layout::{Holds, Pointer, To, TypeId};

/// The type of a block, as one word says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) body: Body,
    pub(super) kind: TypeId,
    pub(super) trust: Trust,
    /// How many values there is room for in a row.
    pub(super) count: u64,
    pub(super) extent: Extent,
}

impl Claim {
    pub(super) fn new(body: Body, kind: TypeId, trust: Trust) -> Self {
        Self { body, kind, trust, count: 0, extent: WHOLE }
    }

    fn many(body: Body, kind: TypeId, trust: Trust, count: u64) -> Self {
        Self { count, ..Self::new(body, kind, trust) }
    }

    /// The claim of a word; `of_vtable` finds types by addresses.
    pub(super) fn of(
        means: Means<'_>,
        of_vtable: impl FnOnce(u64) -> Option<TypeId>,
    ) -> Option<Self> {
        match means {
            Means::Anything(behind) => {
                Some(Self::new(Body::One, of_vtable(behind)?, Trust::Vtable))
            }
            Means::Pointer(pointer, behind) => Self::of_pointer(pointer, behind, of_vtable),
            Means::Container(container) => Some(Self::of_container(container)),
            Means::Child(tree) => Some(Self::new(Body::Node(*tree), tree.key, Trust::Owner)),
        }
    }

    fn of_pointer(
        Pointer { to, holds }: Pointer,
        behind: u64,
        of_vtable: impl FnOnce(u64) -> Option<TypeId>,
    ) -> Option<Self> {
        let (one, many, trust) = match holds {
            Holds::Owns => (Body::One, Body::Many, Trust::Owner),
            Holds::Borrows => (Body::One, Body::Many, Trust::Borrower),
            Holds::Shares(counts) | Holds::Weak(counts) => {
                (Body::Counted(counts), Body::CountedMany(counts), Trust::Owner)
            }
        };
        match to {
            To::Unknown => None,
            To::One(kind) => Some(Self::new(one, kind, trust)),
            To::Slice(kind) => Some(Self::many(many, kind, trust, behind)),
            To::Dyn => Some(Self::new(one, of_vtable(behind)?, trust.min(Trust::Vtable))),
        }
    }

    fn of_container(container: Container<'_>) -> Self {
        let row = |kind, head, length, capacity| {
            let is_whole = length == capacity;
            let extent = if is_whole { WHOLE } else { Extent { head, count: length } };
            Self { extent, ..Self::many(Body::Many, kind, Trust::Owner, capacity) }
        };
        match container {
            Container::Vec { of, capacity, length } => row(of.element, 0, length, capacity),
            Container::Ring { of, capacity, head, length } => {
                row(of.element, head, length, capacity)
            }
            Container::Table { of, mask, .. } => {
                Self::many(Body::Table, of.element, Trust::Owner, mask.wrapping_add(1))
            }
            Container::Tree { of } => Self::new(Body::Node(*of), of.key, Trust::Owner),
        }
    }
}
