//! Which blocks keep free bytes resident: a page stays as long as one block lies on it.

use std::collections::HashMap;

/// Free bytes that live blocks keep resident, by where these were allocated and by their size. Both add up to `bytes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
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

/// A block's part of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OnPage {
    pub(crate) site: u32,
    pub(crate) size: u64,
    /// Its bytes there, with its header.
    pub(crate) bytes: u64,
}

/// The sums while blocks are walked.
#[derive(Debug)]
pub(crate) struct PinTable {
    sites: HashMap<u32, Sums>,
    /// By the number of the power of two.
    sizes: [Sums; 1 + u64::BITS as usize],
    pages: u64,
    live: u64,
}

impl PinTable {
    pub(crate) fn new() -> Self {
        let sizes = [Sums::default(); 1 + u64::BITS as usize];
        Self { sites: HashMap::new(), sizes, pages: 0, live: 0 }
    }

    /// There is a block.
    pub(crate) fn add_block(&mut self, site: u32, size: u64) {
        let sums = Sums { pinned: 0, block_bytes: size, blocks: 1 };
        self.sites.entry(site).or_default().add(sums);
        self.sizes[size_class(size)].add(sums);
    }

    /// A resident page has so many live and so many free bytes, and these blocks.
    pub(crate) fn add_page(&mut self, live: u64, free: u64, blocks: &[OnPage]) {
        if free == 0 {
            return;
        }
        self.pages += 1;
        self.live += live;
        let total: u64 = blocks.iter().map(|block| block.bytes).sum();
        let share = |up_to: u64| (u128::from(free) * u128::from(up_to)).checked_div(total.into());
        let share = |up_to| share(up_to).unwrap_or(0) as u64;
        let mut before = 0;
        for block in blocks {
            // Differences of rounded sums, so that all shares together are exact.
            let pinned = share(before + block.bytes) - share(before);
            before += block.bytes;
            self.sites.entry(block.site).or_default().pinned += pinned;
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
        let sizes = self.sizes.iter().enumerate().filter(|(_, sums)| sums.pinned > 0);
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
        let block = |site, size, bytes| OnPage { site, size, bytes };
        table.add_block(1, 100);
        table.add_block(2, 33);
        table.add_block(3, 33);
        table.add_page(166, 1000, &[block(1, 100, 100), block(2, 33, 33), block(3, 33, 33)]);
        table.add_block(4, 4096);
        table.add_page(4096, 0, &[block(4, 4096, 4096)]);
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
        assert_eq!(sizes, [(64, 398, 66, 2), (128, 602, 100, 1)]);
    }

    #[test]
    fn size_classes_end_at_powers_of_two() {
        let classes = [0, 1, 2, 3, 16, 17, u64::MAX].map(size_class);
        assert_eq!(classes, [0, 0, 1, 2, 4, 5, 64]);
    }
}
