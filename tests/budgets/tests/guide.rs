//! The guide to budgets shows a real message.

use budgets::panic_message;
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

#[mem_profile(max_increment = "24 MiB", max_allocations = 1000)]
fn load(megabytes: usize) -> Vec<u8> {
    vec![1; megabytes << 20]
}

#[test]
fn the_guide_shows_the_message() {
    let message = panic_message(|| drop(load(30))).expect("a budget is exceeded");
    let guide = include_str!("../../../docs/budgets.md");
    assert!(
        guide.contains(&format!("\n```text\n{message}\n```\n")),
        "not in the guide:\n{message}"
    );
}
