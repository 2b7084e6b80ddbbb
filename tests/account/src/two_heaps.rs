//! Two allocators in one process: blocks of Rust come from one, and those of C from glibc.

use std::hint::black_box;

use mem_profile::account::{self, Account, ClassKind};

use crate::fragmented::Kept;
use crate::{KIB, MIB, check_sums, fragmented, recorder};

const PLANTED: u64 = 64 * MIB;
const PAGE: u64 = 4 * KIB;

/// 64 MiB in small blocks of C are in the row of its heap, and in no other. Blocks of Rust are in the rows of theirs.
pub fn check() {
    let _ = account::full();
    let kept: Vec<Kept> = fragmented::plant(&fragmented::fill);
    let before = account::full().expect("an account");
    for _ in 0..PLANTED / KIB {
        // A chunk has 16 bytes more.
        // SAFETY: any size is allowed.
        let start = black_box(unsafe { libc::malloc(KIB as usize - 16) }).cast::<u8>();
        // SAFETY: it has so many bytes.
        unsafe { start.write_bytes(1, KIB as usize - 16) };
    }
    let recorded = recorder::live();
    let after = account::full().expect("an account");
    println!("{}\n{}", after.text(), after.diff(&before).text());
    check_sums(&after);
    recorder::check(&after, recorded);
    fragmented::check_pins(&after);
    for (kind, change) in after.diff(&before).classes {
        let (expected, slack) = match kind {
            ClassKind::CHeap => (PLANTED, 2 * PAGE),
            // Accounts take memory themselves.
            _ => (0, 256 * KIB),
        };
        let off = change.bytes().abs_diff(expected.cast_signed());
        assert!(off <= slack, "{kind:?}: {off} B off");
    }
    let in_use = |account: &Account| account.class(ClassKind::CHeap)?.in_use;
    let grown = in_use(&after).zip(in_use(&before)).map(|(after, before)| after - before);
    assert!(grown.is_some_and(|grown| grown.abs_diff(PLANTED) <= PAGE), "{grown:?}");
    check_statistics(&after, &kept);
}

/// By its statistics, next to nothing is in use that is not of this program.
fn check_statistics(account: &Account, kept: &[Kept]) {
    let bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let overhead = account.bytes(ClassKind::Overhead);
    assert!((bytes / 100..bytes / 5).contains(&overhead), "{overhead} B of overhead");
    assert_eq!(account.bytes(ClassKind::FreePinnedOrC), 0);
    let c = account.bytes(ClassKind::CLibraries);
    assert!(c < MIB, "{c} B in use by others");
}
