//! The attributes of an entry, as far as types and variables need them.

use gimli::{
    Abbreviation, Attribute, AttributeValue, EntriesRaw, Expression, UnitOffset, constants,
};

use crate::debug::{Slice, UnitRef};

/// Where another entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Unit(UnitOffset),
    Section(gimli::DebugInfoOffset),
    Signature(u64),
}

#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) linkage_name: Option<&'a str>,
    pub(super) kind: Option<Reference>,
    pub(super) containing_type: Option<Reference>,
    pub(super) specification: Option<Reference>,
    pub(super) discriminant: Option<Reference>,
    pub(super) size: Option<u64>,
    pub(super) align: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) encoding: Option<u64>,
    /// How many elements a dimension has.
    pub(super) count: Option<u64>,
    /// The number that chooses a variant.
    pub(super) value: Option<u64>,
    /// The same as a list.
    pub(super) values: Option<Slice<'a>>,
    pub(super) location: Option<Expression<Slice<'a>>>,
    pub(super) is_declaration: bool,
    pub(super) is_bits: bool,
    /// Its offset is not a number.
    pub(super) is_computed: bool,
}

impl<'a> Attributes<'a> {
    pub(super) fn read(
        unit: UnitRef<'_, 'a>,
        entries: &mut EntriesRaw<'_, Slice<'a>>,
        found: &Abbreviation,
    ) -> Option<Self> {
        let mut own = Self::default();
        for &specification in found.attributes() {
            let attribute = entries.read_attribute(specification).ok()?;
            own.add(unit, &attribute);
        }
        Some(own)
    }

    fn add(&mut self, unit: UnitRef<'_, 'a>, attribute: &Attribute<Slice<'a>>) {
        let value = attribute.value();
        let text =
            || unit.attr_string(value).ok().and_then(|text| std::str::from_utf8(text.slice()).ok());
        let reference = || Reference::of(&value);
        match attribute.name() {
            constants::DW_AT_name => self.name = text(),
            constants::DW_AT_linkage_name => self.linkage_name = text(),
            constants::DW_AT_type => self.kind = reference(),
            constants::DW_AT_containing_type => self.containing_type = reference(),
            constants::DW_AT_specification | constants::DW_AT_signature => {
                self.specification = reference()
            }
            constants::DW_AT_discr => self.discriminant = reference(),
            constants::DW_AT_byte_size => self.size = value.udata_value(),
            constants::DW_AT_alignment => self.align = value.udata_value(),
            constants::DW_AT_data_member_location => {
                self.offset = value.udata_value();
                self.is_computed = self.offset.is_none();
            }
            constants::DW_AT_bit_size | constants::DW_AT_data_bit_offset => self.is_bits = true,
            constants::DW_AT_encoding => self.encoding = encoding(&value),
            constants::DW_AT_count => self.count = value.udata_value(),
            constants::DW_AT_upper_bound => {
                self.count = value.udata_value().map(|last| last.wrapping_add(1))
            }
            constants::DW_AT_discr_value => self.value = number(&value),
            constants::DW_AT_discr_list => self.values = block(&value),
            constants::DW_AT_location => self.location = expression(value),
            constants::DW_AT_declaration => self.is_declaration = true,
            _ => {}
        }
    }
}

impl Reference {
    pub(super) fn of(value: &AttributeValue<Slice<'_>>) -> Option<Self> {
        match *value {
            AttributeValue::UnitRef(at) => Some(Self::Unit(at)),
            AttributeValue::DebugInfoRef(at) => Some(Self::Section(at)),
            AttributeValue::DebugTypesRef(signature) => Some(Self::Signature(signature.0)),
            _ => None,
        }
    }
}

fn encoding(value: &AttributeValue<Slice<'_>>) -> Option<u64> {
    match value {
        AttributeValue::Encoding(encoding) => Some(encoding.0.into()),
        _ => None,
    }
}

/// A number whose sign does not matter, since only its lowest bytes are compared.
fn number(value: &AttributeValue<Slice<'_>>) -> Option<u64> {
    match *value {
        AttributeValue::Data1(number) => Some(number.into()),
        AttributeValue::Data2(number) => Some(number.into()),
        AttributeValue::Data4(number) => Some(number.into()),
        AttributeValue::Data8(number) | AttributeValue::Udata(number) => Some(number),
        AttributeValue::Sdata(number) => Some(number as u64),
        _ => value.udata_value(),
    }
}

fn block<'a>(value: &AttributeValue<Slice<'a>>) -> Option<Slice<'a>> {
    match value {
        AttributeValue::Block(bytes) => Some(*bytes),
        _ => None,
    }
}

fn expression(value: AttributeValue<Slice<'_>>) -> Option<Expression<Slice<'_>>> {
    match value {
        AttributeValue::Exprloc(expression) => Some(expression),
        AttributeValue::Block(bytes) => Some(Expression(bytes)),
        _ => None,
    }
}
