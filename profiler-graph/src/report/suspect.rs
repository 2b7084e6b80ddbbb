//! Suspects as data.

use crate::ask::Chain;
use crate::class::Class;

/// A block, or blocks of one type, that retains at least a tenth of the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Suspect {
    /// Name of its type.
    pub name: String,
    /// Where it was allocated; of several blocks, where most of their bytes were.
    pub location: String,
    /// How many blocks it is: 1, or all of its type that no other block alone holds.
    pub count: u64,
    /// The address of the first.
    pub address: u64,
    /// Its own bytes.
    pub bytes: u64,
    /// Bytes that dropping it would free, its own among them.
    pub retained: u64,
    /// Blocks that dropping it would free.
    pub blocks: u64,
    /// How it is held.
    pub class: Class,
    /// The words that hold it from outside of all blocks, by name, the first few of them.
    pub holders: Vec<String>,
    /// How many more words hold it from outside.
    pub more_holders: u64,
    /// A block that retains more, this one and others.
    pub within: Option<Point>,
    /// Where memory accumulates below it, if not in itself.
    pub accumulates: Option<Point>,
    /// Blocks of the type at which memory accumulates that hold each other, in a list or a tree; 0 if they do not.
    pub linked: u64,
    /// The type of which most is held where memory accumulates: the elements of a container.
    pub elements: Option<Group>,
    /// The type of most bytes of all that it retains.
    pub most: Option<Group>,
    /// How one of the blocks of most bytes is held.
    pub example: Option<Chain>,
}

/// A block that holds others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Point {
    /// Name of its type.
    pub name: String,
    /// Where it was allocated.
    pub location: String,
    /// Its address.
    pub address: u64,
    /// Bytes that would be free without it.
    pub retained: u64,
}

/// Blocks of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Group {
    /// Name of the type.
    pub name: String,
    /// Where most of their bytes were allocated.
    pub location: String,
    /// At how many more places others of them were allocated.
    pub more_locations: u64,
    /// How many there are.
    pub blocks: u64,
    /// Their own bytes.
    pub bytes: u64,
    /// Bytes that would be free without them; of elements only.
    pub retained: u64,
}
