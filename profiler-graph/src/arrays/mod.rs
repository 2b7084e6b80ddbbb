//! Algorithms on graphs of numbered nodes, on plain arrays. None recurs, and none takes more than n log n steps, so
//! a list of ten million nodes is as good as any graph.

mod components;
mod csr;
mod dominators;
mod nearest;
mod reach;

pub(crate) use self::components::Components;
pub(crate) use self::csr::Csr;
pub(crate) use self::dominators::Dominators;
pub(crate) use self::nearest::nearest;
pub(crate) use self::reach::{NONE, Reach};
