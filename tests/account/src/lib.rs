//! Shared by the programs of this package.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

pub mod fragmented;
pub mod kept_free;
pub mod recorder;
pub mod two_heaps;

use mem_profile::account::{Account, ClassKind};

pub const KIB: u64 = 1 << 10;
pub const MIB: u64 = 1 << 20;

/// The classes add up to the system's own figure, but for pages that the reading itself takes.
pub fn check_sums(account: &Account) {
    let sum: u64 = account.classes.iter().map(|class| class.bytes).sum();
    assert_eq!(sum, account.resident);
    let statm = std::fs::read_to_string("/proc/self/statm").expect("statm");
    let pages: u64 = statm.split(' ').nth(1).expect("a field").parse().expect("a number");
    let off = (pages * 4 * KIB).abs_diff(account.resident);
    assert!(off <= account.moved + MIB, "{off} B off");
    if let Some(pins) = &account.pins {
        let classes = [ClassKind::FreePinned, ClassKind::FreePinnedOrC];
        let class: u64 = classes.map(|kind| account.bytes(kind)).iter().sum();
        assert!(pins.bytes >= class, "{} B pinned, {class} B in the class", pins.bytes);
    }
}

/// Whether the tracer has the live blocks.
pub fn is_traced() -> bool {
    std::env::var_os("MEM_PROFILE_TRACE").is_some()
}

/// The allocator returns free pages.
pub fn trim() {
    // SAFETY: it may be called at any time.
    unsafe { libc::malloc_trim(0) };
}

/// The programs whose allocator is another one with a recorder around it.
pub fn run_wrapped() {
    match &*std::env::args().nth(1).expect("a case") {
        "fragmented" => fragmented::check_recorded(),
        "two_heaps" => two_heaps::check(),
        case => panic!("no case is called {case}"),
    }
}
