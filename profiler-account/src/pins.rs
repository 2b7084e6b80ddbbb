//! Which blocks keep free bytes resident: a page stays as long as one block lies on it.

use std::collections::HashMap;
use std::mem;

use crate::facts::Counted;

/// Free bytes that live blocks keep resident, by where these were allocated and by their size. Both add up to `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Pins {
    /// Free bytes on pages with live blocks: the class of the account.
    pub bytes: u64,
    /// These pages.
    pub pages: u64,
    /// The live bytes on them.
    pub live: u64,
    /// By where the blocks were allocated, most first.
    pub sites: Vec<Pin>,
    /// By the sizes of the blocks, the smallest first.
    pub sizes: Vec<SizePin>,
}

/// Blocks from one place, and what they keep resident.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Pin {
    /// The place, such as `src/main.rs:12`.
    pub site: String,
    /// Free bytes on the pages of its blocks. Of a page with blocks from several places, each has its share, by the
    /// bytes that it has there.
    pub pinned: u64,
    /// The bytes of these blocks.
    pub block_bytes: u64,
    /// Their number.
    pub blocks: u64,
}

/// Blocks of similar size, and what they keep resident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct SizePin {
    /// The largest size, a power of two. Blocks of at most half of it are in the row before.
    pub up_to: u64,
    /// As for [`Pin`].
    pub pinned: u64,
    /// As for [`Pin`].
    pub block_bytes: u64,
    /// As for [`Pin`].
    pub blocks: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    pinned: u64,
    block_bytes: u64,
    blocks: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.pinned += other.pinned;
        self.block_bytes += other.block_bytes;
        self.blocks += other.blocks;
    }
}

/// The number of a site in a [`PinTable`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct SiteIndex(u32);

/// A block's part of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnPage {
    pub(crate) site: SiteIndex,
    pub(crate) size: u64,
    /// Its bytes there, with its header.
    pub(crate) bytes: u64,
}

/// Sites that are found without a hash.
const RECENT: usize = 256;

/// The sums while blocks are walked.
#[derive(Debug)]
pub(crate) struct PinTable {
    sites: Vec<(u32, Sums)>,
    indices: HashMap<u32, SiteIndex>,
    /// The site that was met last of those with the same remainder.
    recent: [Option<(u32, SiteIndex)>; RECENT],
    /// By the number of the power of two.
    sizes: [Sums; 1 + u64::BITS as usize],
    pages: u64,
    live: u64,
}

impl PinTable {
    pub(crate) fn new() -> Self {
        let sizes = [Sums::default(); 1 + u64::BITS as usize];
        let (sites, indices, recent) = (Vec::new(), HashMap::new(), [None; RECENT]);
        Self { sites, indices, recent, sizes, pages: 0, live: 0 }
    }

    /// There is a block.
    pub(crate) fn add_block(&mut self, site: u32, size: u64) -> SiteIndex {
        let index = self.index(site);
        let sums = Sums { pinned: 0, block_bytes: size, blocks: 1 };
        self.sums(index).add(sums);
        self.sizes[size_class(size)].add(sums);
        index
    }

    /// All blocks so far.
    pub(crate) fn counted(&self) -> Counted {
        let [mut bytes, mut blocks] = [0; 2];
        for sums in &self.sizes {
            (bytes, blocks) = (bytes + sums.block_bytes, blocks + sums.blocks);
        }
        Counted { bytes, blocks: Some(blocks) }
    }

    fn index(&mut self, site: u32) -> SiteIndex {
        let recent = &mut self.recent[site as usize % RECENT];
        match *recent {
            Some((found, index)) if found == site => index,
            _ => {
                let sites = &mut self.sites;
                let index = *self.indices.entry(site).or_insert_with(|| {
                    sites.push((site, Sums::default()));
                    SiteIndex(sites.len() as u32 - 1)
                });
                *recent = Some((site, index));
                index
            }
        }
    }

    fn sums(&mut self, SiteIndex(index): SiteIndex) -> &mut Sums {
        &mut self.sites[index as usize].1
    }

    /// A resident page has so many live and so many free bytes, and these blocks.
    pub(crate) fn add_page(&mut self, live: u64, free: u64, blocks: &[OnPage]) {
        if free == 0 {
            return;
        }
        self.pages += 1;
        self.live += live;
        let total: u64 = blocks.iter().map(|block| block.bytes).sum();
        let share = |up_to: u64| match free.checked_mul(up_to) {
            // PERF: a division of 128 bits takes three times as long.
            Some(product) => product.checked_div(total).unwrap_or(0),
            None => (u128::from(free) * u128::from(up_to) / u128::from(total.max(1))) as u64,
        };
        let (mut bytes, mut before) = (0, 0);
        for block in blocks {
            bytes += block.bytes;
            // Differences of rounded sums, so that all shares together are exact.
            let after = share(bytes);
            let pinned = after - mem::replace(&mut before, after);
            self.sums(block.site).pinned += pinned;
            self.sizes[size_class(block.size)].pinned += pinned;
        }
    }

    /// The sums by name: places of the same name are one.
    pub(crate) fn finish(self, name: impl Fn(u32) -> String) -> Pins {
        let mut by_name: HashMap<String, Sums> = HashMap::new();
        for (site, sums) in self.sites {
            if sums.pinned > 0 {
                by_name.entry(name(site)).or_default().add(sums);
            }
        }
        let pin = |(site, Sums { pinned, block_bytes, blocks })| Pin {
            site,
            pinned,
            block_bytes,
            blocks,
        };
        let mut sites: Vec<_> = by_name.into_iter().map(pin).collect();
        sites.sort_by(|one, other| (other.pinned, &one.site).cmp(&(one.pinned, &other.site)));
        let sizes = self.sizes.iter().enumerate().filter(|(_, sums)| sums.blocks > 0);
        let size = |(class, &Sums { pinned, block_bytes, blocks }): (usize, &Sums)| SizePin {
            up_to: 1_u64.checked_shl(class as u32).unwrap_or(u64::MAX),
            pinned,
            block_bytes,
            blocks,
        };
        let bytes = sites.iter().map(|pin| pin.pinned).sum();
        Pins { bytes, pages: self.pages, live: self.live, sizes: sizes.map(size).collect(), sites }
    }
}

/// The number of the power of two that is not below the size.
fn size_class(size: u64) -> usize {
    size.checked_next_power_of_two().map_or(u64::BITS, u64::trailing_zeros) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_page_add_up_to_its_free_bytes() {
        let mut table = PinTable::new();
        let block = |(site, size)| OnPage { site: table.add_block(site, size), size, bytes: size };
        let blocks = [(1, 100), (2, 33), (3, 33), (4, 4096)].map(block);
        table.add_page(166, 1000, &blocks[..3]);
        table.add_page(4096, 0, &blocks[3..]);
        let mut large = PinTable::new();
        let block = |(site, bytes)| OnPage { site: large.add_block(site, 1), size: 1, bytes };
        let blocks = [(1, 1 << 40), (2, 3 << 40)].map(block);
        large.add_page(4 << 40, 1 << 42, &blocks);
        let shares = large.finish(|site| site.to_string()).sites;
        assert_eq!([shares[0].pinned, shares[1].pinned], [3 << 40, 1 << 40]);
        let pins = table.finish(|site| format!("a.rs:{}", site.min(2)));
        assert_eq!((pins.bytes, pins.pages, pins.live), (1000, 1, 166));
        let sites: Vec<_> = pins
            .sites
            .iter()
            .map(|pin| (&*pin.site, pin.pinned, pin.block_bytes, pin.blocks))
            .collect();
        assert_eq!(sites, [("a.rs:1", 602, 100, 1), ("a.rs:2", 398, 66, 2)]);
        let sizes: Vec<_> = pins
            .sizes
            .iter()
            .map(|pin| (pin.up_to, pin.pinned, pin.block_bytes, pin.blocks))
            .collect();
        assert_eq!(sizes, [(64, 398, 66, 2), (128, 602, 100, 1), (4096, 0, 4096, 1)]);
    }

    #[test]
    fn size_classes_end_at_powers_of_two() {
        let classes = [0, 1, 2, 3, 16, 17, u64::MAX].map(size_class);
        assert_eq!(classes, [0, 0, 1, 2, 4, 5, 64]);
    }
}
