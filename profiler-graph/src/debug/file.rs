//! The debug information of one module.

use std::cell::OnceCell;
use std::sync::Arc;

use addr2line::{Context, FrameIter, LookupContinuation, LookupResult};

use super::open::{Opened, open};
use super::reader::{Dwarf, Slice, Store, UnitRef};
use super::split::Split;
use super::symbols::Symbols;
use super::units::Units;
use crate::image::Module;

/// The debug information of a module.
pub(crate) struct DebugFile<'a> {
    pub(crate) module: &'a Module,
    /// The module itself, with its code.
    pub(crate) program: object::File<'a>,
    /// The file that has what was taken out of the program.
    pub(crate) apart: Option<object::File<'a>>,
    symbols: OnceCell<Symbols<'a>>,
    pub(crate) dwarf: Arc<Dwarf<'a>>,
    pub(crate) units: Units<'a>,
    pub(super) context: Context<Slice<'a>>,
    split: Split<'a>,
}

impl<'a> DebugFile<'a> {
    pub(super) fn new(module: &'a Module, store: &'a Store) -> Result<Self, &'static str> {
        let Opened { program, apart, dwarf, package } = open(module, store)?;
        let broken = "its debug information cannot be read";
        let context = Context::from_arc_dwarf(dwarf.clone()).map_err(|_| broken)?;
        let units = Units::new(&dwarf);
        let split = Split::new(store, package);
        let symbols = OnceCell::new();
        Ok(Self { module, program, apart, symbols, dwarf, units, context, split })
    }

    pub(crate) fn symbols(&self) -> &Symbols<'a> {
        let files = || std::iter::once(&self.program).chain(&self.apart);
        self.symbols.get_or_init(|| Symbols::new(files()))
    }

    /// The functions at an address of the file, the innermost inlined one first.
    pub(crate) fn frames(&self, address: u64) -> Option<FrameIter<'_, Slice<'a>>> {
        self.finish(self.context.find_frames(address)).ok()
    }

    /// The unit that has the code at an address of the file; a split one in place of its skeleton.
    pub(crate) fn unit_at(&self, address: u64) -> Option<UnitRef<'_, 'a>> {
        self.finish(self.context.find_dwarf_and_unit(address))
    }

    /// A unit by its place in the file; a split one in place of its skeleton.
    pub(crate) fn unit(&self, index: usize) -> Option<UnitRef<'_, 'a>> {
        self.units.get(index, &self.dwarf, &self.split)
    }

    /// Brings a lookup to its end, with the files that it asks for.
    fn finish<L>(&self, mut lookup: LookupResult<L>) -> L::Output
    where
        L: LookupContinuation<Buf = Slice<'a>>,
    {
        loop {
            match lookup {
                LookupResult::Output(found) => return found,
                LookupResult::Load { load, continuation } => {
                    lookup = continuation.resume(self.split.load(&load));
                }
            }
        }
    }
}
