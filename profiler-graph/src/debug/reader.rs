//! The types by which debug information is read.

use gimli::{EndianSlice, RunTimeEndian};
use typed_arena::Arena;

use crate::image::Bytes;

pub(crate) type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
pub(crate) type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;
pub(crate) type UnitRef<'u, 'a> = gimli::UnitRef<'u, Slice<'a>>;

/// Keeps the files and what was unpacked of them for as long as somebody reads in it.
#[derive(Default)]
pub(crate) struct Store {
    pub(super) files: Arena<Bytes>,
    pub(super) sections: Arena<Vec<u8>>,
}
