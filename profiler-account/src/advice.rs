//! Ways to make the resident set smaller. Each rule has a figure, and a test that follows it.

use crate::pins::{Pin, Pins};

/// Less is not worth an advice.
const LEAST: u64 = 1 << 20;
/// Neither is a smaller part of the resident set: one in so many.
const LEAST_PART: u64 = 20;
/// Blocks that are so small a part of what they pin, one in so many, are better kept together.
const SPARSE: u64 = 4;

/// A way to make the resident set smaller.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Advice {
    /// `malloc_trim(0)` would return so many bytes. Meanwhile, it takes the locks of all arenas.
    Trim(u64),
    /// Started with `MALLOC_ARENA_MAX=2`, the program would have at least so many bytes less: no arena would be larger
    /// than all live blocks together ever were, with an eighth for gaps between them.
    Arenas {
        /// The arenas of glibc's allocator.
        arenas: u64,
        /// Their part of the resident set.
        resident: u64,
        /// At most so many bytes were in live blocks at once.
        peak: u64,
        /// What two arenas would leave.
        bytes: u64,
    },
    /// Started with `MALLOC_MMAP_THRESHOLD_=131072`, the program would have about so many bytes less: blocks from that
    /// size on would be mapped for themselves, and returned when they are freed. Without it, glibc raises the threshold
    /// to the size of each mapped block that is freed, up to 32 MiB.
    Threshold(u64),
    /// If the blocks of a place were in memory of their own, as in one large block, so many bytes more would be free
    /// in whole pages.
    Gather {
        /// The place, such as `src/main.rs:12`.
        site: String,
        /// The pages that its blocks pin.
        bytes: u64,
    },
}

impl Advice {
    /// What it saves, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match *self {
            Self::Trim(bytes) | Self::Threshold(bytes) => bytes,
            Self::Arenas { bytes, .. } | Self::Gather { bytes, .. } => bytes,
        }
    }
}

/// The advice for a resident set, as far as it is worth it: that on glibc, and for pins.
pub(crate) fn of(
    resident: u64,
    of_glibc: impl Iterator<Item = Advice>,
    pins: Option<&Pins>,
) -> Vec<Advice> {
    let is_sparse = |pin: &&Pin| pin.block_bytes <= pin.pinned / SPARSE;
    let sparse = pins.into_iter().flat_map(|pins| &pins.sites).filter(is_sparse);
    let gather = |pin: &Pin| Advice::Gather { site: pin.site.clone(), bytes: pin.pinned };
    let is_worth_it = |advice: &Advice| advice.bytes() >= LEAST.max(resident / LEAST_PART);
    of_glibc.chain(sparse.map(gather)).filter(is_worth_it).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(sites: &[(&str, u64, u64)]) -> Pins {
        let pin = |&(site, pinned, block_bytes): &(&str, u64, u64)| Pin {
            site: site.to_owned(),
            pinned,
            block_bytes,
            blocks: 1,
        };
        Pins { sites: sites.iter().map(pin).collect(), ..Pins::default() }
    }

    #[test]
    fn advice_is_given_where_it_is_worth_it() {
        let mib = |number: u64| number << 20;
        let pins =
            pins(&[("a.rs:1", mib(40), mib(10)), ("a.rs:2", mib(40), mib(11)), ("b", mib(4), 1)]);
        let gather = Advice::Gather { site: "a.rs:1".to_owned(), bytes: mib(40) };
        let trim = |bytes| std::iter::once(Advice::Trim(bytes));
        let expected = [Advice::Trim(mib(5)), gather.clone()];
        assert_eq!(of(mib(100), trim(mib(5)), Some(&pins)), expected);
        assert_eq!(of(mib(101), trim(mib(5)), Some(&pins)), [gather]);
        assert_eq!(of(mib(1), trim(mib(1) - 1), None), []);
    }
}
