//! Takes memory in one way, which the argument names, and checks the account before and after: 64 MiB more are in
//! one row, and in no other.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

mod plant;
#[cfg(mem_profile_allocators)]
mod sqlite;

use accounted::{KIB, MIB, check_sums, fragmented, is_traced, kept_free};
use mem_profile::account::{self, Account, ClassKind};

use self::plant::Planted;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// The planted memory.
const PLANTED: u64 = 64 * MIB;

fn main() {
    let case = std::env::args().nth(1).expect("a case");
    match &*case {
        "fragmented" => return fragmented::check(),
        "scattered" => return fragmented::gathered(false),
        "gathered" => return fragmented::gathered(true),
        "arenas" => return kept_free::arenas(),
        "threshold" => return kept_free::threshold(),
        "heap_end" => return kept_free::heap_end(),
        "busy" => return fragmented::busy(),
        _ => {}
    }
    // The first account takes memory of its own.
    let _ = account::full();
    let before = account::full().expect("an account");
    let planted = plant::plant(&case);
    let after = account::full().expect("an account");
    println!("{}", after.text());
    println!("{}", after.diff(&before).text());
    check_sums(&after);
    check_rows(&before, &after, &planted);
    (planted.check)(&before, &after);
}

/// Where glibc has blocks that are not of the program.
fn is_of_heap(kind: ClassKind) -> bool {
    matches!(kind, ClassKind::FreeWhole | ClassKind::FreePinned | ClassKind::CLibraries)
}

/// The planted bytes are in their row, and all others stay as they were.
fn check_rows(before: &Account, after: &Account, planted: &Planted) {
    for (kind, change) in after.diff(before).classes {
        let (expected, slack) = match kind == planted.kind {
            true => (planted.bytes, planted.slack),
            false if planted.also.contains(&kind) => continue,
            // The tracer's tables of names lie in free memory.
            false if is_traced() && is_of_heap(kind) => (0, 32 * MIB),
            false => (0, planted.others),
        };
        let off = change.bytes().abs_diff(expected.cast_signed());
        assert!(off <= slack, "{kind:?}: {off} B off");
    }
}
