//! Memory that glibc keeps, though it is free: in an arena for each thread, and where large blocks were.

use std::hint::black_box;
use std::sync::mpsc;
use std::thread;

use mem_profile::account::{self, Account, Advice, ClassKind};

use crate::{KIB, MIB};

const THREADS: u64 = 8;

/// Eight threads that wait, of which one after the other has had 30 MiB.
pub fn arenas() {
    let workers: Vec<_> = (0..THREADS)
        .map(|seed| {
            let (sender, receiver) = mpsc::channel::<mpsc::Sender<Vec<Box<[u8]>>>>();
            thread::spawn(move || receiver.iter().for_each(|answer| _ = answer.send(work(seed))));
            sender
        })
        .collect();
    let mut kept = Vec::new();
    for worker in &workers {
        let (sender, receiver) = mpsc::channel();
        worker.send(sender).expect("it waits");
        kept.extend(receiver.recv().expect("it works"));
    }
    print(|advice| matches!(advice, Advice::Arenas { .. }));
    drop(kept);
}

/// Returns one of 1,000 blocks.
fn work(seed: u64) -> Vec<Box<[u8]>> {
    let mut state = seed;
    let mut blocks: Vec<Box<[u8]>> = Vec::new();
    for _ in 0..60_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        blocks.push(vec![1; 16 + (state >> 33) as usize % 1000].into_boxed_slice());
    }
    let mut number = 0;
    blocks.retain(|_| {
        number += 1;
        number % 1000 == 0
    });
    blocks
}

/// 200 blocks of 300 KiB with a small one behind each, of which every tenth survives, after a mapped block was freed.
pub fn threshold() {
    drop(black_box(vec![1_u8; (32 * MIB - 8 * KIB) as usize]));
    let (mut large, mut small) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        large.push(vec![1_u8; 300 * KIB as usize]);
        small.push(vec![1_u8; 100]);
    }
    let mut number = 0;
    large.retain(|_| {
        number += 1;
        number % 10 == 0
    });
    print(|advice| matches!(advice, Advice::Threshold(_)));
    drop((large, small));
}

/// The same, but nothing survives, and the end of the heap is free.
pub fn heap_end() {
    drop(black_box(vec![1_u8; (32 * MIB - 8 * KIB) as usize]));
    drop((0..200).map(|_| vec![1_u8; 300 * KIB as usize]).collect::<Vec<_>>());
    print(|advice| matches!(advice, Advice::Threshold(_)));
}

/// The resident set without the profiler's part, and what the advice says that it could be less.
fn print(is_asked: impl Fn(&Advice) -> bool) {
    let account = account::full().expect("an account");
    eprintln!("{}", account.text());
    let advised = account.advice.iter().filter(|advice| is_asked(advice)).map(Advice::bytes);
    println!("resident {} advised {}", resident(&account), advised.sum::<u64>());
}

/// The resident set without the profiler's part.
pub fn resident(account: &Account) -> u64 {
    account.resident - account.bytes(ClassKind::Profiler)
}
