//! Sampling by bytes: every byte is hit with the same small chance, independently of all others.
//!
//! So the bytes between two hits are distributed exponentially, and a block of `s` bytes is taken with the chance
//! `1 − e^(−s/R)`, where `R` is their mean.

/// The chance that a block of this size is hit.
#[inline]
pub fn chance(size: usize, mean: u64) -> f64 {
    -(-(size.max(1) as f64) / mean as f64).exp_m1()
}

/// Pseudo-random numbers, one word of state (xorshift64*).
#[inline]
pub fn next_random(state: u64) -> u64 {
    let mut next = state.max(1);
    next ^= next >> 12;
    next ^= next << 25;
    next ^= next >> 27;
    next
}

/// Bytes up to and with the next one that is hit, for a state of [`next_random`].
#[inline]
pub fn distance(random: u64, mean: u64) -> i64 {
    // 53 bits make a number above zero and up to one.
    let bits = random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
    let share = (bits + 1) as f64 / (1_u64 << 53) as f64;
    (-share.ln() * mean as f64) as i64 + 1
}

/// A number that looks random for each number (splitmix64).
#[inline]
pub fn mixed(number: u64) -> u64 {
    let mut random = number;
    random = (random ^ random >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    random = (random ^ random >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    random ^ random >> 31
}

/// Between two numbers for [`mixed`]: no fraction, so that all are visited.
pub const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_the_mean() {
        let mut state = 42;
        let sum: i64 = (0..100_000)
            .map(|_| {
                state = next_random(state);
                distance(state, 4096)
            })
            .sum();
        let mean = sum as f64 / 100_000.0;
        // Three standard errors of an exponential distribution.
        assert!((mean - 4096.0).abs() < 3.0 * 4096.0 / 100_000_f64.sqrt(), "{mean}");
    }
}
