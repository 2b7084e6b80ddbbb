//! Debug information of the captured modules, from their files: DWARF, unwind tables, symbols.
//!
//! A file is asked only if it is the one that was captured, by its build id. Debug information may be in it, in a file
//! beside it or of the system's (by build id or debug link), in a package (`.dwp`) or in a file for each unit (`.dwo`).

mod file;
mod functions;
mod level;
mod open;
mod reader;
mod split;
mod symbols;
mod units;
mod unwind;

use std::cell::OnceCell;

use gimli::UnitOffset;

pub(crate) use self::file::DebugFile;
pub(crate) use self::functions::Function;
pub(crate) use self::reader::{Slice, Store, UnitRef};
pub(crate) use self::unwind::{StackFrame, Stacks};
use crate::image::Image;
use crate::text::name;

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
            // The kernel's own code in each process has no file.
            Some(Err(_)) if module.file_name().starts_with("linux-vdso") => None,
            Some(Err(reason)) => Some(format!("No lines of {}: {reason}.", name(&module.path))),
            _ => None,
        });
        // The program itself is the first module.
        let program = self.files.first().and_then(OnceCell::get);
        failed.chain(program.and_then(|file| file.as_ref().ok()?.note())).collect()
    }
}
