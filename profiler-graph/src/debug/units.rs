//! The units of a file, each read when it is asked for.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

use addr2line::SplitDwarfLoad;
use gimli::{DebugInfoOffset, DwoId, UnitHeader, UnitOffset};

use super::reader::{Dwarf, Slice, UnitRef};
use super::split::Split;

type Unit<'a> = gimli::Unit<Slice<'a>>;

/// All units, in the order of the file.
pub(crate) struct Units<'a> {
    units: Vec<(UnitHeader<Slice<'a>>, OnceCell<Option<Read<'a>>>)>,
    skeletons: OnceCell<HashMap<DwoId, usize>>,
}

struct Read<'a> {
    /// Of what is split off.
    dwarf: Option<Arc<Dwarf<'a>>>,
    unit: Unit<'a>,
}

impl<'a> Units<'a> {
    pub(super) fn new(dwarf: &Dwarf<'a>) -> Self {
        let mut headers = dwarf.units();
        let next = || headers.next().ok().flatten().map(|header| (header, OnceCell::new()));
        Self { units: std::iter::from_fn(next).collect(), skeletons: OnceCell::new() }
    }

    pub(crate) fn count(&self) -> usize {
        self.units.len()
    }

    /// The unit that an offset in the whole section lies in, and the offset in it.
    pub(crate) fn find(&self, offset: DebugInfoOffset) -> Option<(usize, UnitOffset)> {
        let start = |header: &UnitHeader<_>| header.debug_info_offset().map(|start| start.0);
        let behind = self.units.partition_point(|(header, _)| start(header) <= Some(offset.0));
        let index = behind.checked_sub(1)?;
        Some((index, offset.to_unit_offset(&self.units[index].0)?))
    }

    /// Which of the units it is.
    pub(super) fn index(&self, unit: &UnitRef<'_, 'a>, dwarf: &Dwarf<'a>) -> Option<usize> {
        let Some(dwo_id) = unit.dwo_id else {
            let start = unit.header.debug_info_offset();
            let is_it = |(header, _): &(UnitHeader<_>, _)| header.debug_info_offset() == start;
            return self.units.iter().position(is_it);
        };
        // All that are split off begin at the beginning of a file of their own.
        let skeletons = self.skeletons.get_or_init(|| {
            let ids = self.units.iter().map(|(header, _)| dwarf.unit(*header).ok()?.dwo_id);
            ids.enumerate().filter_map(|(index, id)| Some((id?, index))).collect()
        });
        skeletons.get(&dwo_id).copied()
    }

    /// The unit as it is in the file.
    pub(super) fn skeleton(&self, index: usize, dwarf: &Dwarf<'a>) -> Option<Unit<'a>> {
        dwarf.unit(self.units.get(index)?.0).ok()
    }

    pub(super) fn get<'u>(
        &'u self,
        index: usize,
        dwarf: &'u Arc<Dwarf<'a>>,
        split: &Split<'a>,
    ) -> Option<UnitRef<'u, 'a>> {
        let (header, unit) = self.units.get(index)?;
        let read = || read(*header, dwarf, split);
        let Read { dwarf: own, unit } = unit.get_or_init(read).as_ref()?;
        Some(UnitRef::new(own.as_deref().unwrap_or(dwarf), unit))
    }
}

/// Reads a unit, and where it is a skeleton, the unit that it stands for.
fn read<'a>(
    header: UnitHeader<Slice<'a>>,
    dwarf: &Arc<Dwarf<'a>>,
    split: &Split<'a>,
) -> Option<Read<'a>> {
    let skeleton = dwarf.unit(header).ok()?;
    let Some(dwo_id) = skeleton.dwo_id else {
        return Some(Read { dwarf: None, unit: skeleton });
    };
    let path = skeleton.dwo_name().ok().flatten();
    let load = SplitDwarfLoad {
        dwo_id,
        comp_dir: skeleton.comp_dir,
        path: path.and_then(|path| dwarf.attr_string(&skeleton, path).ok()),
        parent: dwarf.clone(),
    };
    let own = split.load(&load)?;
    let mut unit = own.unit(own.units().next().ok()??).ok()?;
    unit.copy_relocated_attributes(&skeleton);
    Some(Read { dwarf: Some(own), unit })
}
