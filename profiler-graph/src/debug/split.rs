//! Units whose debug information is in another file: a package for all of them, or a file for each.

use std::path::Path;
use std::sync::Arc;

use addr2line::SplitDwarfLoad;
use gimli::DwarfPackage;

use super::open::{load_split, parse};
use super::reader::{Dwarf, Slice, Store};

/// Finds what is split off.
pub(crate) struct Split<'a> {
    store: &'a Store,
    package: Option<DwarfPackage<Slice<'a>>>,
}

impl<'a> Split<'a> {
    pub(super) fn new(store: &'a Store, package: Option<DwarfPackage<Slice<'a>>>) -> Self {
        Self { store, package }
    }

    /// The debug information of one unit.
    pub(super) fn load(&self, wanted: &SplitDwarfLoad<Slice<'a>>) -> Option<Arc<Dwarf<'a>>> {
        let packed = self.package.as_ref().map(|it| it.find_cu(wanted.dwo_id, &wanted.parent));
        if let Some(Ok(Some(found))) = packed {
            return Some(Arc::new(found));
        }
        let folder = wanted.comp_dir.map_or("".into(), |folder| folder.to_string_lossy());
        let path = Path::new(&*folder).join(&*wanted.path?.to_string_lossy());
        let file = parse(&path, self.store)?;
        let mut dwarf = load_split(&file, self.store);
        let unit = dwarf.unit(dwarf.units().next().ok()??).ok()?;
        if unit.dwo_id != Some(wanted.dwo_id) {
            return None;
        }
        dwarf.make_dwo(&wanted.parent);
        Some(Arc::new(dwarf))
    }
}
