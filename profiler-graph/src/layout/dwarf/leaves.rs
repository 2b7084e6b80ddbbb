//! A structure as if it had no structures in it: so one more wrapper changes nothing.

use gimli::constants;

use super::DwarfLayouts;
use super::entry::{Entry, Member};
use super::source::Place;

/// The end of a path of fields.
#[derive(Debug)]
pub(super) struct Leaf<'a> {
    /// The names of the fields, and of variants.
    pub(super) path: Vec<&'a str>,
    pub(super) offset: u64,
    pub(super) place: Place,
    pub(super) entry: Entry<'a>,
}

/// Containers have at most this many.
const MOST: usize = 64;
const DEEPEST: usize = 24;

/// The leaves of a structure.
#[derive(Debug, Default)]
pub(super) struct Leaves<'a> {
    all: Vec<Leaf<'a>>,
    /// The structures whose own leaves are looked for.
    path: Vec<&'a str>,
    looked_at: usize,
}

impl<'a> Leaves<'a> {
    /// The leaf that has this name, or is all that there is in a field of this name.
    pub(super) fn named(&self, name: &str) -> Result<&Leaf<'a>, String> {
        let mut found = self.all.iter().filter(|leaf| leaf.path.contains(&name));
        let missing = || format!("no leaf `{name}`: its leaves are {self}");
        let leaf = found.next().ok_or_else(missing)?;
        match found.next() {
            None => Ok(leaf),
            Some(_) => Err(format!("several leaves `{name}`: its leaves are {self}")),
        }
    }
}

impl std::fmt::Display for Leaves<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.all.is_empty() {
            return formatter.write_str("none");
        }
        for (number, Leaf { path, offset, entry, .. }) in self.all.iter().enumerate() {
            formatter.write_str(if number == 0 { "" } else { ", " })?;
            write!(formatter, "`{}: {}` ({offset})", path.join("."), entry.name())?;
        }
        Ok(())
    }
}

impl<'a> DwarfLayouts<'_, 'a> {
    pub(super) fn leaves(&mut self, place: Place, entry: &Entry<'a>) -> Leaves<'a> {
        let mut leaves = Leaves::default();
        self.add_leaves(place, entry, 0, &mut leaves);
        leaves
    }

    fn add_leaves(&mut self, place: Place, entry: &Entry<'a>, base: u64, leaves: &mut Leaves<'a>) {
        self.add_members(place, &entry.members, base, leaves);
        for variant in entry.variants.iter().flat_map(|part| &part.variants) {
            self.add_members(place, &variant.members, base, leaves);
        }
    }

    fn add_members(
        &mut self,
        place: Place,
        members: &[Member<'a>],
        base: u64,
        leaves: &mut Leaves<'a>,
    ) {
        for member in members {
            leaves.looked_at += 1;
            if leaves.all.len() > MOST
                || leaves.looked_at > 16 * MOST
                || leaves.path.len() > DEEPEST
            {
                return;
            }
            // An allocator may have leaves of any name.
            let Some(offset) = member.offset().filter(|_| member.name() != "alloc") else {
                continue;
            };
            let Some((at, entry)) = self.source.target(place, member.own.kind) else { continue };
            let offset = base.saturating_add(offset);
            leaves.path.push(member.name());
            match entry.tag == constants::DW_TAG_structure_type && !entry.is_fat() {
                true => self.add_leaves(at, &entry, offset, leaves),
                false => {
                    leaves.all.push(Leaf { path: leaves.path.clone(), offset, place: at, entry })
                }
            }
            leaves.path.pop();
        }
    }
}
