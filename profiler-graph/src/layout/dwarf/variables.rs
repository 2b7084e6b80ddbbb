//! Statics, thread-locals and vtables of all modules.

use gimli::{Operation, UnitOffset};

use super::index::{Found, Namespaces};
use super::source::Place;
use super::{DwarfLayouts, Globals};
use crate::debug::{DebugFile, UnitRef};
use crate::layout::{TypeId, Variable};

/// Where a variable is, as the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Location {
    Address(u64),
    ThreadLocal(u64),
}

impl<'a> DwarfLayouts<'_, 'a> {
    pub(super) fn find_globals(&mut self) -> Globals {
        let mut globals = Globals::default();
        for module in 0..self.source.files.count() as u32 {
            let Some(file) = self.source.files.of_module(module as usize) else { continue };
            let first = globals.variables.len();
            for unit in 0..file.units.count() as u32 {
                self.find_in_unit(file, Place { module, unit, at: UnitOffset(0) }, &mut globals);
            }
            let key = |it: &Variable| (it.is_thread_local, it.start);
            let order =
                |a: &Variable, b: &Variable| key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name));
            globals.variables[first..].sort_by(order);
        }
        let key = |it: &Variable| (it.module, it.is_thread_local, it.start);
        globals.variables.dedup_by(|a, b| key(a) == key(b) && a.name == b.name);
        globals
    }

    fn find_in_unit(&mut self, file: &DebugFile<'a>, from: Place, globals: &mut Globals) {
        let Some(unit) = self.source.unit(from.module, from.unit) else { return };
        let scanned = self.source.scan(from.module, from.unit);
        for found in &scanned.variables {
            let Some(location) = location(unit, found).filter(|&it| is_there(file, found, it))
            else {
                continue;
            };
            let place = found.own.kind.and_then(|kind| self.source.follow(from, kind));
            let Some(place) = place else { continue };
            let is_vtable = found.own.name.is_some_and(|name| name.ends_with("::{vtable}"));
            let bias = file.module.bias;
            let (start, is_thread_local) = match location {
                Location::Address(address) if is_vtable => {
                    globals.vtables.entry(address.wrapping_add(bias)).or_insert(place);
                    continue;
                }
                Location::Address(address) => (address.wrapping_add(bias), false),
                Location::ThreadLocal(offset) => (offset, true),
            };
            let (name, kind) = (name(&scanned.namespaces, found), self.id(place));
            let module = from.module as usize;
            globals.variables.push(Variable { name, module, start, is_thread_local, kind });
        }
        self.source.keep_namespaces(from.module, from.unit, scanned.namespaces);
    }

    /// The concrete type of a vtable.
    pub(super) fn of_vtable_type(&mut self, vtable: Place) -> Option<TypeId> {
        let (place, entry) = self.source.named(vtable)?;
        let concrete = self.source.follow(place, entry.own.containing_type?)?;
        Some(self.id(concrete))
    }
}

/// `app::REGISTRY`; of a thread-local, the name that its user gave, and not that of the static that the macro makes.
fn name(namespaces: &Namespaces<'_>, found: &Found<'_>) -> String {
    let (own, path) = (found.own.name.unwrap_or_default(), namespaces.path_of_variable(found));
    match path.split_once("::{constant#") {
        Some((outer, _)) if matches!(own, "VAL" | "__RUST_STD_INTERNAL_VAL") => outer.to_owned(),
        _ if path.is_empty() => own.to_owned(),
        _ => format!("{path}::{own}"),
    }
}

/// The place of a variable that is in one piece.
fn location(unit: UnitRef<'_, '_>, found: &Found<'_>) -> Option<Location> {
    let mut operations = found.own.location?.operations(unit.encoding());
    let first = operations.next().ok()??;
    let second = operations.next().ok()?;
    let (number, is_address) = match first {
        Operation::Address { address } => (address, true),
        Operation::AddressIndex { index } => (unit.address(index).ok()?, true),
        Operation::UnsignedConstant { value } => (value, false),
        Operation::ConstantIndex { index } => (unit.address(index).ok()?, false),
        _ => return None,
    };
    match second {
        None if is_address => Some(Location::Address(number)),
        Some(Operation::TLS) if operations.next().ok()?.is_none() => {
            Some(Location::ThreadLocal(number))
        }
        _ => None,
    }
}

/// Whether the linker kept a variable. It writes 0 for those that it left out.
fn is_there(file: &DebugFile<'_>, found: &Found<'_>, location: Location) -> bool {
    match location {
        Location::Address(address) => {
            address != 0 && file.module.contains(address.wrapping_add(file.module.bias))
        }
        Location::ThreadLocal(0) => {
            found.own.linkage_name.is_some_and(|name| is_first_thread_local(file, name))
        }
        Location::ThreadLocal(offset) => offset < file.module.tls_size,
    }
}

fn is_first_thread_local(file: &DebugFile<'_>, name: &str) -> bool {
    file.symbols().thread_local(0).is_some_and(|symbol| symbol.name == name)
}
