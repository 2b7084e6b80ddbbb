//! The functions at an address with the names that the debug information has for them.

use gimli::{AttributeValue, UnitOffset};

use super::file::DebugFile;
use super::reader::{Slice, UnitRef};

type Entry<'a> = gimli::DebuggingInformationEntry<Slice<'a>>;

/// A function, called or inlined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Function<'f> {
    /// With its type arguments, which the path of it may lack: `push<u8, alloc::alloc::Global>`. Often empty.
    pub(crate) name: &'f str,
    /// With its modules: `alloc::vec::Vec<T,A>::push`. Empty where it is not known.
    pub(crate) path: String,
    /// Whether the path has type arguments of its own: `<alloc::vec::Vec<u8>>::push`.
    pub(crate) has_arguments: bool,
    /// The file and line that it is at.
    pub(crate) location: Option<(&'f str, u32)>,
    pub(crate) column: u32,
    /// Where its debug information is in the unit at the address.
    pub(crate) entry: Option<UnitOffset>,
}

impl Function<'_> {
    /// The name with its modules, or where these are not known, alone.
    pub(crate) fn title(&self) -> &str {
        if self.path.is_empty() { self.name } else { &self.path }
    }
}

/// How often a function may refer to another one for its name.
const LONGEST_WAY: usize = 8;

impl<'a> DebugFile<'a> {
    /// The functions at an address of the file, the innermost inlined one first. The last one is the one that was
    /// called.
    pub(crate) fn functions(&self, address: u64) -> Vec<Function<'_>> {
        let mut functions = Vec::new();
        let unit = self.unit_at(address);
        if let Some(mut frames) = self.frames(address) {
            while let Ok(Some(frame)) = frames.next() {
                let path = frame.function.as_ref().and_then(|name| name.demangle().ok());
                let name = unit
                    .zip(frame.dw_die_offset)
                    .and_then(|(unit, entry)| self.name_of(unit, entry));
                functions.push(Function {
                    name: name.unwrap_or_default(),
                    // Where there is no linkage name, it is the name once more.
                    path: path.filter(|path| path.contains("::")).unwrap_or_default().into_owned(),
                    has_arguments: false,
                    location: frame.location.as_ref().and_then(|found| found.file.zip(found.line)),
                    column: frame.location.and_then(|found| found.column).unwrap_or_default(),
                    entry: frame.dw_die_offset,
                });
            }
        }
        if functions.is_empty() {
            let found = self.context.find_location(address).ok().flatten();
            let location = found.and_then(|found| found.file.zip(found.line));
            functions.push(Function { location, ..Function::default() });
        }
        if let (Some(last), Some(symbol)) = (functions.last_mut(), self.symbols().function(address))
        {
            (last.path, last.has_arguments) = (symbol.demangled(), symbol.has_arguments());
        }
        functions
    }

    /// `DW_AT_name` of a function, or of what it was made of.
    fn name_of<'f>(&'f self, mut unit: UnitRef<'f, 'a>, mut entry: UnitOffset) -> Option<&'f str> {
        for _ in 0..LONGEST_WAY {
            let found = unit.entry(entry).ok()?;
            if let Some(name) = found.attr_value(gimli::DW_AT_name) {
                return std::str::from_utf8(unit.attr_string(name).ok()?.slice()).ok();
            }
            (unit, entry) = self.origin(unit, &found)?;
        }
        None
    }

    /// The entry from which a function was inlined, or that declares it.
    fn origin<'f>(
        &'f self,
        unit: UnitRef<'f, 'a>,
        found: &Entry<'a>,
    ) -> Option<(UnitRef<'f, 'a>, UnitOffset)> {
        let origin = found.attr_value(gimli::DW_AT_abstract_origin);
        match origin.or_else(|| found.attr_value(gimli::DW_AT_specification))? {
            AttributeValue::UnitRef(next) => Some((unit, next)),
            AttributeValue::DebugInfoRef(next) => {
                let (index, next) = self.units.find(next)?;
                Some((self.unit(index)?, next))
            }
            _ => None,
        }
    }

    /// The type that is the first type argument of a function in the unit at an address, by unit and place. Only full
    /// debug information has it.
    pub(super) fn first_argument(
        &self,
        address: u64,
        mut entry: UnitOffset,
    ) -> Option<(usize, UnitOffset)> {
        let mut unit = self.unit_at(address)?;
        for _ in 0..LONGEST_WAY {
            let mut tree = unit.entries_tree(Some(entry)).ok()?;
            let root = tree.root().ok()?;
            let found = root.entry().clone();
            let mut children = root.children();
            while let Ok(Some(child)) = children.next() {
                let child = child.entry();
                if child.tag() == gimli::DW_TAG_template_type_parameter {
                    return self.place_of(unit, child.attr_value(gimli::DW_AT_type)?);
                }
            }
            (unit, entry) = self.origin(unit, &found)?;
        }
        None
    }

    /// Where an entry is that another one of a unit refers to.
    fn place_of(
        &self,
        unit: UnitRef<'_, 'a>,
        to: AttributeValue<Slice<'a>>,
    ) -> Option<(usize, UnitOffset)> {
        match to {
            AttributeValue::UnitRef(entry) => Some((self.units.index(&unit, &self.dwarf)?, entry)),
            AttributeValue::DebugInfoRef(place) => self.units.find(place),
            _ => None,
        }
    }
}
