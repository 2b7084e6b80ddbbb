//! The blocks, and where their contents are in the file.

use std::ops::Range;

use mem_profile_format::heap_layout::{GRANULE, WORD, block};

use super::error::LoadError::{self, Damaged, TooLarge};
use super::section::{Section, words};

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Block {
    /// Its address.
    pub start: u64,
    /// Its size as requested.
    pub size: u64,
    /// The number of its site.
    pub site: u32,
}

impl Block {
    /// The address behind it.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.start + self.size
    }

    fn contents(&self) -> usize {
        (self.size as usize).next_multiple_of(WORD)
    }
}

/// The places of blocks and of their contents in the file.
#[derive(Default)]
pub(super) struct Blocks {
    place: Range<usize>,
    /// A bit for each block that has contents.
    holders: Vec<u64>,
    /// How many holders there are before each word of them.
    before: Vec<u32>,
    /// Where the contents of each holder begin.
    contents: Vec<usize>,
}

impl Blocks {
    /// Checks all blocks: their order, and that each has a site.
    pub(super) fn read(section: &Section<'_>, sites: usize) -> Result<Self, LoadError> {
        let count = section.count_of(block::SIZE)?;
        if count >= u32::MAX as usize {
            return Err(TooLarge);
        }
        let (mut free, mut granule) = (1, u64::MAX);
        for (index, words) in section.bytes.as_chunks().0.iter().enumerate() {
            let block = unpack(words);
            let what = match block {
                Block { size: 0, .. } => "a block without a byte",
                Block { start, .. } if start < free => "a block that overlaps the one before",
                Block { start, .. } if start / GRANULE == granule => "two blocks in one granule",
                Block { site, .. } if site as usize >= sites => {
                    "a block of a site that is not there"
                }
                _ => {
                    (free, granule) = (block.end(), block.start / GRANULE);
                    continue;
                }
            };
            return Err(Damaged { at: (section.at + index * block::SIZE) as u64, what });
        }
        Ok(Self { place: section.behind(0)?, ..Self::default() })
    }

    /// Finds the contents of each block that has some.
    pub(super) fn find_contents(
        &mut self,
        bytes: &[u8],
        holders: &Section<'_>,
        contents: &[Section<'_>],
    ) -> Result<(), LoadError> {
        if holders.count_of(WORD)? != self.count().div_ceil(64) {
            return Err(holders.damaged("a list of holders of another length"));
        }
        self.holders = words(holders.bytes).collect();
        let mut sections =
            contents.iter().map(|section| section.at..section.at + section.bytes.len());
        let mut free = 0..0;
        for group in 0..self.holders.len() {
            self.before.push(self.contents.len() as u32);
            for index in bits(self.holders[group]).map(|bit| group * 64 + bit) {
                let Some(block) = self.get(bytes, index) else {
                    return Err(holders.damaged("a holder that is not there"));
                };
                while free.is_empty()
                    && let Some(next) = sections.next()
                {
                    free = next;
                }
                if block.size > free.len() as u64 {
                    return Err(holders.damaged("a block whose contents are not there"));
                }
                self.contents.push(free.start);
                free.start += block.contents();
            }
        }
        match free.is_empty() && sections.all(|section| section.is_empty()) {
            true => Ok(()),
            false => Err(Damaged { at: free.start as u64, what: "contents that no block has" }),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.place.len() / block::SIZE
    }

    /// The block of a number; an empty one where there is none.
    #[inline]
    pub(super) fn get(&self, bytes: &[u8], index: usize) -> Option<Block> {
        let offset = index.checked_mul(block::SIZE).filter(|&offset| offset < self.place.len())?;
        let words = bytes.get(self.place.start + offset..)?.first_chunk()?;
        Some(unpack(words))
    }

    /// Where the contents of a block are, if they are there.
    #[inline]
    pub(super) fn place_of_contents(&self, index: usize, block: Block) -> Option<Range<usize>> {
        let word = *self.holders.get(index / 64)?;
        let below = (1 << (index % 64)) - 1;
        if word & (below + 1) == 0 {
            return None;
        }
        let rank = self.before[index / 64] + (word & below).count_ones();
        let start = *self.contents.get(rank as usize)?;
        Some(start..start + block.contents())
    }

    /// The numbers of the blocks whose contents are there.
    pub(super) fn holders(&self) -> impl Iterator<Item = usize> + '_ {
        let groups = self.holders.iter().enumerate();
        groups.flat_map(|(group, &word)| bits(word).map(move |bit| group * 64 + bit))
    }

    /// The blocks, in the order of addresses.
    pub(super) fn iter<'a>(
        &self,
        bytes: &'a [u8],
    ) -> impl ExactSizeIterator<Item = Block> + use<'a> {
        let bytes = bytes.get(self.place.clone()).unwrap_or_default();
        bytes.as_chunks().0.iter().map(unpack)
    }
}

fn unpack(bytes: &[u8; block::SIZE]) -> Block {
    let (low, high) = bytes.split_at(WORD);
    let word = |half: &[u8]| half.first_chunk().map_or(0, |&word| u64::from_le_bytes(word));
    let (start, size, site) = block::unpack([word(low), word(high)]);
    Block { start, size, site }
}

/// The places of the bits that are set, the lowest first.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = word.trailing_zeros();
        (word != 0).then(|| {
            word &= word - 1;
            lowest as usize
        })
    })
}
