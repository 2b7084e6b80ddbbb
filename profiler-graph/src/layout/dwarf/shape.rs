//! Entries as shapes: numbers, structures, unions, arrays.

use std::sync::Arc;

use gimli::constants;

use super::DwarfLayouts;
use super::entry::{Entry, Member};
use super::source::Place;
use crate::layout::{Field, Layout, Layouts, Shape, TypeId};

/// Bytes of a pointer.
pub(super) const WORD: u64 = 8;

impl<'a> DwarfLayouts<'_, 'a> {
    /// The type at a place; a type of another name is the same.
    pub(super) fn shape_at(&mut self, place: Place) -> Option<Arc<Layout>> {
        let (found, entry) = self.source.named(place)?;
        if found != place {
            let kind = self.id(found);
            return Some(self.layout(kind));
        }
        let (shape, size) = self.shape(place, &entry);
        let name = self.name(place, &entry, 0);
        let align = entry.own.align.filter(|align| align.is_power_of_two());
        let align = align.unwrap_or_else(|| self.natural_align(&shape, size));
        Some(Arc::new(Layout { name, size, align, shape }))
    }

    fn shape(&mut self, place: Place, entry: &Entry<'a>) -> (Shape, u64) {
        let size = entry.own.size.unwrap_or(0);
        let shape = match entry.tag {
            _ if entry.own.is_declaration => Shape::Unknown,
            constants::DW_TAG_base_type => number(entry, size),
            constants::DW_TAG_pointer_type
            | constants::DW_TAG_reference_type
            | constants::DW_TAG_rvalue_reference_type => {
                return (self.thin_pointer(place, entry), entry.own.size.unwrap_or(WORD));
            }
            constants::DW_TAG_array_type => return self.array(place, entry),
            constants::DW_TAG_structure_type
            | constants::DW_TAG_class_type
            | constants::DW_TAG_union_type => self.structure(place, entry, size),
            constants::DW_TAG_enumeration_type
            | constants::DW_TAG_subroutine_type
            | constants::DW_TAG_unspecified_type => Shape::Plain,
            _ => Shape::Unknown,
        };
        (shape, size)
    }

    fn structure(&mut self, place: Place, entry: &Entry<'a>, size: u64) -> Shape {
        if let Some(shape) = self.fat_pointer(place, entry) {
            return shape;
        }
        if let Some(shape) = self.container(place, entry) {
            return shape;
        }
        let fields = self.fields(place, &entry.members);
        let variants = match &entry.variants {
            Some(part) => self.variants(place, part, size),
            None => Shape::Plain,
        };
        match (fields.is_empty(), variants) {
            (true, variants) => variants,
            (false, Shape::Plain) => self.simplest(place, fields, size),
            (false, variants) => self.with_variants(fields, variants, size),
        }
    }

    /// Parts of a type that may lead to a block.
    pub(super) fn fields(&mut self, place: Place, members: &[Member<'a>]) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for member in members {
            let (Some(offset), Some(reference)) = (member.offset(), member.own.kind) else {
                continue;
            };
            let Some(kind) = self.source.follow(place, reference) else { continue };
            let kind = self.id(kind);
            let field = Field { name: member.name().to_owned(), offset, kind };
            if !fields.contains(&field) && self.leads_anywhere(kind) {
                fields.push(field);
            }
        }
        fields
    }

    /// An atomic is a number, and so is a cell of one.
    fn simplest(&mut self, place: Place, fields: Vec<Field>, size: u64) -> Shape {
        let is_number = match &fields[..] {
            [Field { offset: 0, kind, .. }] if size == WORD => {
                self.layout(*kind).shape == Shape::Number
            }
            _ => false,
        };
        match is_number && self.source.path(place).starts_with("core::") {
            true => Shape::Number,
            false => Shape::Fields(fields),
        }
    }

    /// A type with alternatives and also parts that are always there.
    fn with_variants(&mut self, mut fields: Vec<Field>, variants: Shape, size: u64) -> Shape {
        let layout = Layout { name: String::new(), size, align: 1, shape: variants };
        fields.push(Field { name: String::new(), offset: 0, kind: self.made(layout) });
        Shape::Fields(fields)
    }

    fn array(&mut self, place: Place, entry: &Entry<'a>) -> (Shape, u64) {
        let Some(element) = self.element(place, entry) else { return (Shape::Unknown, 0) };
        let count = dimensions(entry);
        let layout = self.layout(element);
        let size = layout.size.saturating_mul(count);
        match layout.shape {
            Shape::Plain => (Shape::Plain, size),
            _ => (Shape::Array { element, count }, size),
        }
    }

    /// The type of the elements of an array.
    pub(super) fn element(&mut self, place: Place, entry: &Entry<'a>) -> Option<TypeId> {
        let kind = self.source.follow(place, entry.own.kind?)?;
        Some(self.id(kind))
    }

    fn natural_align(&mut self, shape: &Shape, size: u64) -> u64 {
        match shape {
            Shape::Fields(fields) => {
                fields.iter().map(|field| self.layout(field.kind).align).max().unwrap_or(1)
            }
            Shape::Array { element, .. } => self.layout(*element).align,
            _ => size.checked_next_power_of_two().unwrap_or(WORD).clamp(1, WORD),
        }
    }

    /// The whole name of a type.
    pub(super) fn name(&mut self, place: Place, entry: &Entry<'a>, depth: usize) -> String {
        let own = entry.name();
        if own.is_empty() {
            return self.made_name(place, entry, depth);
        }
        // Names of pointers, tuples and slices are whole, and outside of namespaces.
        let path = self.source.path(place);
        if path.is_empty() { own.to_owned() } else { format!("{path}::{own}") }
    }

    /// The name of a type that has none of its own: an array, a pointer of C.
    fn made_name(&mut self, place: Place, entry: &Entry<'a>, depth: usize) -> String {
        let target = match depth < 8 {
            true => self.source.target(place, entry.own.kind),
            false => None,
        };
        let target = target.map(|(place, entry)| self.name(place, &entry, depth + 1));
        let target = target.unwrap_or_else(|| "_".to_owned());
        match entry.tag {
            constants::DW_TAG_array_type => format!("[{target}; {}]", dimensions(entry)),
            constants::DW_TAG_pointer_type => format!("*{target}"),
            constants::DW_TAG_subroutine_type => "fn".to_owned(),
            _ => "{unnamed}".to_owned(),
        }
    }
}

/// How many elements an array has.
fn dimensions(entry: &Entry<'_>) -> u64 {
    let counts = entry.members.iter().map(|dimension| dimension.own.count.unwrap_or(0));
    counts.fold(1, u64::saturating_mul)
}

fn number(entry: &Entry<'_>, size: u64) -> Shape {
    let unsigned = u64::from(constants::DW_ATE_unsigned.0);
    match size == WORD && entry.own.encoding == Some(unsigned) {
        true => Shape::Number,
        false => Shape::Plain,
    }
}
