//! Where a key may lie in a table that only grows.
//!
//! Keys are spread over the first area until that is crowded where they would lie, then over the
//! next, which is larger. So a few keys lie on a few pages of memory, and a key is found without
//! knowing how many there are.
//!
//! PERF: a page costs more than a search. A program that begins to trace touched 794 pages with one
//! large area, and touches 166 with these; one of 1.5 million allocations 7,038, and now 6,298.

/// Places that are tried in an area.
const PROBES: usize = 8;
/// In the last one, which there is none after.
const LAST_PROBES: usize = 64;

/// The areas of a table, one behind the other, by the logarithms of their lengths.
#[derive(Debug)]
pub struct Areas<const COUNT: usize>([u32; COUNT]);

impl<const COUNT: usize> Areas<COUNT> {
    /// Areas with so many bits of an index each.
    pub const fn new(bits: [u32; COUNT]) -> Self {
        Self(bits)
    }

    /// Elements of the table.
    pub const fn length(&self) -> usize {
        let (mut length, mut area) = (0, 0);
        while area < COUNT {
            length += 1 << self.0[area];
            area += 1;
        }
        length
    }

    /// Where to look for a key with this hash, one after the other, until it is there or the place is
    /// empty. The table is full for it where neither comes.
    #[inline(always)]
    pub fn places(&self, hash: usize) -> impl Iterator<Item = usize> {
        let mut start = 0;
        self.0.iter().enumerate().flat_map(move |(index, bits)| {
            let (area, first) = (1_usize << bits, start);
            start += area;
            let probes = if index + 1 == COUNT { LAST_PROBES } else { PROBES };
            (0..probes).map(move |probe| first + hash.wrapping_add(probe) % area)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_area_is_tried_in_its_turn() {
        let areas = Areas::new([3, 6]);
        assert_eq!(areas.length(), 8 + 64);
        let first = [6, 7, 0, 1, 2, 3, 4, 5].into_iter();
        assert!(areas.places(14).eq(first.chain(22..72).chain(8..22)));
    }
}
