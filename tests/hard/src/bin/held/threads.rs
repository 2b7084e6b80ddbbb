//! Threads that end, that are killed, and that others look at.

use std::cell::RefCell;
use std::ffi::c_void;
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};
use std::thread;

use hard::{argument, in_fork};
use mem_profile::{record_to, reset, snapshot};

use crate::work::{bytes, checked, grow, held, make, make_elsewhere, shrink};

/// What a thread has left to the very end. Some of its rounds are past the end of the thread's record.
static LAST: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
static ROUNDS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn at_the_end(key: *mut c_void) {
    let round = ROUNDS.fetch_add(1, Relaxed);
    let mut last = LAST.lock().unwrap();
    // From the line of the thread, from another thread's, and from here.
    drop(last.pop());
    let mut block = bytes(400_000);
    block.truncate(1000);
    block.shrink_to_fit();
    last.insert(0, block);
    if round < 2 {
        // SAFETY: the key was made by `past_end`, and is given on as it came.
        unsafe { libc::pthread_setspecific(key.addr() as libc::pthread_key_t, key) };
    }
}

thread_local! {
    static LOCAL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// The peak is known the better, the fewer threads run at one time.
pub(crate) fn come_and_go() {
    let uncertainty = || checked().peak.expect("live blocks come with a peak").uncertainty;
    assert_eq!(uncertainty(), 0);
    for _ in 0..4 {
        thread::spawn(|| drop(make(1000))).join().expect("it ends");
    }
    assert_eq!(uncertainty(), 2 * 65536, "of at most two");
    reset();
    assert_eq!(uncertainty(), 0, "of one alone");
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            drop(make(1000));
            barrier.wait();
            barrier.wait();
        });
        barrier.wait();
        let status = in_fork(|| {
            reset();
            drop(make(10_000));
            assert_eq!(held(&checked(), "make")[0], 10_000, "a peak below a step");
            assert_eq!(uncertainty(), 0, "the other thread is in the parent");
            7
        });
        assert_eq!(status, 7);
        assert_eq!(uncertainty(), 2 * 65536);
        barrier.wait();
    });
    println!("right");
}

/// Blocks that are freed by destructors of thread-locals, and after these.
pub(crate) fn past_end() {
    let mut key = 0;
    // SAFETY: the key is writable.
    assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(at_the_end)) }, 0);
    LAST.lock().unwrap().reserve_exact(10);
    LAST.lock().unwrap().push(make_elsewhere(300_000));
    let before = checked().process_bytes.expect("there is an allocator");
    let ended = thread::spawn(move || {
        let value = ptr::without_provenance_mut(key as usize);
        // SAFETY: the key was just made.
        assert_eq!(unsafe { libc::pthread_setspecific(key, value) }, 0);
        LAST.lock().unwrap().extend([make(200_000), make(100_000)]);
        LOCAL.with_borrow_mut(|local| local.push(make(50_000)));
        assert_eq!(held(&checked(), "make")[1], 350_000);
    });
    ended.join().expect("it ends");
    assert_eq!(ROUNDS.load(Relaxed), 3);
    assert_eq!(held(&checked(), "make")[1], 0);
    assert_eq!(held(&checked(), "make_elsewhere")[1], 0);
    assert_eq!(LAST.lock().unwrap().len(), 3);
    // In the first round, when one of the thread's blocks was free.
    let snapshot = checked();
    let peak = snapshot.peak.expect("there is one");
    let expected = before + 200_000 + 400_000;
    // Beside them there are a few blocks of the standard library.
    assert!(peak.bytes.abs_diff(expected) < 2000, "{peak:?} of {expected}");
    assert_eq!(held(&snapshot, "make")[0], 200_000);
    assert_eq!(held(&snapshot, "make_elsewhere")[0], 300_000);
    println!("right");
}

/// Ends while its threads make and free blocks.
pub(crate) fn killed() {
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for number in 1..5 {
            let start = &start;
            scope.spawn(move || {
                let mut kept: Vec<_> = (0..1000).map(|_| make(1000)).collect();
                start.wait();
                for turn in 0_usize.. {
                    let at = turn * number % kept.len();
                    match turn % 3 {
                        0 => kept[at] = make_elsewhere(turn % 1000 + 1),
                        1 => grow(&mut kept[at], 1000),
                        _ => shrink(&mut kept[at], 10),
                    }
                    if turn == 50_000 && number == 1 {
                        // SAFETY: it is our own process.
                        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
                    }
                }
            });
        }
    });
}

/// Two threads leave the peak at the same moment, again and again. Prints how often the lines had something else than
/// the process.
pub(crate) fn peaks_at_once() {
    const ROUNDS: usize = 500;
    // Threads that spin meet more closely than those that sleep.
    let arrived = AtomicUsize::new(0);
    let meet = |turn: usize| {
        arrived.fetch_add(1, Relaxed);
        for spins in 0.. {
            match arrived.load(Relaxed) < 2 * turn {
                true if spins < 10_000 => std::hint::spin_loop(),
                // The machine has other work.
                true => thread::yield_now(),
                false => break,
            }
        }
    };
    let wrong = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..2 {
            let (meet, wrong) = (&meet, &wrong);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let kept = make(500_000 + 20_000 * number);
                    meet(3 * round + 1);
                    drop(kept);
                    meet(3 * round + 2);
                    if number == 0 {
                        let snapshot = snapshot();
                        let total =
                            snapshot.paths.as_ref().expect("live blocks are recorded").total();
                        let peak = snapshot.peak.expect("live blocks come with a peak");
                        let is_wrong = total.at_peak.abs_diff(peak.bytes) > peak.uncertainty;
                        wrong.fetch_add(is_wrong.into(), Relaxed);
                        drop(snapshot);
                        reset();
                    }
                    meet(3 * round + 3);
                }
            });
        }
    });
    println!("{}", wrong.into_inner());
}

/// Holds blocks of several threads, that wait, until standard input ends.
pub(crate) fn waits() {
    let ready = Barrier::new(4);
    thread::scope(|scope| {
        let hold = |number: usize| {
            let kept = [make(number * 100_000), make_elsewhere(1000)];
            ready.wait();
            ready.wait();
            kept.map(|block| block.len())
        };
        (1..4).for_each(|number| _ = scope.spawn(move || hold(number)));
        ready.wait();
        println!("here");
        _ = std::io::read_to_string(std::io::stdin());
        ready.wait();
    });
}

/// Begins a recording while other threads run.
pub(crate) fn late() {
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            let kept = bytes(100_000);
            ready.wait();
            ready.wait();
            let more = make(50_000);
            drop(kept);
            mem::forget(more);
        });
        ready.wait();
        println!("{}", record_to(argument(2)).unwrap().display());
        let kept = make(70_000);
        ready.wait();
        mem::forget(kept);
        other.join().expect("it ends");
    });
    assert_eq!(held(&checked(), "make")[1], 120_000);
}
