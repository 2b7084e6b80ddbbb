//! 250 MiB in 960,000 small blocks of 8 threads, of which 19 of 20 are dropped: what is left pins most pages.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use mem_profile::account::{self, Account, Advice, ClassKind};
use mem_profile::mem_profile;

use crate::{MIB, check_sums, is_traced, recorder, trim};

const THREADS: u64 = 8;
const BLOCKS: u64 = 120_000;
/// One in so many survives.
const SURVIVES: u64 = 20;

pub struct Kept {
    blocks: Vec<Box<[u8]>>,
    pub(crate) bytes: u64,
}

/// Of the line that allocates what survives.
const SURVIVORS: u32 = line!() + 12;

#[mem_profile]
pub(crate) fn fill(seed: u64, all: &Barrier) -> Kept {
    let mut state = seed;
    let mut dropped = Vec::with_capacity(BLOCKS as usize);
    let mut kept = Kept { blocks: Vec::with_capacity((BLOCKS / SURVIVES) as usize), bytes: 0 };
    for index in 0..BLOCKS {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = 16 + (state >> 33) % 514;
        if index % SURVIVES == 0 {
            kept.blocks.push(vec![1; size as usize].into_boxed_slice());
            kept.bytes += size;
        } else {
            dropped.push(vec![2_u8; size as usize].into_boxed_slice());
        }
    }
    all.wait();
    drop(dropped);
    kept
}

/// As the advice has it: survivors are in one block.
fn fill_gathered(seed: u64, all: &Barrier) -> Kept {
    let Kept { blocks, bytes } = fill(seed, all);
    Kept { blocks: vec![blocks.concat().into_boxed_slice()], bytes }
}

pub(crate) fn plant(fill: &'static (impl Fn(u64, &Barrier) -> Kept + Sync)) -> Vec<Kept> {
    let all = Arc::new(Barrier::new(THREADS as usize));
    let fill = |seed| {
        let all = all.clone();
        thread::spawn(move || fill(seed, &all))
    };
    let threads: Vec<_> = (0..THREADS).map(fill).collect();
    threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
}

/// Around glibc's allocator, which returns free pages when asked.
pub fn check() {
    let _ = account::full();
    let kept = plant(&fill);
    let account = account::account().expect("an account");
    check_account(&account, &kept);
    let advice = account::full().expect("an account").advice;
    // All threads have had their blocks at once, and no large block was freed.
    assert!(!advice.iter().any(|it| matches!(it, Advice::Arenas { .. } | Advice::Threshold(_))));
    if is_traced() {
        // The tables of names lie in free memory, so nobody knows what would be returned.
        assert!(!account.advice.iter().any(|it| matches!(it, Advice::Trim(_))));
    } else {
        check_trim(&account);
    }
}

/// Around a recorder.
pub fn check_recorded() {
    let _ = account::full();
    let kept = plant(&fill);
    let recorded = recorder::live();
    let account = account::account().expect("an account");
    check_account(&account, &kept);
    recorder::check(&account, recorded);
}

fn check_account(account: &Account, kept: &[Kept]) {
    println!("{}", account.text());
    check_sums(account);
    check_live(account, kept);
    check_pins(account);
    let bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    assert_eq!(account.pins.as_ref().map(|pins| pins.sites[0].block_bytes), Some(bytes));
}

/// Prints the resident set without free pages, and how many more of these the account says that there would be, if
/// survivors lay together. If `is_gathered`, they do.
pub fn gathered(is_gathered: bool) {
    let kept = if is_gathered { plant(&fill_gathered) } else { plant(&fill) };
    let account = account::account().expect("an account");
    let advice = account.advice.iter().map(|advice| match advice {
        Advice::Gather { site, bytes } if *site == format!("{}:{SURVIVORS}", file!()) => *bytes,
        _ => 0,
    });
    let bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let advised = advice.sum::<u64>();
    trim();
    let account = account::account().expect("an account");
    println!("resident {} advised {advised} bytes {bytes}", account.resident);
}

/// Accounts while other threads allocate and free blocks of all sizes.
pub fn busy() {
    static ENDS: AtomicBool = AtomicBool::new(false);
    let churn = |seed: u64| {
        move || {
            let mut blocks: Vec<Vec<u8>> = vec![Vec::new(); 500];
            let mut state = seed;
            while !ENDS.load(Relaxed) {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed);
                let size = 1 << (state >> 59).min(20);
                blocks[(state >> 33) as usize % 500] = vec![1; size];
            }
        }
    };
    let threads: Vec<_> = (1..=4).map(|seed| thread::spawn(churn(seed))).collect();
    for _ in 0..20 {
        let account = account::account().expect("an account");
        let sum: u64 = account.classes.iter().map(|class| class.bytes).sum();
        assert_eq!(sum, account.resident);
        let resident = account.resident;
        assert!((MIB..4096 * MIB).contains(&resident), "{resident}");
    }
    ENDS.store(true, Relaxed);
    threads.into_iter().for_each(|thread| thread.join().expect("it ends"));
    check_sums(&account::account().expect("an account"));
}

/// All bytes of all blocks, each of which is touched, are resident.
fn check_live(account: &Account, kept: &[Kept]) {
    let bytes: u64 = kept.iter().map(|kept| kept.bytes).sum();
    let vectors = THREADS * BLOCKS / SURVIVES * 16;
    let live = account.bytes(ClassKind::LiveBlocks);
    // And some of the library's and of threads.
    assert!((bytes + vectors..bytes + vectors + 64 * 1024).contains(&live), "{live} of {bytes}");
}

/// The line of the survivors has at least 95 % of what stays.
pub(crate) fn check_pins(account: &Account) {
    let pins = account.pins.as_ref().expect("pins");
    let first = &pins.sites[0];
    assert_eq!(first.site, format!("{}:{SURVIVORS}", file!()));
    assert_eq!(first.blocks, THREADS * BLOCKS / SURVIVES);
    assert!(first.pinned * 100 >= pins.bytes * 95, "{first:?} of {}", pins.bytes);
    let free = [ClassKind::FreePinned, ClassKind::FreePinnedOrC].map(|kind| account.bytes(kind));
    assert_eq!(free.iter().sum::<u64>(), pins.bytes);
}

/// The allocator returns what the account says, within 2 %.
fn check_trim(account: &Account) {
    let Some(&Advice::Trim(expected)) = account.advice.first() else { panic!("no advice") };
    let before = account::account().expect("an account");
    trim();
    let after = account::account().expect("an account");
    let returned = before.resident - after.resident;
    println!("{:.1} MiB of {:.1} MiB returned", mib(returned), mib(expected));
    println!("{}", after.diff(&before).text());
    assert!(expected > 10 * MIB && returned.abs_diff(expected) * 50 <= expected);
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB as f64
}
