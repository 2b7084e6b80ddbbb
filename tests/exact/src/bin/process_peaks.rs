//! The peak of the process is exact with one thread: outside of measured functions, between them, inside of
//! lines, in a budget, and after a reset once memory is higher than before.

use exact::bytes;
use mem_profile::{assert_budget, mem_profile};
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= ^500000 4x
fn rises(size: usize) {
    let held = bytes(size / 2); //= +425000 ^250000 4a 425000b 4x
    falls(size / 2); //= ^250000 4a 425000b 4x
    black_box(&held); //= 4x
} //= -425000 4x

#[mem_profile] //= ^250000 4x
fn falls(size: usize) {
    drop(bytes(size)); //= ^250000 4a 425000b 4x
}

/// Bytes in use now, the peak and its uncertainty.
fn figures() -> [u64; 3] {
    let snapshot = mem_profile::snapshot();
    let peak = snapshot.peak.expect("heap");
    [snapshot.process_bytes.expect("heap"), peak.bytes, peak.uncertainty]
}

/// The peak is exactly this far above the bytes in use.
#[track_caller]
fn assert_rise(rise: u64) {
    let [now, peak, uncertainty] = figures();
    assert_eq!((peak - now, uncertainty), (rise, 0));
}

/// The same within 64 KiB, unless live blocks are recorded.
#[track_caller]
fn assert_near(rise: u64) {
    let [now, peak, uncertainty] = figures();
    let expected = if std::env::var_os("MEM_PROFILE_LIVE").is_some() { 0 } else { 65536 };
    assert_eq!(uncertainty, expected);
    assert!(peak.abs_diff(now + rise) <= uncertainty, "{peak} {now}");
}

fn main() {
    exact::program(|| {
        drop(bytes(100_000));
        assert_rise(100_000);
        rises(50_000);
        assert_rise(100_000);
        rises(150_000);
        assert_rise(150_000);
        // Of less than a thread publishes.
        let held = bytes(40_000);
        drop(bytes(150_000));
        assert_rise(150_000);
        assert_budget!(max_peak = "20000 B", {
            drop(bytes(20_000));
            assert_rise(150_000);
        });
        drop(held);
        assert_rise(190_000);

        mem_profile::reset();
        assert_near(0);
        rises(100_000);
        assert_near(100_000);
        rises(200_000);
        assert_rise(200_000);
        rises(500_000);
        rises(50_000);
        drop(bytes(400_000));
        assert_rise(500_000);
    });
}
