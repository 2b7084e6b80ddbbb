//! A flag that one thread at a time holds.

use super::atomics::{AtomicBool, Ordering};

/// Guards what only its holder may use. Zeroed memory is a claim that nobody holds.
#[derive(Debug)]
#[repr(transparent)]
pub struct Claim(AtomicBool);

impl Claim {
    /// A claim that is held where `flag` is set.
    pub const fn new(flag: AtomicBool) -> Self {
        Self(flag)
    }

    /// Takes the claim, unless somebody holds it.
    pub fn take(&self) -> bool {
        // Acquire: what the holder before wrote is there.
        !self.0.load(Ordering::Relaxed)
            && self.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Gives it back. Only the holder may do that.
    pub fn release(&self) {
        self.0.store(false, Ordering::Release);
    }
}
