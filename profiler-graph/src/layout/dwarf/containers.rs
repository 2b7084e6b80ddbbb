//! Containers of the standard library and of hashbrown, by their leaves.

use super::DwarfLayouts;
use super::entry::Entry;
use super::leaves::Leaves;
use super::source::Place;
use crate::layout::{Ring, Shape, Table, TypeId, Vector};

impl<'a> DwarfLayouts<'_, 'a> {
    /// The shape of a structure, if it is a container.
    pub(super) fn container(&mut self, place: Place, entry: &Entry<'a>) -> Option<Shape> {
        let name = entry.base_name();
        let of = match name {
            "Vec" | "VecDeque" | "BTreeMap" | "Rc" | "Arc" | "Weak" | "Box" => "alloc::",
            "RawTable" => "hashbrown::",
            _ => return None,
        };
        if !self.source.path(place).starts_with(of) {
            return None;
        }
        let leaves = self.leaves(place, entry);
        let shape = match name {
            "Vec" => self.vector(place, entry, &leaves),
            "VecDeque" => self.ring(place, entry, &leaves),
            "RawTable" => self.table(place, entry, &leaves),
            "BTreeMap" => self.tree(entry, &leaves),
            "Box" => self.boxed(place, entry, &leaves),
            _ => self.counted(place, entry, &leaves),
        };
        Some(shape.unwrap_or_else(|reason| {
            self.notes.insert(format!("`{name}` has {reason}. All its words are looked at."));
            Shape::Unknown
        }))
    }

    pub(super) fn argument(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        name: &str,
    ) -> Result<TypeId, String> {
        let found = entry.argument(name).and_then(|kind| self.source.follow(place, kind));
        found.map(|place| self.id(place)).ok_or_else(|| format!("no type argument `{name}`"))
    }

    fn vector(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        leaves: &Leaves<'a>,
    ) -> Result<Shape, String> {
        Ok(Shape::Vec(Vector {
            element: self.argument(place, entry, "T")?,
            pointer: leaves.named("pointer")?.offset,
            capacity: leaves.named("cap")?.offset,
            length: leaves.named("len")?.offset,
        }))
    }

    fn ring(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        leaves: &Leaves<'a>,
    ) -> Result<Shape, String> {
        Ok(Shape::Ring(Ring {
            element: self.argument(place, entry, "T")?,
            pointer: leaves.named("pointer")?.offset,
            capacity: leaves.named("cap")?.offset,
            head: leaves.named("head")?.offset,
            length: leaves.named("len")?.offset,
        }))
    }

    fn table(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        leaves: &Leaves<'a>,
    ) -> Result<Shape, String> {
        Ok(Shape::Table(Table {
            element: self.argument(place, entry, "T")?,
            control: leaves.named("ctrl")?.offset,
            mask: leaves.named("bucket_mask")?.offset,
            items: leaves.named("items")?.offset,
        }))
    }
}
