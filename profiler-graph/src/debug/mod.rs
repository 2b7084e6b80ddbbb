//! Debug information of the captured modules, from their files: DWARF, unwind tables, symbols.
//!
//! A file is asked only if it is the one that was captured, by its build id. Debug information may be in it, in a file
//! beside it or of the system's (by build id or debug link), in a package (`.dwp`) or in a file for each unit (`.dwo`).

mod functions;
mod level;
mod open;
mod split;
mod symbols;
mod units;
mod unwind;

use std::cell::OnceCell;
use std::sync::Arc;

use addr2line::{Context, FrameIter, LookupContinuation, LookupResult};
use gimli::{EndianSlice, RunTimeEndian, UnitOffset};
use typed_arena::Arena;

pub(crate) use self::functions::Function;
use self::open::{Opened, open};
use self::split::Split;
pub(crate) use self::symbols::Symbols;
pub(crate) use self::units::Units;
pub(crate) use self::unwind::{StackFrame, Stacks};
use crate::image::{Bytes, Image, Module};
use crate::text::name;

pub(crate) type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
pub(crate) type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;
pub(crate) type UnitRef<'u, 'a> = gimli::UnitRef<'u, Slice<'a>>;

/// Keeps the files and what was unpacked of them for as long as somebody reads in it.
#[derive(Default)]
pub(crate) struct Store {
    files: Arena<Bytes>,
    sections: Arena<Vec<u8>>,
}

/// Where a type is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TypeEntry {
    /// Its module in the image.
    pub(crate) module: usize,
    /// Its unit among [`DebugFile::units`].
    pub(crate) unit: usize,
    pub(crate) entry: UnitOffset,
}

/// The files of the modules, each opened when it is asked for the first time.
pub(crate) struct DebugFiles<'a> {
    image: &'a Image,
    store: &'a Store,
    files: Vec<OnceCell<Result<DebugFile<'a>, &'static str>>>,
}

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
    context: Context<Slice<'a>>,
    split: Split<'a>,
}

impl<'a> DebugFiles<'a> {
    pub(crate) fn new(image: &'a Image, store: &'a Store) -> Self {
        Self { image, store, files: image.modules().iter().map(|_| OnceCell::new()).collect() }
    }

    /// How many modules there are.
    pub(crate) fn count(&self) -> usize {
        self.files.len()
    }

    /// The file of a module, by its index in the image.
    pub(crate) fn of_module(&self, module: usize) -> Option<&DebugFile<'a>> {
        let module_of = || DebugFile::new(&self.image.modules()[module], self.store);
        self.files[module].get_or_init(module_of).as_ref().ok()
    }

    /// The file of the module at an address of the process, and the address in that file.
    pub(crate) fn at(&self, address: u64) -> Option<(&DebugFile<'a>, u64)> {
        let modules = self.image.modules();
        let module = modules.iter().position(|module| module.contains(address))?;
        Some((self.of_module(module)?, address.wrapping_sub(modules[module].bias)))
    }

    /// The type that is the first type argument of a function at an address of the process.
    pub(crate) fn first_argument(
        &self,
        address: u64,
        function: &Function<'_>,
    ) -> Option<TypeEntry> {
        let module = self.image.modules().iter().position(|module| module.contains(address))?;
        let place = address.wrapping_sub(self.image.modules()[module].bias);
        let (unit, entry) = self.of_module(module)?.first_argument(place, function.entry?)?;
        Some(TypeEntry { module, unit, entry })
    }

    /// Why some modules, among those that were asked for, have no debug information, and what the program lacks.
    pub(crate) fn notes(&self) -> Vec<String> {
        let modules = self.image.modules().iter().zip(&self.files);
        let failed = modules.filter_map(|(module, file)| match file.get() {
            // What the system's kernel puts into each process has no file.
            Some(Err(_)) if module.file_name().starts_with("linux-vdso") => None,
            Some(Err(reason)) => Some(format!("No lines of {}: {reason}.", name(&module.path))),
            _ => None,
        });
        // The program itself is the first module.
        let program = self.files.first().and_then(OnceCell::get);
        failed.chain(program.and_then(|file| file.as_ref().ok()?.note())).collect()
    }
}

impl<'a> DebugFile<'a> {
    fn new(module: &'a Module, store: &'a Store) -> Result<Self, &'static str> {
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
