//! The fields on the way to a word: `payload.vec`, `[250]`, `value.name`.

use std::fmt::Write;

use super::form::Step;
use super::scan::{chosen, number};
use super::typed::Typed;
use crate::image::Image;
use crate::layout::{Field, Shape, TypeId, Variant, Variants};

/// Fields of the standard library that say nothing: what they are in has a name already.
const UNSAID: [&str; 17] = [
    "__0", "__1", "base", "buf", "data", "f", "inner", "map", "once", "pointer", "ptr", "state",
    "table", "val", "value", "vec", "v",
];

/// The way to a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    /// Fields and indices; empty if there is nothing to say.
    pub(crate) text: String,
    /// The type whose field was the last one that is said, and that field.
    pub(crate) field: Option<(TypeId, String)>,
}

impl Path {
    fn name(&mut self, name: &str) {
        if !self.text.is_empty() {
            self.text.push('.');
        }
        self.text.push_str(name);
    }

    fn index(&mut self, index: u64) {
        let _ = write!(self.text, "[{index}]");
    }
}

impl Typed {
    /// The way to a word of a block; `None` if nothing is known of it.
    pub(crate) fn path_in_block(&self, image: &Image, block: u32, offset: u64) -> Option<Path> {
        let form = self.form(block)?;
        let length = image.block(block as usize)?.size;
        let bytes = image.contents(block as usize)?;
        let mut path = Path::default();
        let (step, start) = form.step(length, self.extent(block), offset)?;
        let kind = match step {
            Step::Value => form.kind,
            Step::Index(index) => {
                path.index(index);
                form.kind
            }
            Step::Bucket => {
                self.entry(form.kind, bytes, start, offset - start, &mut path);
                return Some(path);
            }
            Step::Named(name, None) => {
                path.name(name);
                return Some(path);
            }
            Step::Named(name, Some(kind)) => {
                path.name(name);
                kind
            }
        };
        self.descend(kind, bytes, start, offset - start, &mut path);
        Some(path)
    }

    /// The variable at an address of a root, and the way in it.
    pub(crate) fn path_in_root(&self, image: &Image, place: u64) -> Option<(u32, Path)> {
        let behind = self.pieces.partition_point(|piece| piece.start <= place);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        let offset = place - piece.start;
        if offset >= piece.plan.layout.size {
            return None;
        }
        let root = &image.roots()[piece.root as usize];
        let bytes = image.root_memory(root);
        let mut path = Path::default();
        let kind = self.variables[piece.variable as usize].kind;
        self.descend(kind, bytes, piece.start - root.range.start, offset, &mut path);
        Some((piece.variable, path))
    }

    /// The element of a table.
    fn entry(&self, kind: TypeId, bytes: &[u8], base: u64, at: u64, path: &mut Path) {
        let fields = match self.plans.get(&kind).map(|plan| &plan.layout.shape) {
            Some(Shape::Fields(fields)) => &fields[..],
            _ => &[],
        };
        match self.field_at(fields, at) {
            Some(field) if ["__0", "__1"].contains(&&*field.name) => {
                path.name(if field.name == "__0" { "key" } else { "value" });
                self.descend(field.kind, bytes, base + field.offset, at - field.offset, path);
            }
            _ => self.descend(kind, bytes, base, at, path),
        }
    }

    /// Goes on in a value of a type that begins at `base`, to what lies `at` bytes behind.
    fn descend(&self, mut kind: TypeId, bytes: &[u8], mut base: u64, mut at: u64, path: &mut Path) {
        while let Some(plan) = self.plans.get(&kind) {
            let (fields, variant) = match &plan.layout.shape {
                Shape::Fields(fields) => (&fields[..], None),
                Shape::Variants(variants) => match variant(variants, bytes, base) {
                    Some(variant) => (&variant.fields[..], Some(&*variant.name)),
                    None => return,
                },
                Shape::Array { element, .. } => {
                    let size = self.plans.get(element).map_or(1, |plan| plan.layout.size.max(1));
                    path.index(at / size);
                    (base, at, kind) = (base + at / size * size, at % size, *element);
                    continue;
                }
                _ => return,
            };
            let Some(field) = self.field_at(fields, at) else { return };
            let is_only = fields.iter().filter(|field| self.leads(field.kind)).count() == 1;
            let said = said(&plan.layout.name, variant, &field.name, is_only);
            if !said.is_empty() {
                path.name(&said);
                path.field = Some((kind, said));
            }
            (base, at, kind) = (base + field.offset, at - field.offset, field.kind);
        }
    }

    fn leads(&self, kind: TypeId) -> bool {
        self.plans.get(&kind).is_some_and(|plan| !plan.parts.is_empty())
    }

    /// The field at an offset; of a union, the first that leads anywhere.
    fn field_at<'a>(&self, fields: &'a [Field], at: u64) -> Option<&'a Field> {
        let is_here = |field: &&Field| {
            let size = self.plans.get(&field.kind).map_or(0, |plan| plan.layout.size);
            (field.offset..field.offset.saturating_add(size)).contains(&at)
                && self.leads(field.kind)
        };
        fields.iter().find(is_here)
    }
}

/// The variant that is there.
fn variant<'a>(variants: &'a Variants, bytes: &[u8], base: u64) -> Option<&'a Variant> {
    match variants.discriminant {
        None => variants.variants.first(),
        Some((offset, size)) => {
            let number = number(bytes, base.checked_add(offset)?, size)?;
            chosen(&variants.variants, |variant| &variant.chosen_by, number)
        }
    }
}

/// The name of a field of a type; wrappers have none.
fn said(kind: &str, variant: Option<&str>, field: &str, is_only: bool) -> String {
    let is_known =
        ["core::", "alloc::", "std::", "hashbrown::"].iter().any(|start| kind.starts_with(start));
    let variant = variant.filter(|_| !is_known);
    let number = field.strip_prefix("__").filter(|number| number.parse::<u32>().is_ok());
    let is_unsaid = is_known && UNSAID.contains(&field) || is_only && number.is_some();
    let field = number.unwrap_or(field);
    // A closure has a part of what it captures, `payload__vec`, and what is borrowed is `_ref__payload`.
    let field = match kind.contains("{closure") {
        true => field.strip_prefix("_ref__").unwrap_or(field).replace("__", "."),
        false => field.to_owned(),
    };
    let field = (!is_unsaid).then_some(&*field);
    [variant, field].into_iter().flatten().collect::<Vec<_>>().join(".")
}
