//! An entry of the debug information that describes a type, with its parts.

use gimli::{Abbreviation, DwTag, EntriesRaw, UnitOffset, constants};

use super::attributes::{Attributes, Reference};
use crate::debug::{Slice, UnitRef};

/// A `Box` is described as a pointer, not as a structure, and so has its path in its name.
pub(super) const BOX: &str = "alloc::boxed::Box<";

/// A type, or another entry that leads to one.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) tag: DwTag,
    pub(super) own: Attributes<'a>,
    /// Fields; of an array, its dimensions.
    pub(super) members: Vec<Member<'a>>,
    pub(super) arguments: Vec<Member<'a>>,
    pub(super) variants: Option<VariantPart<'a>>,
}

/// A field, a type argument, or a dimension.
#[derive(Debug)]
pub(super) struct Member<'a> {
    at: UnitOffset,
    pub(super) own: Attributes<'a>,
}

/// The alternatives of an enum.
#[derive(Debug, Default)]
pub(super) struct VariantPart<'a> {
    discriminant: Option<Reference>,
    members: Vec<Member<'a>>,
    pub(super) variants: Vec<RawVariant<'a>>,
}

#[derive(Debug)]
pub(super) struct RawVariant<'a> {
    pub(super) own: Attributes<'a>,
    pub(super) members: Vec<Member<'a>>,
}

impl<'a> VariantPart<'a> {
    /// The number that chooses.
    pub(super) fn discriminant(&self) -> Option<&Member<'a>> {
        let Some(Reference::Unit(at)) = self.discriminant else { return None };
        self.members.iter().find(|member| member.at == at)
    }
}

impl<'a> Entry<'a> {
    pub(super) fn read(unit: UnitRef<'_, 'a>, at: UnitOffset) -> Option<Self> {
        let mut entries = unit.entries_raw(Some(at)).ok()?;
        let found = entries.read_abbreviation().ok()??;
        let own = Attributes::read(unit, &mut entries, found)?;
        let parts = (Vec::new(), Vec::new(), None);
        let mut entry =
            Self { tag: found.tag(), own, members: parts.0, arguments: parts.1, variants: parts.2 };
        if found.has_children() {
            // Entries from before the damage are kept.
            while entries.next_depth() > 0 && entry.read_part(unit, &mut entries).is_some() {}
        }
        Some(entry)
    }

    /// Reads what is next: a part, a part of a part, or what is of no interest.
    fn read_part(
        &mut self,
        unit: UnitRef<'_, 'a>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
    ) -> Option<()> {
        let (depth, at) = (entries.next_depth(), entries.next_offset());
        let Some(found) = entries.read_abbreviation().ok()? else { return Some(()) };
        match found.tag() {
            constants::DW_TAG_member
            | constants::DW_TAG_inheritance
            | constants::DW_TAG_subrange_type
                if depth == 1 =>
            {
                self.members.push(Member::read(at, unit, entries, found)?);
            }
            constants::DW_TAG_template_type_parameter if depth == 1 => {
                self.arguments.push(Member::read(at, unit, entries, found)?);
            }
            constants::DW_TAG_variant_part if depth == 1 => {
                let own = Attributes::read(unit, entries, found)?;
                let part = VariantPart { discriminant: own.discriminant, ..VariantPart::default() };
                self.variants = Some(part);
                return self.read_variants(unit, entries, found);
            }
            _ => skip(entries, found, depth)?,
        }
        Some(())
    }

    fn read_variants(
        &mut self,
        unit: UnitRef<'_, 'a>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        part: &Abbreviation,
    ) -> Option<()> {
        let variants = self.variants.as_mut().filter(|_| part.has_children())?;
        while entries.next_depth() > 1 {
            let (depth, at) = (entries.next_depth(), entries.next_offset());
            let Some(found) = entries.read_abbreviation().ok()? else { continue };
            match (depth, found.tag()) {
                (2, constants::DW_TAG_variant) => {
                    let own = Attributes::read(unit, entries, found)?;
                    variants.variants.push(RawVariant { own, members: Vec::new() });
                }
                (2, constants::DW_TAG_member) => {
                    variants.members.push(Member::read(at, unit, entries, found)?)
                }
                (3, constants::DW_TAG_member) => {
                    let member = Member::read(at, unit, entries, found)?;
                    variants.variants.last_mut()?.members.push(member);
                }
                _ => skip(entries, found, depth)?,
            }
        }
        Some(())
    }

    pub(super) fn name(&self) -> &'a str {
        self.own.name.unwrap_or_default()
    }

    /// The name without type arguments.
    pub(super) fn base_name(&self) -> &'a str {
        self.name().split('<').next().unwrap_or_default()
    }

    /// Whether it is a pointer with a length or a vtable, which is described as a structure.
    pub(super) fn is_fat(&self) -> bool {
        let name = self.name();
        self.tag == constants::DW_TAG_structure_type
            && (name.starts_with(['&', '*']) || name.starts_with(BOX))
    }

    /// Whether it is an array that does not say how many elements it has.
    pub(super) fn is_endless(&self) -> bool {
        let is_array = self.tag == constants::DW_TAG_array_type;
        is_array && self.members.iter().all(|dimension| dimension.own.count.is_none())
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.own.name == Some(name))
    }

    pub(super) fn argument(&self, name: &str) -> Option<Reference> {
        let mut arguments = self.arguments.iter();
        arguments.find(|argument| argument.own.name == Some(name))?.own.kind
    }
}

impl<'a> Member<'a> {
    fn read(
        at: UnitOffset,
        unit: UnitRef<'_, 'a>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        found: &Abbreviation,
    ) -> Option<Self> {
        Some(Self { at, own: Attributes::read(unit, entries, found)? })
    }

    pub(super) fn name(&self) -> &'a str {
        self.own.name.unwrap_or_default()
    }

    /// Its offset, if it is a whole and always there.
    pub(super) fn offset(&self) -> Option<u64> {
        (!self.own.is_bits && !self.own.is_computed).then(|| self.own.offset.unwrap_or(0))
    }
}

/// Passes over an entry and all that is in it.
pub(super) fn skip(
    entries: &mut EntriesRaw<'_, Slice<'_>>,
    found: &Abbreviation,
    depth: isize,
) -> Option<()> {
    entries.skip_attributes(found.attributes()).ok()?;
    while entries.next_depth() > depth {
        if let Some(inner) = entries.read_abbreviation().ok()? {
            entries.skip_attributes(inner.attributes()).ok()?;
        }
    }
    Some(())
}
