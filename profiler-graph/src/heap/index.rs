//! Which block a word leads to.
//!
//! For each KiB of heap there is a bit for each granule of 16 bytes at which a block starts, and how many blocks
//! start before. So two reads and a population count find a block, however long blocks are.

use mem_profile_format::heap_layout::GRANULE;

use crate::image::Image;

/// The bytes of the heap that one word of bits covers.
const LINE: u64 = 64 * GRANULE;
/// A gap between blocks above this ends a region: its bits would take more memory than another region.
const LARGEST_GAP: u64 = 16 << 10;
/// A block above this is a region of its own, without bits.
const LARGEST_BLOCK: u64 = 64 << 10;

/// Finds blocks by the addresses in them.
#[derive(Debug)]
pub(crate) struct Index {
    regions: Vec<Region>,
    lines: Vec<Line>,
}

/// Addresses of which no other part of the program has any.
#[derive(Clone, Copy, Debug)]
struct Region {
    start: u64,
    end: u64,
    /// Its first line of bits; `None` where it is one block.
    first_line: Option<u32>,
    first_block: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Line {
    starts: [u32; 2],
    before: u32,
}

impl Line {
    #[inline]
    fn bits(self) -> u64 {
        u64::from(self.starts[0]) | u64::from(self.starts[1]) << 32
    }

    fn set(&mut self, bit: u64) {
        self.starts[bit as usize / 32] |= 1 << (bit % 32);
    }
}

impl Index {
    pub(crate) fn new(image: &Image) -> Self {
        let mut index = Self { regions: Vec::new(), lines: Vec::new() };
        for (number, block) in image.blocks().enumerate() {
            let is_long = block.size > LARGEST_BLOCK;
            let number = number as u32;
            match index.regions.last_mut() {
                Some(region)
                    if !is_long
                        && region.first_line.is_some()
                        && block.start - region.end <= LARGEST_GAP =>
                {
                    region.end = block.end();
                }
                _ => {
                    let first_line = (!is_long).then_some(index.lines.len() as u32);
                    let (start, end) = (block.start, block.end());
                    // Lines lie as addresses do, so that each granule is whole.
                    let start = if is_long { start } else { start / LINE * LINE };
                    index.regions.push(Region { start, end, first_line, first_block: number });
                }
            }
            index.add_start(block.start, number);
        }
        index.lines.shrink_to_fit();
        index
    }

    /// Marks where the block starts, in the last region.
    fn add_start(&mut self, start: u64, number: u32) {
        let Some(&Region { start: first, end, first_line: Some(first_line), .. }) =
            self.regions.last()
        else {
            return;
        };
        let at = |address: u64| first_line as usize + ((address - first) / LINE) as usize;
        let line = at(start);
        if line >= self.lines.len() {
            self.lines.resize(line + 1, Line { starts: [0; 2], before: number });
        }
        self.lines[line].set(start % LINE / GRANULE);
        // What lies behind is in this block, or in none.
        let behind = Line { starts: [0; 2], before: number + 1 };
        self.lines.resize(at(end - 1) + 1, behind);
    }

    /// Finds blocks, one after another.
    pub(crate) fn finder<'a>(&'a self, image: &'a Image) -> Finder<'a> {
        let start = self.regions.first().map_or(0, |region| region.start);
        let end = self.regions.last().map_or(0, |region| region.end);
        let none = Region { start: 1, end: 0, first_line: None, first_block: 0 };
        Finder { index: self, image, start, length: end - start, region: none }
    }
}

/// Finds blocks. It remembers the last region, since pointers mostly lead to the same one.
pub(crate) struct Finder<'a> {
    index: &'a Index,
    image: &'a Image,
    start: u64,
    length: u64,
    region: Region,
}

impl Finder<'_> {
    /// The block in which an address lies.
    #[inline]
    pub(crate) fn find(&mut self, address: u64) -> Option<u32> {
        // Most words are small numbers.
        if address.wrapping_sub(self.start) >= self.length {
            return None;
        }
        if address < self.region.start || address >= self.region.end {
            let next = self.index.regions.partition_point(|region| region.start <= address);
            self.region = self.index.regions[next.checked_sub(1)?];
            if address >= self.region.end {
                return None;
            }
        }
        self.find_in_region(address)
    }

    #[inline]
    fn find_in_region(&self, address: u64) -> Option<u32> {
        let Some(first_line) = self.region.first_line else {
            return Some(self.region.first_block);
        };
        let offset = address - self.region.start;
        let line = self.index.lines[first_line as usize + (offset / LINE) as usize];
        // The starts up to this granule, its own among them.
        let up_to = u64::MAX >> (63 - offset % LINE / GRANULE);
        let count = line.before + (line.bits() & up_to).count_ones();
        let mut number = count.checked_sub(1)?;
        let mut block = self.image.block(number as usize)?;
        if address < block.start {
            // It starts later in this granule.
            number = number.checked_sub(1)?;
            block = self.image.block(number as usize)?;
        }
        (block.start <= address && address < block.end()).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::ImageBuilder;

    /// Blocks of all sizes, with gaps of all sizes between them.
    fn random_blocks(random: &mut fastrand::Rng) -> Image {
        let mut image = ImageBuilder::new();
        image.site(0, 0, &[]);
        let mut place = 1 << 20;
        for _ in 0..random.usize(..200) {
            let power = random.u32(..21);
            let size = random.u64(1..=1 << power);
            // Not all begin where a granule does.
            let start = place + random.u64(..16) * random.u64(..2);
            image.block(start, size, 0);
            let gap = if random.u8(..8) == 0 { random.u64(..1 << 19) } else { random.u64(..64) };
            place = (start + size).next_multiple_of(16) + gap / 16 * 16;
        }
        Image::read(image.build()).expect("a capture")
    }

    #[test]
    fn a_word_leads_to_the_block_that_it_lies_in() {
        let mut random = fastrand::Rng::with_seed(4);
        let mut found = 0;
        for _ in 0..300 {
            let image = random_blocks(&mut random);
            let index = Index::new(&image);
            let mut finder = index.finder(&image);
            let edges = image.blocks().flat_map(|block| {
                [
                    block.start - 1,
                    block.start,
                    block.start + block.size / 2,
                    block.end() - 1,
                    block.end(),
                ]
            });
            let near = edges.flat_map(|place| [place.saturating_sub(16), place, place + 16]);
            for address in near.chain([0, 1, 1 << 20, u64::MAX]) {
                let slow = image.block_at(address).map(|block| block as u32);
                assert_eq!(finder.find(address), slow, "{address:#x}");
                found += usize::from(slow.is_some());
            }
        }
        assert!(found > 50_000, "{found}");
    }
}
