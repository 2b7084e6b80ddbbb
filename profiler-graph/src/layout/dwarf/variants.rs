//! Enums and the states of futures: alternatives, and the number that chooses.

use gimli::{Reader, constants};

use super::DwarfLayouts;
use super::entry::{Member, RawVariant, VariantPart};
use super::source::Place;
use crate::debug::Slice;
use crate::layout::{Shape, Variant, Variants};

/// The field that says where a future waits.
const STATE: &str = "__state";

/// The number that chooses.
#[derive(Clone, Copy)]
struct Discriminant {
    offset: u64,
    length: u64,
    is_signed: bool,
}

impl Discriminant {
    /// A number as it lies in memory.
    fn masked(self, number: u64) -> u64 {
        number & u64::MAX >> (64 - 8 * self.length)
    }

    /// The numbers and ranges of a list.
    fn ranges(self, mut list: Slice<'_>) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        let number = |list: &mut Slice<'_>| match self.is_signed {
            true => list.read_sleb128().map(|number| self.masked(number as u64)),
            false => list.read_uleb128().map(|number| self.masked(number)),
        };
        while let Ok(is_range) = list.read_u8() {
            let Ok(first) = number(&mut list) else { break };
            let last = if is_range == 0 { Ok(first) } else { number(&mut list) };
            let Ok(last) = last else { break };
            match first <= last {
                true => ranges.push((first, last)),
                // From below zero to above it.
                false => ranges.extend([(first, self.masked(u64::MAX)), (0, last)]),
            }
        }
        ranges
    }
}

impl<'a> DwarfLayouts<'_, 'a> {
    pub(super) fn variants(&mut self, place: Place, part: &VariantPart<'a>, size: u64) -> Shape {
        let chooser = part.discriminant();
        let discriminant = chooser.and_then(|member| self.discriminant(place, member, size));
        if discriminant.is_none() && chooser.is_some() {
            // All words of it may lead anywhere.
            return Shape::Unknown;
        }
        let is_future = chooser.is_some_and(|member| member.name() == STATE);
        let mut variants = Vec::new();
        for raw in &part.variants {
            variants.extend(self.variant(place, raw, discriminant, is_future));
        }
        if discriminant.is_none() {
            // There is no number where only one of them can be made: `Result<T, Infallible>`.
            variants.retain(|variant| !variant.fields.is_empty());
        }
        match variants.iter().all(|variant| variant.fields.is_empty()) {
            true => Shape::Plain,
            false if discriminant.is_none() && variants.len() > 1 => Shape::Unknown,
            false => {
                let discriminant = discriminant.map(|it| (it.offset, it.length));
                Shape::Variants(Variants { discriminant, variants })
            }
        }
    }

    fn discriminant(
        &mut self,
        place: Place,
        member: &Member<'a>,
        size: u64,
    ) -> Option<Discriminant> {
        let (_, kind) = self.source.target(place, member.own.kind)?;
        let offset = member.offset()?;
        let length = kind.own.size.filter(|length| (1..=8).contains(length))?;
        let is_signed = kind.own.encoding == Some(u64::from(constants::DW_ATE_signed.0));
        let is_inside = offset.checked_add(length)? <= size;
        is_inside.then_some(Discriminant { offset, length, is_signed })
    }

    fn variant(
        &mut self,
        place: Place,
        raw: &RawVariant<'a>,
        discriminant: Option<Discriminant>,
        is_future: bool,
    ) -> Option<Variant> {
        let member = raw.members.first()?;
        let (at, entry) = self.source.target(place, member.own.kind)?;
        let name = if is_future { entry.name() } else { member.name() };
        // Nothing is left of a future that has ended; its entry names what was there.
        let is_over = is_future && matches!(name, "Returned" | "Panicked");
        let mut fields = if is_over { Vec::new() } else { self.fields(at, &entry.members) };
        let offset = member.offset()?;
        fields.iter_mut().for_each(|field| field.offset = field.offset.saturating_add(offset));
        let mut chosen_by = Vec::new();
        if let Some(discriminant) = discriminant {
            let own = raw.own.value.map(|value| discriminant.masked(value));
            chosen_by.extend(own.map(|value| (value, value)));
            chosen_by.extend(raw.own.values.into_iter().flat_map(|list| discriminant.ranges(list)));
        }
        Some(Variant { name: name.to_owned(), chosen_by, fields })
    }
}
