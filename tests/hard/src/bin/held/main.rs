//! A program whose live blocks are recorded by line while it forks, resets, ends threads, or is killed. It checks
//! itself: whatever happens, each byte of the process is on one line or outside of all.
#![allow(missing_docs)]

mod random;
mod threads;
mod work;

use std::mem;
use std::ptr;
use std::thread;

use hard::in_fork;
use mem_profile::{Held, reset};

use crate::work::{checked, free, grow, held, make, make_elsewhere};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// The child frees what its parent has made, and its figures are its own from then on.
fn forks() {
    let inherited = make(300_000);
    drop(make_elsewhere(500_000));
    let before = checked();
    assert_eq!(held(&before, "make"), [300_000, 300_000, 300_000, 1]);
    assert_eq!(held(&before, "make_elsewhere"), [500_000, 0, 500_000, 1]);
    let status = in_fork(|| {
        assert_eq!(held(&checked(), "make"), [300_000, 300_000, 300_000, 1]);
        free(inherited.clone());
        let own = make(700_000);
        // SAFETY: the parent's own is in another process, and this one forgets it.
        free(unsafe { ptr::read(&raw const inherited) });
        assert_eq!(held(&checked(), "make"), [1_000_000, 700_000, 1_000_000, 2]);
        assert_eq!(held(&checked(), "make_elsewhere"), [0, 0, 500_000, 1]);
        let grown = thread::spawn(move || {
            let mut own = own;
            grow(&mut own, 900_000);
            own
        });
        let grown = grown.join().expect("it ends");
        assert_eq!(held(&checked(), "make")[1], 0);
        assert_eq!(held(&checked(), "grow")[1..3], [900_000, 200_000]);
        mem::forget((inherited.as_ptr(), grown));
        7
    });
    assert_eq!(status, 7);
    assert_eq!(held(&checked(), "make"), [300_000, 300_000, 300_000, 1]);
    free(inherited);
    assert_eq!(held(&checked(), "make"), [300_000, 0, 300_000, 1]);
    println!("right");
}

/// The peak begins at what is live, what was requested is forgotten, and what is live stays.
fn resets() {
    let kept = make(300_000);
    drop(make_elsewhere(500_000));
    reset();
    let after = checked();
    assert_eq!(held(&after, "make"), [300_000, 300_000, 0, 0]);
    assert_eq!(held(&after, "make_elsewhere"), [0; 4]);
    drop(make_elsewhere(200_000));
    assert_eq!(held(&checked(), "make"), [300_000, 300_000, 0, 0]);
    assert_eq!(held(&checked(), "make_elsewhere"), [200_000, 0, 200_000, 1]);
    free(kept);
    reset();
    assert_eq!(held(&checked(), "make"), [0; 4]);
    println!("right");
}

/// Beyond the most paths there are, a line is one of its own, so that each keeps what it holds.
fn has_many_paths() {
    const WAYS: usize = 105_000;
    const MOST: usize = 1 << 17;
    let kept: Vec<_> = (0..WAYS).map(hard::ways::a).collect();
    let snapshot = checked();
    let paths = snapshot.paths.as_ref().expect("live blocks are recorded");
    assert_eq!(
        held(&snapshot, "i"),
        [8 * WAYS as u64, 8 * WAYS as u64, 8 * WAYS as u64, WAYS as u64]
    );
    assert_eq!(paths.unattributed, Held::default());
    assert!((MOST - 10..MOST + 10).contains(&paths.all.len()), "{}", paths.all.len());
    let name = |index: usize| snapshot.functions[index].name.as_str();
    let outermost = paths.all.iter().filter(|path| path.caller.is_none());
    let of_last = outermost.filter(|path| name(path.function) == "hard::ways::i");
    assert_eq!(of_last.count(), 2, "each of its lines that ran, without its callers");
    drop(kept);
    assert_eq!(held(&checked(), "i")[1], 0);
    println!("right");
}

fn main() {
    match hard::scene().as_str() {
        "forks" => forks(),
        "resets" => resets(),
        "past_end" => threads::past_end(),
        "killed" => threads::killed(),
        "peaks_at_once" => threads::peaks_at_once(),
        "come_and_go" => threads::come_and_go(),
        "waits" => threads::waits(),
        "late" => threads::late(),
        "has_many_paths" => has_many_paths(),
        "random_parallel" => random::random_parallel(),
        "random_peak" => random::random_peak(),
        "random_threads" => random::random_threads(),
        other => panic!("{other}?"),
    }
}
