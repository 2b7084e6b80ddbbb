//! How much is held by what.

use std::fmt;

use super::selection::Sum;
use crate::class::Class;
use crate::graph::HeapGraph;
use crate::text::{count, size};

/// All blocks by how they are held. The four add up to all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Classes {
    /// Held by statics, thread-locals and the C library's records of threads.
    pub named: Sum,
    /// Held by words on stacks or in registers only.
    pub stack: Sum,
    /// Held by memory that was not seen only.
    pub unseen: Sum,
    /// Held by nothing.
    pub lost: Sum,
}

impl Classes {
    /// The figures of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> Sum {
        match class {
            Class::Named => self.named,
            Class::Stack => self.stack,
            Class::Unseen => self.unseen,
            Class::Lost => self.lost,
        }
    }
}

impl fmt::Display for Classes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for class in Class::ALL {
            let Sum { blocks, bytes, .. } = self.of(class);
            writeln!(formatter, "{class:34} {:>10}  {}", size(bytes), count(blocks, "block"))?;
        }
        Ok(())
    }
}

impl HeapGraph {
    /// All blocks by how they are held.
    #[must_use]
    pub fn classes(&self) -> Classes {
        let mut classes = Classes::default();
        for block in 0..self.image.block_count() as u32 {
            let sum = match self.class(block) {
                Class::Named => &mut classes.named,
                Class::Stack => &mut classes.stack,
                Class::Unseen => &mut classes.unseen,
                Class::Lost => &mut classes.lost,
            };
            let bytes = self.block(block).size;
            // Nothing outside of a class holds any of it.
            *sum = Sum {
                blocks: sum.blocks + 1,
                bytes: sum.bytes + bytes,
                retained: sum.retained + bytes,
            };
        }
        classes
    }
}
