//! The namespaces and variables of a unit, by one look over its entries.

use gimli::{AttributeSpecification, EntriesRaw, UnitOffset, constants};

use super::attributes::Attributes;
use super::entry::skip;
use crate::debug::{Slice, UnitRef};

/// The namespaces of a unit, in the order of their entries.
#[derive(Debug, Default)]
pub(super) struct Namespaces<'a> {
    all: Vec<Namespace<'a>>,
}

#[derive(Debug)]
struct Namespace<'a> {
    name: &'a str,
    start: UnitOffset,
    end: UnitOffset,
    outer: Option<u32>,
}

/// A variable that has a place in memory.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) own: Attributes<'a>,
    namespace: Option<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Scanned<'a> {
    pub(super) namespaces: Namespaces<'a>,
    pub(super) variables: Vec<Found<'a>>,
}

impl<'a> Namespaces<'a> {
    pub(super) fn path(&self, at: UnitOffset) -> String {
        let behind = self.all.partition_point(|namespace| namespace.start <= at);
        let mut found = (behind as u32).checked_sub(1);
        while let Some(namespace) =
            found.map(|found| &self.all[found as usize]).filter(|it| it.end <= at)
        {
            found = namespace.outer;
        }
        self.path_of(found)
    }

    pub(super) fn path_of_variable(&self, variable: &Found<'_>) -> String {
        self.path_of(variable.namespace)
    }

    fn path_of(&self, mut namespace: Option<u32>) -> String {
        let mut names = Vec::new();
        while let Some(found) = namespace {
            names.push(self.all[found as usize].name);
            namespace = self.all[found as usize].outer;
        }
        names.reverse();
        names.join("::")
    }
}

/// Looks over a unit. What is behind damage is not found.
pub(super) fn scan<'a>(unit: UnitRef<'_, 'a>) -> Scanned<'a> {
    let mut scan = Scan { unit, found: Scanned::default(), open: Vec::new() };
    if let Ok(mut entries) = unit.entries_raw(None) {
        while !entries.is_empty() && scan.next(&mut entries).is_some() {}
    }
    scan.found
}

struct Scan<'u, 'a> {
    unit: UnitRef<'u, 'a>,
    found: Scanned<'a>,
    /// Depths and numbers of the namespaces whose end is not reached.
    open: Vec<(isize, u32)>,
}

impl<'a> Scan<'_, 'a> {
    fn next(&mut self, entries: &mut EntriesRaw<'_, Slice<'a>>) -> Option<()> {
        let (depth, start) = (entries.next_depth(), entries.next_offset());
        let Some(found) = entries.read_abbreviation().ok()? else {
            if self.open.last().is_some_and(|&(outer, _)| outer == entries.next_depth()) {
                let (_, number) = self.open.pop()?;
                self.found.namespaces.all[number as usize].end = entries.next_offset();
            }
            return Some(());
        };
        match found.tag() {
            constants::DW_TAG_namespace => {
                let own = Attributes::read(self.unit, entries, found)?;
                if found.has_children() {
                    self.enter(own.name.unwrap_or("{anonymous}"), start, depth);
                }
            }
            constants::DW_TAG_variable if has_location(found.attributes()) => {
                let own = Attributes::read(self.unit, entries, found)?;
                let namespace = self.open.last().map(|&(_, number)| number);
                self.found.variables.push(Found { own, namespace });
            }
            _ if depth == 0 => entries.skip_attributes(found.attributes()).ok()?,
            // Their variables are on the stack; statics within functions are in namespaces.
            _ => skip(entries, found, depth)?,
        }
        Some(())
    }

    fn enter(&mut self, name: &'a str, start: UnitOffset, depth: isize) {
        let all = &mut self.found.namespaces.all;
        let outer = self.open.last().map(|&(_, number)| number);
        self.open.push((depth, all.len() as u32));
        all.push(Namespace { name, start, end: UnitOffset(usize::MAX), outer });
    }
}

fn has_location(attributes: &[AttributeSpecification]) -> bool {
    attributes.iter().any(|attribute| attribute.name() == constants::DW_AT_location)
}
