//! Every order of events in the two lock-free pieces, tried by a model checker:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p mem-profile-runtime --test loom --release
//! ```
#![cfg(loom)]
#![allow(missing_docs)]

#[path = "../src/record/sync/claim.rs"]
mod claim;
#[path = "../src/record/sync/list.rs"]
mod list;

/// Stands in for `record/sync/atomics.rs`.
mod atomics {
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
}

use std::ptr;

use loom::cell::UnsafeCell;
use loom::thread;

use atomics::{AtomicBool, AtomicPtr};
use claim::Claim;
use list::{List, Node};

/// A record that threads take over from one another.
struct Record {
    next: AtomicPtr<Record>,
    in_use: Claim,
    /// Plain memory: the checker sees two threads at it that nothing keeps apart.
    uses: UnsafeCell<usize>,
}

impl Node for Record {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

impl Record {
    /// A new record in use, which has been used once.
    fn reserve() -> &'static Self {
        let record: &Self = Box::leak(Box::new(Self {
            next: AtomicPtr::new(ptr::null_mut()),
            in_use: Claim::new(AtomicBool::new(true)),
            uses: UnsafeCell::new(0),
        }));
        record.add_use();
        record
    }

    fn uses(&self) -> usize {
        // SAFETY: the checker fails where another thread writes.
        self.uses.with(|uses| unsafe { *uses })
    }

    fn add_use(&self) {
        // SAFETY: the checker fails where another thread reads or writes.
        self.uses.with_mut(|uses| unsafe { *uses += 1 });
    }
}

fn new_list() -> &'static List<Record> {
    Box::leak(Box::new(List::new(AtomicPtr::new(ptr::null_mut()))))
}

#[test]
fn no_node_is_lost_and_each_is_seen_whole() {
    loom::model(|| {
        let list = new_list();
        let pushers = [(); 2].map(|()| thread::spawn(|| list.push(Record::reserve())));
        list.push(Record::reserve());
        // A reader that comes in between sees some nodes, and those as they were when pushed.
        assert!(list.iter().all(|record| record.uses() == 1));
        pushers.into_iter().for_each(|pusher| pusher.join().unwrap());
        let mut all: Vec<_> = list.iter().map(ptr::from_ref).collect();
        all.dedup();
        assert_eq!(all.len(), 3);
    });
}

#[test]
fn a_claim_has_one_holder_who_sees_what_the_last_one_wrote() {
    loom::model(|| {
        let record = Record::reserve();
        record.in_use.release();
        let work = || {
            let taken = record.in_use.take();
            if taken {
                record.add_use();
                record.in_use.release();
            }
            usize::from(taken)
        };
        let other = thread::spawn(work);
        let taken = work() + other.join().unwrap();
        assert!((1..=2).contains(&taken));
        assert!(record.in_use.take());
        assert_eq!(record.uses(), 1 + taken);
    });
}

/// As `thread::register`: takes over a record that nobody uses, or makes a new one.
fn register(list: &'static List<Record>) -> &'static Record {
    match list.iter().find(|record| record.in_use.take()) {
        Some(record) => {
            record.add_use();
            record
        }
        None => {
            let record = Record::reserve();
            list.push(record);
            record
        }
    }
}

#[test]
fn threads_that_come_and_go_share_records_one_at_a_time() {
    loom::model(|| {
        let list = new_list();
        let life = move || register(list).in_use.release();
        let others = [(); 2].map(|()| thread::spawn(life));
        life();
        others.into_iter().for_each(|other| other.join().unwrap());
        let uses: Vec<_> = list.iter().map(Record::uses).collect();
        assert_eq!(uses.iter().sum::<usize>(), 3, "each thread had a record to itself");
        assert!(uses.len() <= 3);
    });
}
