//! Blocks that are older than the tracer, in accounts.
#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use accounted::check_sums;
use mem_profile::account::{Account, ClassKind, account};
use mem_profile::trace;

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

fn blocks(number: usize) -> Vec<Vec<u8>> {
    (0..number).map(|_| vec![1; 1000]).collect()
}

fn read() -> Account {
    let account = account().expect("an account");
    check_sums(&account);
    account
}

fn main() {
    let older = blocks(2000);
    trace::start(trace::Config::exact()).expect("the tracer starts");
    let traced = blocks(8000);
    let account = read();
    assert_eq!(account.pins, None);
    let missing = "2.0 MiB of 9.8 MiB in live blocks are older than the tracer: with MEM_PROFILE_TRACE=1, \
                   live blocks and free memory have rows of their own.";
    assert_eq!(account.missing.as_deref(), Some(missing));
    // Of few, it is said that they count as free.
    let few = older.into_iter().take(20).collect::<Vec<_>>();
    let account = read();
    let words = " in live blocks are older than the tracer, and count as free.";
    assert!(
        account.missing.as_ref().is_some_and(|it| it.ends_with(words)),
        "{:?}",
        account.missing
    );
    let live = account.bytes(ClassKind::LiveBlocks);
    assert!((8_000_000..8_400_000).contains(&live), "{live}");
    // A sample knows most blocks not.
    trace::stop();
    drop(few);
    trace::start(trace::Config::sampled(1 << 16)).expect("the tracer starts");
    let account = read();
    assert_eq!(account.pins, None);
    assert!(account.missing.is_some_and(|it| it.starts_with("The tracer takes a sample: ")));
    // And nobody knows any when it has stopped.
    trace::stop();
    assert!(read().missing.is_some_and(|it| it.starts_with("With the counting allocator ")));
    drop(traced);
}
