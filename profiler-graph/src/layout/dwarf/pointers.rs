//! References, raw pointers, `Box`, `Rc`, `Arc` and their weak ones.

use gimli::constants;

use super::DwarfLayouts;
use super::entry::{BOX, Entry};
use super::leaves::Leaves;
use super::shape::WORD;
use super::source::Place;
use crate::layout::{Counts, Field, Holds, Layout, Pointer, Shape, To};

/// Whether this is the name of a slice or of `str`, and not of a type that ends with one.
fn is_slice(name: &str) -> bool {
    let behind = name.strip_prefix("str");
    name.starts_with('[')
        || behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([',', '>']))
}

fn is_dyn(name: &str) -> bool {
    name.starts_with("dyn ") || name.starts_with("(dyn ")
}

fn holds(name: &str) -> Holds {
    if name.starts_with(BOX) { Holds::Owns } else { Holds::Borrows }
}

impl<'a> DwarfLayouts<'_, 'a> {
    pub(super) fn thin_pointer(&mut self, place: Place, entry: &Entry<'a>) -> Shape {
        let target = self.source.target(place, entry.own.kind);
        let to = match target {
            Some((_, target)) if target.tag == constants::DW_TAG_subroutine_type => {
                return Shape::Plain;
            }
            // A raw pointer to bytes often stands for one to something else.
            Some((at, target)) if is_known(entry, &target) => To::One(self.id(at)),
            _ => To::Unknown,
        };
        Shape::Pointer(Pointer { to, holds: holds(entry.name()) })
    }

    /// A reference, raw pointer or `Box` that has a second word.
    pub(super) fn fat_pointer(&mut self, place: Place, entry: &Entry<'a>) -> Option<Shape> {
        let name = entry.name();
        if !entry.is_fat() {
            return None;
        }
        let kind = name.strip_prefix(BOX).unwrap_or(name);
        let kind = ["&mut ", "&", "*const ", "*mut "]
            .iter()
            .find_map(|sign| kind.strip_prefix(sign))
            .unwrap_or(kind);
        let (at, target, has_length) = self.pointee(place, entry)?;
        let to = self.unsized_target(at, &target, has_length, is_slice(kind));
        Some(Shape::Pointer(Pointer { to, holds: holds(name) }))
    }

    /// The target of a pointer of two words, and whether the second one is a length.
    fn pointee(&mut self, place: Place, entry: &Entry<'a>) -> Option<(Place, Entry<'a>, bool)> {
        let has_length = entry.member("length").is_some();
        let first = entry.member("data_ptr").or_else(|| entry.member("pointer"))?;
        let (at, pointer) = self.source.target(place, first.own.kind)?;
        let (at, target) = self.source.target(at, pointer.own.kind)?;
        Some((at, target, has_length))
    }

    fn unsized_target(
        &mut self,
        at: Place,
        target: &Entry<'a>,
        has_length: bool,
        is_slice: bool,
    ) -> To {
        let kind = self.id(at);
        match has_length {
            // Since Rust 1.100, the value of an `Rc<[T]>` is not described as `T`, but as an array of them.
            true if is_slice && target.is_endless() => match self.element(at, target) {
                Some(element) => To::Slice(element),
                None => To::Unknown,
            },
            true if is_slice => To::Slice(kind),
            // A structure with a slice at its end, such as `Path`.
            true if !self.leads_anywhere(kind) => To::One(kind),
            false if is_dyn(target.name()) => To::Dyn,
            _ => To::Unknown,
        }
    }

    /// A structure around a pointer, such as `Rc`: the leaf `pointer` says where and what it is.
    pub(super) fn counted(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        leaves: &Leaves<'a>,
    ) -> Result<Shape, String> {
        let leaf = leaves.named("pointer")?;
        let (to, counts) = match leaf.entry.is_fat() {
            true => {
                let missing = || "no target".to_owned();
                let (at, inner, has_length) =
                    self.pointee(leaf.place, &leaf.entry).ok_or_else(missing)?;
                let (counts, (value, target)) = self.counts(at, &inner)?;
                let argument = inner.name().split_once('<').map_or("", |(_, argument)| argument);
                (self.unsized_target(value, &target, has_length, is_slice(argument)), counts)
            }
            false => {
                let target = self.source.target(leaf.place, leaf.entry.own.kind);
                let (at, inner) = target.ok_or("a pointer without a target")?;
                let (counts, (value, _)) = self.counts(at, &inner)?;
                (To::One(self.id(value)), counts)
            }
        };
        let holds =
            if entry.base_name() == "Weak" { Holds::Weak(counts) } else { Holds::Shares(counts) };
        Ok(self.pointer_within(place, entry, leaf.offset, Pointer { to, holds }))
    }

    /// A `Box` with an allocator of its own.
    pub(super) fn boxed(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        leaves: &Leaves<'a>,
    ) -> Result<Shape, String> {
        let leaf = leaves.named("pointer")?;
        let shape = match leaf.entry.is_fat() {
            true => self.fat_pointer(leaf.place, &leaf.entry),
            false => Some(self.thin_pointer(leaf.place, &leaf.entry)),
        };
        let Some(Shape::Pointer(pointer)) = shape else { return Err("no pointer".to_owned()) };
        let pointer = Pointer { holds: Holds::Owns, ..pointer };
        Ok(self.pointer_within(place, entry, leaf.offset, pointer))
    }

    /// The counts of what an `Rc` leads to, and its value.
    fn counts(
        &mut self,
        place: Place,
        inner: &Entry<'a>,
    ) -> Result<(Counts, (Place, Entry<'a>)), String> {
        let offset = |names: &[&str]| {
            let member = names.iter().find_map(|name| inner.member(name));
            let offset = member.and_then(|member| Some((member, member.offset()?)));
            offset.ok_or_else(|| format!("no `{}` in `{}`", names[0], inner.name()))
        };
        let ((_, strong), (_, weak)) = (offset(&["strong"])?, offset(&["weak"])?);
        let (member, value) = offset(&["value", "data"])?;
        let target = self.source.target(place, member.own.kind).ok_or("a value without a type")?;
        Ok((Counts { strong, weak, value }, target))
    }

    /// A pointer, and beside it the allocator if it is not empty.
    fn pointer_within(
        &mut self,
        place: Place,
        entry: &Entry<'a>,
        offset: u64,
        pointer: Pointer,
    ) -> Shape {
        let words = if matches!(pointer.to, To::Slice(_) | To::Dyn) { 2 } else { 1 };
        let size = entry.own.size.unwrap_or(0);
        let is_whole = offset == 0 && (size == WORD || size == 2 * WORD && words == 2);
        if is_whole {
            return Shape::Pointer(pointer);
        }
        let own: Vec<_> = entry.members.iter().collect();
        let mut fields = Vec::new();
        for member in own {
            let is_pointer = member.offset() == Some(offset);
            if is_pointer {
                continue;
            }
            fields.extend(self.fields(place, std::slice::from_ref(member)));
        }
        let layout = Layout {
            name: entry.name().to_owned(),
            size: words * WORD,
            align: WORD,
            shape: Shape::Pointer(pointer),
        };
        fields.push(Field { name: "ptr".to_owned(), offset, kind: self.made(layout) });
        Shape::Fields(fields)
    }
}

/// Whether the target of a pointer is what its type says.
fn is_known(pointer: &Entry<'_>, target: &Entry<'_>) -> bool {
    let name = pointer.name();
    let is_raw = name.is_empty() || name.starts_with('*');
    !is_raw || target.own.size.is_some_and(|size| size > 1)
}
