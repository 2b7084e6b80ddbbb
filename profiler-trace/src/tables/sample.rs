//! Which blocks a sample takes, and how many blocks each of them stands for.
//!
//! Every byte is hit with the same small chance, independently of all others: the bytes between
//! two hits are distributed exponentially, and a block of `s` bytes is taken with the chance
//! `1 − e^(−s/R)`. So it stands for `1 / (1 − e^(−s/R))` blocks of its size. That is weighed block
//! by block; a site's average size would not do, because the factor is not linear.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::tables::counters::{Amount, ONE_BLOCK};
use mem_profile_runtime::internal::sampling::{STEP, chance, distance, mixed};

/// Mean number of bytes between two hits; zero for every block.
static MEAN_BYTES: AtomicU64 = AtomicU64::new(0);

pub(crate) fn set_mean_bytes(mean: u64) {
    MEAN_BYTES.store(mean, Relaxed);
}

#[inline(always)]
pub(crate) fn mean_bytes() -> u64 {
    MEAN_BYTES.load(Relaxed)
}

/// The weight of a block of this size: the same at its end as at its beginning.
#[inline(always)]
pub(crate) fn amount<const SAMPLED: bool>(size: usize) -> Amount {
    match SAMPLED {
        false => Amount { blocks: ONE_BLOCK, bytes: size as i64 },
        true => weighed(size, mean_bytes()),
    }
}

#[cold]
fn weighed(size: usize, mean: u64) -> Amount {
    let weight = 1.0 / chance(size, mean);
    Amount {
        blocks: (weight * ONE_BLOCK as f64).round() as i64,
        bytes: (weight * size as f64).round() as i64,
    }
}

/// Whether a block of this size is hit, where nobody waits for the next hit.
pub(crate) fn is_hit(size: usize) -> bool {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let start = (&raw const NEXT).addr() as u64;
    let random = mixed(NEXT.fetch_add(STEP, Relaxed).wrapping_add(start));
    distance(random, mean_bytes()) <= size as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_stands_for_one_over_its_chance() {
        assert_eq!(amount::<false>(100), Amount { blocks: ONE_BLOCK, bytes: 100 });
        let at_mean = weighed(65536, 65536);
        assert_eq!(at_mean.blocks, 1620, "1024 / (1 − 1/e)");
        assert_eq!(at_mean.bytes, 103_676);
        assert_eq!(weighed(1 << 30, 65536), Amount { blocks: ONE_BLOCK, bytes: 1 << 30 });
    }

    #[test]
    fn a_lot_of_its_own_hits_by_the_same_chance() {
        set_mean_bytes(100);
        let hits = (0..100_000).filter(|_| is_hit(50)).count();
        set_mean_bytes(0);
        let expected = 100_000.0 * (1.0 - (-0.5_f64).exp());
        assert!((hits as f64 - expected).abs() < 600.0, "{hits} of {expected}");
    }
}
