//! Without the counting allocator, a budget panics: nothing can be checked.

use std::panic::catch_unwind;

use mem_profile::{assert_budget, mem_profile};

#[mem_profile(max_peak = "1 GiB")]
fn measured() {}

#[test]
fn a_budget_that_cannot_be_checked_panics() {
    let message = |call: fn()| *catch_unwind(call).unwrap_err().downcast::<String>().unwrap();
    let refusal = message(measured);
    let start = "mem-profile: the budget of `uncounted::measured` cannot be checked, because";
    assert!(refusal.starts_with(start), "{refusal}");
    assert!(refusal.contains("#[global_allocator]"), "{refusal}");
    let refusal = message(|| assert_budget!(no_leak, {}));
    assert!(refusal.starts_with("mem-profile: the budget of the block at tests/"), "{refusal}");
}
