//! A program takes snapshots of itself: the snapshot counts as its memory, and making one does not.

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= ^123+S 1x
fn looks() -> mem_profile::Snapshot {
    let kept = bytes(123); //= +123 ^123 1a 123b 1x
    let snapshot = mem_profile::snapshot(); //= +S ^S Na Sb 1x
    assert!(kept.len() < 1000); //= 1x
    snapshot //= 1x
} //= -123 1x last

#[mem_profile] //= 2x
fn reports() {
    drop(bytes(50)); //= ^50 2a 100b 2x
}

#[mem_profile] //= 1x
fn after_the_reset() {
    drop(bytes(60)); //= ^60 1a 60b 1x
}

fn main() {
    exact::program(|| {
        after_the_reset();
        after_the_reset();
        mem_profile::reset();
        after_the_reset();
        reports();
        reports();
        let snapshot = outermost("looks", looks);
        let (bytes, blocks) = exact::requested(|| snapshot.clone());
        exact::value("S", bytes);
        exact::value("N", blocks);
        assert_eq!(snapshot.backend, mem_profile::Backend::Heap);
        let [looks, reports, after] = &snapshot.functions[..] else { panic!("three tables") };
        assert_eq!((looks.calls, reports.calls, after.calls), (1, 2, 1));
        // The line that takes the snapshot is still open.
        assert_eq!(looks.lines[2].increment, Some(123));
        assert_eq!(looks.lines[3].increment, Some(0));
        assert_eq!(looks.lines[4].occurrences, None);
    });
}
