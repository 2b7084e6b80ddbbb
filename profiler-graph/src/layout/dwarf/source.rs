//! Entries of all modules, by their places.

use std::collections::HashMap;

use gimli::{DebugTypeSignature, DwTag, UnitOffset, UnitType, constants};

use super::attributes::Reference;
use super::entry::Entry;
use super::index::{Namespaces, Scanned, scan};
use crate::debug::{DebugFiles, UnitRef};

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) module: u32,
    pub(super) unit: u32,
    pub(super) at: UnitOffset,
}

/// Entries, read when they are asked for.
pub(super) struct Source<'f, 'a> {
    pub(super) files: &'f DebugFiles<'a>,
    namespaces: HashMap<(u32, u32), Namespaces<'a>>,
    /// Where types are that are known by a signature, of modules of which one was asked for.
    signatures: HashMap<u32, HashMap<u64, Place>>,
}

/// How often an entry may lead to another one before there is a type.
const LONGEST: usize = 32;

impl<'f, 'a> Source<'f, 'a> {
    pub(super) fn new(files: &'f DebugFiles<'a>) -> Self {
        Self { files, namespaces: HashMap::new(), signatures: HashMap::new() }
    }

    pub(super) fn unit(&self, module: u32, unit: u32) -> Option<UnitRef<'f, 'a>> {
        self.files.of_module(module as usize)?.unit(unit as usize)
    }

    pub(super) fn entry(&self, place: Place) -> Option<Entry<'a>> {
        Entry::read(self.unit(place.module, place.unit)?, place.at)
    }

    /// Where a reference leads that stands at a place.
    pub(super) fn follow(&mut self, from: Place, reference: Reference) -> Option<Place> {
        match reference {
            Reference::Unit(at) => Some(Place { at, ..from }),
            Reference::Section(offset) => {
                let (unit, at) = self.files.of_module(from.module as usize)?.units.find(offset)?;
                Some(Place { unit: unit as u32, at, ..from })
            }
            Reference::Signature(signature) => self.signed(from.module, signature),
        }
    }

    /// The type at a place, behind qualifiers, other names for it, and declarations.
    pub(super) fn named(&mut self, mut place: Place) -> Option<(Place, Entry<'a>)> {
        for _ in 0..LONGEST {
            let entry = self.entry(place)?;
            let own = &entry.own;
            let next = match is_other_name(entry.tag) {
                true => own.kind?,
                false if own.is_declaration && own.specification.is_some() => own.specification?,
                false => return Some((place, entry)),
            };
            place = self.follow(place, next)?;
        }
        None
    }

    /// The type that an entry says it has or leads to.
    pub(super) fn target(
        &mut self,
        from: Place,
        reference: Option<Reference>,
    ) -> Option<(Place, Entry<'a>)> {
        let place = self.follow(from, reference?)?;
        self.named(place)
    }

    /// The namespaces that a place is in: `alloc::vec`.
    pub(super) fn path(&mut self, place: Place) -> String {
        let key = (place.module, place.unit);
        if !self.namespaces.contains_key(&key) {
            let scanned = self.scan(place.module, place.unit);
            self.namespaces.insert(key, scanned.namespaces);
        }
        self.namespaces[&key].path(place.at)
    }

    /// The namespaces and variables of a unit.
    pub(super) fn scan(&self, module: u32, unit: u32) -> Scanned<'a> {
        self.unit(module, unit).map(scan).unwrap_or_default()
    }

    pub(super) fn keep_namespaces(&mut self, module: u32, unit: u32, namespaces: Namespaces<'a>) {
        self.namespaces.insert((module, unit), namespaces);
    }

    fn signed(&mut self, module: u32, signature: u64) -> Option<Place> {
        let files = self.files;
        let units = || files.of_module(module as usize).map_or(0, |file| file.units.count());
        let of_unit = |unit: u32| {
            let header = files.of_module(module as usize)?.unit(unit as usize)?.header;
            match header.type_() {
                UnitType::Type { type_signature: DebugTypeSignature(signature), type_offset }
                | UnitType::SplitType {
                    type_signature: DebugTypeSignature(signature),
                    type_offset,
                } => Some((signature, Place { module, unit, at: type_offset })),
                _ => None,
            }
        };
        let all = || (0..units() as u32).filter_map(of_unit).collect();
        self.signatures.entry(module).or_insert_with(all).get(&signature).copied()
    }
}

fn is_other_name(tag: DwTag) -> bool {
    matches!(
        tag,
        constants::DW_TAG_typedef
            | constants::DW_TAG_const_type
            | constants::DW_TAG_volatile_type
            | constants::DW_TAG_restrict_type
            | constants::DW_TAG_atomic_type
            | constants::DW_TAG_immutable_type
    )
}
