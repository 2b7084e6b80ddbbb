//! The arenas of glibc's allocator, and what its variables would save of them.

use std::collections::HashSet;
use std::ops::Range;

use crate::advice::Advice;
use crate::heap::{Found, MAPPED_FROM};
use crate::pages::Resident;
use crate::purpose::ARENA;
use crate::smaps::Mapping;

/// The free end of a heap that glibc keeps even then.
const KEPT_END: u64 = 128 << 10;
/// `MALLOC_ARENA_MAX=2` leaves so many.
const FEWER: u64 = 2;
/// There are gaps between blocks: an allowance of one byte in so many.
const GAPS: u64 = 8;

/// A state has the address of the arena's free end at this offset, which begins with two words: one of the block
/// before, and its own size, of which the lowest bits are flags.
const FREE_END: u64 = 96;
const FLAGS: u64 = 7;

/// Sums over the arenas.
#[derive(Debug, Default)]
pub(crate) struct Arenas {
    /// By where their state is. The main arena's is in the C library, and counts as 0.
    states: HashSet<u64>,
    resident: u64,
    /// Resident bytes of live blocks.
    live: u64,
    /// Bytes of live blocks with their headers.
    pub(crate) footprint: u64,
    /// Bytes of live blocks that would have mappings of their own.
    large: u64,
    /// Resident bytes of gaps in which such blocks have room.
    gaps: u64,
    /// Resident bytes of the free end of the main arena, if it was asked.
    top: u64,
}

impl Arenas {
    /// One more mapping. The free end of the main arena has so many bytes. Returns how much of the mapping's end
    /// `malloc_trim` would keep, though it is free.
    pub(crate) fn add(
        &mut self,
        mapping: &Mapping,
        found: &Found,
        resident: &Resident,
        top: Option<u64>,
        mut word_at: impl FnMut(u64) -> Option<u64>,
    ) -> u64 {
        let end = mapping.range.end;
        let behind = found.end.checked_next_multiple_of(mapping.page).unwrap_or(end);
        let free_end = if found.blocks > 0 { resident.bytes_anywhere(behind..end) } else { 0 };
        self.gaps += found.gaps + free_end.saturating_sub(MAPPED_FROM + KEPT_END);
        self.resident += mapping.resident;
        self.live += found.live;
        self.footprint += found.footprint;
        self.large += found.large;
        if mapping.name == "[heap]" {
            self.states.insert(0);
            let start = end.saturating_sub(top.unwrap_or(0));
            self.top += resident.bytes_anywhere(start.max(mapping.range.start)..end);
            return 0;
        }
        // Each begins with the address of its state; several make one mapping.
        let mut kept = Some(0);
        for start in mapping.range.clone().step_by(ARENA as usize) {
            self.states.extend(word_at(start));
            let free = kept_end(start, mapping, &mut word_at);
            let bytes =
                |free: Range<u64>| resident.bytes_anywhere(free.start.max(behind)..free.end);
            kept = kept.zip(free.map(bytes)).map(|(kept, bytes)| kept + bytes);
        }
        kept.unwrap_or(free_end)
    }

    /// What fewer arenas would leave, if blocks never had more bytes at once: none of two arenas would be larger than
    /// these together. C libraries have some more.
    pub(crate) fn fewer(&self, peak: Option<u64>, c: u64) -> Option<Advice> {
        let (arenas, peak) = (self.states.len() as u64, peak?);
        let with_headers = u128::from(peak.max(self.live)) * u128::from(self.footprint);
        let with_headers = with_headers.checked_div(self.live.into())?;
        let with_headers = u64::try_from(with_headers).ok()?.saturating_add(c);
        let needed = with_headers.saturating_add(with_headers / GAPS);
        let bytes = self.resident.saturating_sub(needed.saturating_mul(FEWER));
        let resident = self.resident;
        (arenas > FEWER).then_some(Advice::Arenas { arenas, resident, peak, bytes })
    }

    /// What the usual threshold of mapped blocks would have returned. It has risen where most live bytes are in blocks
    /// above it, or where the end of the heap is longer than it leaves.
    pub(crate) fn threshold(&self, c: u64) -> Advice {
        let of_gaps = if self.large > self.live / 2 { self.gaps.saturating_sub(c) } else { 0 };
        let of_end = match self.top > MAPPED_FROM + KEPT_END {
            true => self.top - KEPT_END,
            false => 0,
        };
        Advice::Threshold(of_gaps.max(of_end))
    }
}

/// The pages of the free end of an arena that begins here, if it is where glibc has it: it ends with a page of the same
/// 64 MiB. Nothing, if the arena goes on elsewhere.
fn kept_end(
    start: u64,
    mapping: &Mapping,
    mut word_at: impl FnMut(u64) -> Option<u64>,
) -> Option<Range<u64>> {
    let state = word_at(start)?;
    let free = word_at(state.checked_add(FREE_END)?)?;
    let end = free.checked_add(word_at(free.checked_add(8)?)? & !FLAGS)?;
    let is_end = free.is_multiple_of(16) && end > free && end.is_multiple_of(mapping.page);
    if !is_end || (end - 1) / ARENA != free / ARENA {
        return None;
    }
    match start / ARENA == free / ARENA {
        true => (end <= mapping.range.end).then_some(free / mapping.page * mapping.page..end),
        false => Some(start..start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const START: u64 = 0x7f00_0000_0000;

    fn mapping(name: &str, start: u64, resident: u64) -> (Mapping, Resident) {
        let range = start..start + resident;
        let mapping = Mapping { range, resident, name: name.to_owned(), ..Mapping::default() };
        let mapping = Mapping { page: 4096, ..mapping };
        let resident = Resident::new(&mapping, None).unwrap();
        (mapping, resident)
    }

    /// The main arena, and two of threads, of which one goes on behind its first 64 MiB.
    fn arenas(found: Found, top: Option<u64>) -> Arenas {
        let mut arenas = Arenas::default();
        for (name, start) in [("[heap]", 0x5000_0000), ("", START), ("", START + 5 * ARENA)] {
            let (mapping, resident) = mapping(name, start, 80 * MIB);
            let state = |at| Some(if at < START + ARENA { START } else { START + 5 * ARENA });
            arenas.add(&mapping, &Found { blocks: 1, ..found }, &resident, top, state);
        }
        arenas
    }

    #[test]
    fn two_arenas_have_at_most_the_peak_each() {
        let found =
            Found { live: 10 * MIB, footprint: 11 * MIB, end: u64::MAX, ..Found::default() };
        let arenas = arenas(found, None);
        let (resident, peak) = (240 * MIB, 50 * MIB);
        let advice = |bytes| Some(Advice::Arenas { arenas: 3, resident, peak, bytes });
        assert_eq!(arenas.fewer(Some(peak), 0), advice(240 * MIB - 2 * 55 * MIB * 9 / 8));
        assert_eq!(arenas.fewer(Some(peak), 41 * MIB), advice(24 * MIB));
        assert_eq!(arenas.fewer(Some(peak), 70 * MIB), advice(0));
        assert_eq!(arenas.fewer(None, 0), None);
    }

    #[test]
    fn one_arena_and_another_are_not_too_many() {
        let mut arenas = Arenas::default();
        let found = Found { live: 1, footprint: 1, end: u64::MAX, blocks: 1, ..Found::default() };
        for (name, start) in [("[heap]", 0x5000_0000), ("", START)] {
            let (mapping, resident) = mapping(name, start, 192 * MIB);
            arenas.add(&mapping, &found, &resident, None, |_| Some(START));
        }
        assert_eq!(arenas.fewer(Some(1), 0), None);
    }

    #[test]
    fn a_threshold_has_risen_where_large_blocks_lie_in_arenas() {
        let found = |large| Found {
            live: 10 * MIB,
            large,
            gaps: 20 * MIB,
            end: u64::MAX,
            ..Found::default()
        };
        assert_eq!(arenas(found(6 * MIB), None).threshold(MIB), Advice::Threshold(59 * MIB));
        assert_eq!(arenas(found(5 * MIB), None).threshold(MIB), Advice::Threshold(0));
        // Or where it has left a long end.
        let ends = arenas(found(0), Some(30 * MIB));
        assert_eq!(ends.threshold(MIB), Advice::Threshold(30 * MIB - (128 << 10)));
        assert_eq!(arenas(found(0), Some(256 << 10)).threshold(0), Advice::Threshold(0));
    }

    /// The words of an arena whose free end begins at `free`, and has so many bytes.
    fn words(free: u64, bytes: u64) -> impl FnMut(u64) -> Option<u64> {
        move |address| match address {
            START => Some(START + 0x30),
            _ if address == START + 0x30 + FREE_END => Some(free),
            _ if address == free + 8 => Some(bytes | 1),
            _ => None,
        }
    }

    #[test]
    fn the_free_end_of_a_threads_arena_is_kept() {
        let kept = |name, found, (free, bytes)| {
            let (mapping, resident) = mapping(name, START, MIB);
            Arenas::default().add(&mapping, &found, &resident, None, words(free, bytes))
        };
        let found = Found { blocks: 1, end: START + 0x2_0010, ..Found::default() };
        let at = |offset: u64, end: u64| (START + offset, end - offset);
        assert_eq!(kept("", found, at(0xa_0010, 0x10_0000)), 0x6_0000);
        // It was returned from there on, or there are live blocks on its first page.
        assert_eq!(kept("", found, at(0xa_0010, 0xb_0000)), 0x1_0000);
        assert_eq!(kept("", found, at(0x2_0010, 0x10_0000)), 0xd_f000);
        // The arena goes on in another mapping.
        assert_eq!(kept("", found, at(ARENA + 0x30, ARENA + 0x1000)), 0);
        // That is no free end, so all is kept behind the last block.
        assert_eq!(kept("", found, at(0xa_0018, 0x10_0008)), 0xd_f000);
        assert_eq!(kept("", found, at(0xa_0010, 0x10_1000)), 0xd_f000);
        assert_eq!(kept("[heap]", found, at(0xa_0010, 0x10_0000)), 0);
    }
}
