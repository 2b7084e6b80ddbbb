//! Of several equal peaks the first one counts; one that is a byte higher takes its place.

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn rises() -> usize {
    drop(bytes(500_000)); //= ^500000 1a 500000b 1x
    drop(bytes(500_000)); //= ^500000 1a 500000b 1x
    let half = bytes(250_000); //= +250000 ^250000 1a 250000b 1x 250000p
    drop(bytes(250_000)); //= ^250000 1a 250000b 1x
    drop(bytes(250_001)); //= ^250001 1a 250001b 1x 250001p
    drop(bytes(250_001)); //= ^250001 1a 250001b 1x
    half.len() //= 1x
} //= -250000 1x

/// The peak is reached once more, by many steps.
#[mem_profile] //= 2x
fn equals(size: usize) -> usize {
    let first = bytes(size); //= +300002 ^150001 2a 300002b 2x
    let second = bytes(500_001 - size); //= +700000 ^350000 2a 700000b 2x
    first.len() + second.len() //= 2x
} //= -1000002 2x

#[mem_profile] //= 3x
fn falls(kept: Vec<u8>) -> usize {
    drop(kept); //= -1500003 3x
    bytes(500_000).len() //= ^500000 3a 1500000b 3x
}

fn main() {
    exact::program(|| {
        outermost("rises", rises);
        for _ in 0..2 {
            outermost("equals", || equals(150_001));
        }
        // Outside of measured functions.
        for _ in 0..3 {
            let kept = bytes(500_001);
            outermost("falls", || falls(kept));
        }
    });
}
