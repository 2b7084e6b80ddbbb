//! Frames on other stacks that end before their callers continue: all of it is measured.

use std::cell::RefCell;
use std::hint::black_box;
use std::mem;
use std::ptr;

use mem_profile::mem_profile;

use crate::figures::figures;

const LEVELS: usize = 3000;

#[mem_profile]
fn dive(levels: usize, kept: &mut Vec<Vec<u8>>) {
    let padding = black_box([levels; 100]);
    kept.push(vec![0; 100]);
    for _ in 0..2 {
        drop(vec![0_u8; 10]);
    }
    if levels > 1 {
        stacker::maybe_grow(64 << 10, 256 << 10, || dive(levels - 1, kept));
    }
    let parting = vec![0_u8; black_box(&padding)[0]];
    kept.push(parting);
}

#[mem_profile]
fn call_dive(kept: &mut Vec<Vec<u8>>) {
    dive(LEVELS, kept);
    black_box(&kept);
}

/// 3000 levels of at least 800 bytes take a dozen stacks.
pub(crate) fn recursion_on_grown_stacks() {
    let mut kept = Vec::with_capacity(2 * LEVELS);
    for round in 1..=2 {
        kept.clear();
        call_dive(&mut kept);
        let (levels, partings) = (LEVELS as i64, (LEVELS * (LEVELS + 1) / 2) as i64);
        let all = figures("dive");
        let runs = round * levels as u64;
        assert!(!all.is_in_part());
        assert_eq!(all.calls(), runs);
        assert_eq!(all.line("vec![0; 100]"), (round as i64 * 100 * levels, runs, runs));
        assert_eq!(all.line("for _ in"), (0, 0, 3 * runs));
        assert_eq!(all.line("vec![0_u8; 10]"), (0, 2 * runs, 2 * runs));
        assert_eq!(all.peak("vec![0_u8; 10]"), 10);
        assert_eq!(all.line("maybe_grow"), (0, 0, runs - round));
        assert_eq!(all.line("let parting"), (round as i64 * partings, runs, runs));
        let outer = figures("call_dive");
        let held = 100 * levels + partings;
        assert_eq!(outer.line("dive(LEVELS").0, round as i64 * held);
        assert_eq!(outer.increment(), round as i64 * held);
    }
}

thread_local! {
    static NOTED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

#[mem_profile]
fn note_signal() {
    let note = vec![0_u8; 50];
    NOTED.with_borrow_mut(|noted| noted.push(note));
}

extern "C" fn on_signal(_: libc::c_int) {
    note_signal();
}

#[mem_profile]
fn raise_twice() {
    let kept = vec![0_u8; 1000];
    raise();
    stacker::grow(256 << 10, || raise_inside(3));
    NOTED.with_borrow_mut(|noted| noted.push(kept));
}

#[mem_profile]
fn raise_inside(bytes: usize) {
    let kept = vec![0_u8; bytes];
    raise();
    NOTED.with_borrow_mut(|noted| noted.push(kept));
}

fn raise() {
    // SAFETY: the handler is `on_signal`, and what it interrupts is this call.
    unsafe { libc::raise(libc::SIGUSR1) };
}

/// Installs [`on_signal`] for SIGUSR1, on a stack of its own.
fn handle_on_a_stack(stack: &mut [u8]) {
    // SAFETY: zeroes are an action; the stack outlives all signals.
    unsafe {
        let stack =
            libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: stack.len() };
        assert_eq!(libc::sigaltstack(&raw const stack, ptr::null_mut()), 0);
        let mut action: libc::sigaction = mem::zeroed();
        action.sa_sigaction = on_signal as extern "C" fn(_) as libc::sighandler_t;
        action.sa_flags = libc::SA_ONSTACK;
        assert_eq!(libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()), 0);
    }
}

pub(crate) fn signal_handler_with_a_stack() {
    let mut stack = vec![0; 128 << 10];
    handle_on_a_stack(&mut stack);
    NOTED.with_borrow_mut(|noted| noted.reserve(1000));
    for _ in 0..10 {
        raise_twice();
    }
    let [noted, twice, inside] = ["note_signal", "raise_twice", "raise_inside"].map(figures);
    assert!([&noted, &twice, &inside].iter().all(|all| !all.is_in_part()));
    assert_eq!(noted.line("let note"), (20 * 50, 20, 20));
    assert_eq!(twice.line("raise();"), (10 * 50, 10, 10));
    assert_eq!(twice.line("raise_inside(3)"), (10 * 53, 20, 10));
    assert_eq!(twice.line("vec![0_u8; 1000]"), (10_000, 10, 10));
    assert_eq!(inside.line("vec![0_u8; bytes]"), (30, 10, 10));
    assert_eq!(inside.line("raise();"), (10 * 50, 10, 10));
}

#[mem_profile]
fn yields(give: &mut dyn FnMut(usize)) {
    for turn in 0..10 {
        let bytes = vec![0_u8; 10 + turn];
        give(turn);
        NOTED.with_borrow_mut(|noted| noted.push(bytes));
    }
}

/// No allocation happens while it waits, as if it had not waited.
pub(crate) fn generator_by_itself() {
    NOTED.with_borrow_mut(|noted| noted.reserve(10));
    let mut generator = generator::Gn::<()>::new_scoped(move |mut scope| {
        yields(&mut |turn| _ = scope.yield_(turn));
        generator::done!()
    });
    let mut sum = 0;
    while let Some(turn) = generator.resume() {
        sum += turn;
    }
    assert_eq!(sum, 45);
    let all = figures("yields");
    assert!(!all.is_in_part());
    assert_eq!(all.line("let bytes"), (145, 10, 10));
    assert_eq!(all.increment(), 145);
}
