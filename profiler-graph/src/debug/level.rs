//! How much debug information a program has, and which of Cargo's settings brings the rest.

use std::path::Path;

use super::file::DebugFile;
use super::reader::{Dwarf, Slice};
use crate::image::Module;
use crate::lines::is_foreign;
use crate::text::name;

/// Of the packages of the program's own, as Cargo's `debug` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    None,
    Lines,
    Limited,
    Full,
}

impl DebugFile<'_> {
    pub(crate) fn level(&self) -> Level {
        let mut best = Level::None;
        for index in 0..self.units.count() {
            let Some(skeleton) = self.units.skeleton(index, &self.dwarf) else { continue };
            let mut paths = [gimli::DW_AT_name, gimli::DW_AT_comp_dir].into_iter();
            if !paths.any(|path| is_foreign(&text(&self.dwarf, &skeleton, path))) {
                best = best.max(self.unit(index).map_or(Level::Lines, |unit| of_unit(&unit)));
            }
            if best == Level::Full {
                break;
            }
        }
        best
    }

    /// How many units are split off, and how many of them are not found.
    fn lost_units(&self) -> (usize, usize) {
        let skeletons = (0..self.units.count()).filter(|&index| {
            self.units.skeleton(index, &self.dwarf).is_some_and(|unit| unit.dwo_id.is_some())
        });
        skeletons.fold((0, 0), |(all, lost), index| {
            (all + 1, lost + usize::from(self.unit(index).is_none()))
        })
    }

    /// A note on names that more debug information would bring, with the setting for it.
    pub(super) fn note(&self) -> Option<String> {
        let program = name(self.module.file_name());
        if let (all, lost @ 1..) = self.lost_units() {
            return Some(format!(
                "{lost} of {all} units of {program} have their debug information in files that are not there \
                 (.dwo, or {program}.dwp): types and field names of these are not known."
            ));
        }
        let (wanted, now) = match self.level() {
            Level::None if self.symbols().is_empty() => {
                ("Types, lines and names", "none, and no symbols")
            }
            Level::None => ("Types, lines and field names", "none"),
            Level::Lines => ("Field names", "line tables"),
            Level::Limited => ("Field names", "1"),
            Level::Full => return None,
        };
        let variable = format!("CARGO_PROFILE_{}_DEBUG=2", profile(self.module));
        Some(format!("{wanted} of {program} need `debug = 2` (now {now}): {variable}."))
    }
}

/// By the kinds of entries that a unit may have.
fn of_unit(unit: &gimli::Unit<Slice<'_>>) -> Level {
    let kinds = (1..).map_while(|code| unit.abbreviations.get(code)).map(|kind| kind.tag());
    let level = kinds.map(|kind| match kind {
        gimli::DW_TAG_member => Level::Full,
        gimli::DW_TAG_namespace => Level::Limited,
        _ => Level::Lines,
    });
    level.max().unwrap_or(Level::Lines)
}

fn text<'a>(dwarf: &Dwarf<'a>, unit: &gimli::Unit<Slice<'a>>, of: gimli::DwAt) -> String {
    let root = unit.entry(unit.header.root_offset()).ok();
    let value = root.and_then(|root| root.attr_value(of));
    let text = value.and_then(|value| dwarf.attr_string(unit, value).ok());
    text.map_or_else(String::new, |text| text.to_string_lossy().into_owned())
}

/// The profile that a program was built with, by the folder that it is in.
fn profile(module: &Module) -> &'static str {
    let mut folders = Path::new(&module.path).components().rev();
    let is_dev = folders.find_map(|folder| match folder.as_os_str().to_str()? {
        "debug" => Some(true),
        "release" => Some(false),
        _ => None,
    });
    if is_dev == Some(true) { "DEV" } else { "RELEASE" }
}
