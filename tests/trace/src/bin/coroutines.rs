//! Stacks that are not the thread's own: each scene allocates on some, and says what was traced.

use std::arch::global_asm;
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use corosensei::stack::{Stack, StackPointer};
use corosensei::{Coroutine, Yielder, on_stack};
use mem_profile::trace::{self, By, Config, Filter, Snapshot};
use traced::bump::Bump;
use traced::coroutines::{at_depth, stack};
use traced::{bytes, held};

/// Handlers of signals allocate, too.
#[global_allocator]
static ALLOC: mem_profile::Alloc<Bump> = mem_profile::Alloc::wrap(Bump);

/// Large enough that a sample of one hit a byte takes each of them.
const SIZE: usize = 100;

fn main() {
    let config = if is_sampled() { Config::sampled(1) } else { Config::exact() };
    trace::start(config).expect("it can be traced");
    match traced::scene().as_str() {
        "many" => many(),
        "small" => small(),
        "generators" => generators(),
        "moved" => moved(),
        "contexts" => contexts(),
        "liars" => liars(),
        "signals" => signals(),
        other => panic!("no scene {other}"),
    }
}

fn is_sampled() -> bool {
    std::env::args().nth(2).as_deref() == Some("sampled")
}

/// Bytes and blocks that stay, of stacks with the functions, and whether any stack was cut off.
fn report(functions: &[&str]) {
    let snapshot = trace::snapshot();
    for function in functions {
        println!("{function} {:?}", held(&snapshot, function));
    }
    println!("cut: {}", is_cut(&snapshot));
}

/// Whether the callers of some stack were not found.
fn is_cut(snapshot: &Snapshot) -> bool {
    snapshot.notes().iter().any(|note| note.contains("callers"))
}

/// Something that stays.
#[inline(never)]
fn in_coroutine(depth: usize) {
    at_depth(depth, &mut || std::mem::forget(bytes(SIZE)));
}

#[inline(never)]
fn in_caller() {
    std::mem::forget(bytes(SIZE));
}

type Steps<S> = Coroutine<usize, (), (), S>;

fn steps<S: Stack + 'static>(stack: S) -> Steps<S> {
    Coroutine::with_stack(stack, |yielder: &Yielder<usize, ()>, mut depth| {
        loop {
            in_coroutine(depth);
            depth = yielder.suspend(());
        }
    })
}

#[inline(never)]
fn resume<S: Stack>(coroutine: &mut Steps<S>, depth: usize) {
    coroutine.resume(depth);
    black_box(&coroutine);
}

/// A thousand at one time, which take turns, inside of each other as well.
#[inline(never)]
fn many() {
    let mut all: Vec<_> = (0..1000).map(|_| steps(stack(32 << 10))).collect();
    for round in 0..5 {
        all.iter_mut().for_each(|one| resume(one, 7 * round));
    }
    let mut outer = Coroutine::new(move |yielder: &Yielder<(), ()>, ()| {
        for one in &mut all {
            resume(one, 3);
            in_caller();
            on_stack(stack(32 << 10), || resume(one, 4));
            yielder.suspend(());
        }
    });
    while outer.resume(()).as_yield().is_some() {
        in_caller();
    }
    report(&["in_coroutine", "in_caller", "coroutines::resume", "coroutines::many"]);
}

/// A stack of this many pages, with nothing readable above it or below.
struct Lonely {
    place: usize,
    pages: usize,
}

const PAGE: usize = 4096;

impl Lonely {
    fn at(place: Option<usize>, pages: usize) -> Self {
        let fixed = if place.is_some() { libc::MAP_FIXED } else { 0 };
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | fixed;
        let place = place.unwrap_or(0) as *mut c_void;
        // SAFETY: new mappings where there is none, or one made here.
        unsafe {
            let place = libc::mmap(place, (pages + 2) * PAGE, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(place, libc::MAP_FAILED);
            let access = libc::PROT_READ | libc::PROT_WRITE;
            assert_eq!(libc::mprotect(place.byte_add(PAGE), pages * PAGE, access), 0);
            Self { place: place as usize, pages }
        }
    }

    fn top(&self) -> usize {
        self.place + (self.pages + 1) * PAGE
    }
}

impl Drop for Lonely {
    fn drop(&mut self) {
        // SAFETY: nobody is on it any more.
        unsafe { libc::munmap(self.place as *mut c_void, (self.pages + 2) * PAGE) };
    }
}

// SAFETY: the pages in between can be written.
unsafe impl Stack for Lonely {
    fn base(&self) -> StackPointer {
        StackPointer::new(self.top()).expect("not zero")
    }

    fn limit(&self) -> StackPointer {
        StackPointer::new(self.place + PAGE).expect("not zero")
    }
}

/// Stacks in the same place, which are smaller each time: what was stack before is none any more.
#[inline(never)]
fn small() {
    let place = Lonely::at(None, 300).place;
    // The smallest has one page, if the program itself needs no more.
    let unit = if cfg!(debug_assertions) { 4 } else { 1 };
    for round in 0..100 {
        for pages in (1..=5).rev().map(|units| units * unit) {
            // The top moves down, the bottom stays.
            let mut coroutine = steps(Lonely::at(Some(place), pages));
            (0..4).for_each(|step| resume(&mut coroutine, (step + round) % 5));
            // SAFETY: it does not go on, and owns nothing.
            unsafe { coroutine.force_reset() };
        }
        in_caller();
    }
    report(&["in_coroutine", "in_caller", "coroutines::small"]);
}

/// Coroutines that end in nothing.
#[inline(never)]
fn generators() {
    for number in 0..300 {
        let generator = generator::Gn::new_scoped_opt(0x1000, move |mut scope| {
            for step in 0..10 {
                in_coroutine((number + step) % 20);
                scope.yield_(());
            }
            generator::done!()
        });
        generator.for_each(|()| in_caller());
    }
    report(&["in_coroutine", "in_caller"]);
}

/// Coroutines that go on wherever a thread is free.
#[inline(never)]
fn moved() {
    may::config().set_workers(4).set_stack_size(0x2000);
    let threads = Arc::new(AtomicUsize::new(0));
    let all: Vec<_> = (0..200)
        .map(|number| {
            let threads = Arc::clone(&threads);
            may::go!(move || {
                let mut last = std::thread::current().id();
                for step in 0..50 {
                    in_coroutine((number + step) % 20);
                    if step % 10 == 0 {
                        may::coroutine::sleep(Duration::from_millis(1));
                    }
                    may::coroutine::yield_now();
                    let now = std::thread::current().id();
                    threads.fetch_add(usize::from(now != last), SeqCst);
                    last = now;
                }
            })
        })
        .collect();
    all.into_iter().for_each(|one| one.join().expect("it ends"));
    report(&["in_coroutine"]);
    println!("moved: {}", threads.load(SeqCst) > 0);
}

/// The C library's own: one that returns to another, and one that never does.
#[inline(never)]
fn contexts() {
    static mut HERE: MaybeUninit<libc::ucontext_t> = MaybeUninit::zeroed();
    static mut THERE: MaybeUninit<libc::ucontext_t> = MaybeUninit::zeroed();
    extern "C" fn there() {
        in_coroutine(3);
        // SAFETY: nobody else uses them.
        unsafe { libc::swapcontext((&raw mut THERE).cast(), (&raw const HERE).cast()) };
        in_coroutine(9);
    }
    for _ in 0..100 {
        let stack = Lonely::at(None, 8);
        // SAFETY: as above; the stack is there until the end of the turn.
        unsafe {
            let (here, there_) =
                ((&raw mut HERE).cast(), (&raw mut THERE).cast::<libc::ucontext_t>());
            assert_eq!(libc::getcontext(there_), 0);
            (*there_).uc_stack.ss_sp = stack.limit().get() as *mut c_void;
            (*there_).uc_stack.ss_size = 8 * PAGE;
            (*there_).uc_link = here;
            libc::makecontext(there_, there, 0);
            assert_eq!(libc::swapcontext(here, there_), 0);
            in_caller();
            assert_eq!(libc::swapcontext(here, there_), 0);
        }
    }
    report(&["in_coroutine", "in_caller"]);
}

// Three ways to go on at the very top of another stack. The first has no call-frame information. The
// second's is wrong: it says that its caller's frame is above the top. The third claims to be the frame
// of a signal, whose registers would lie above, too.
global_asm!(
    ".balign 16",
    "run_silent:",
    "push r12",
    "mov r12, rsp",
    "mov rsp, rdi",
    "call rsi",
    "mov rsp, r12",
    "pop r12",
    "ret",
    ".balign 16",
    "run_wrong:",
    ".cfi_startproc",
    "push r12",
    "mov r12, rsp",
    "mov rsp, rdi",
    ".cfi_def_cfa rsp, 64",
    "call rsi",
    "mov rsp, r12",
    "pop r12",
    "ret",
    ".cfi_endproc",
    ".balign 16",
    "run_marked:",
    ".cfi_startproc",
    ".cfi_signal_frame",
    "push r12",
    "mov r12, rsp",
    "mov rsp, rdi",
    "call rsi",
    "mov rsp, r12",
    "pop r12",
    "ret",
    ".cfi_endproc",
);

unsafe extern "C" {
    fn run_silent(top: usize, function: extern "C" fn());
    fn run_wrong(top: usize, function: extern "C" fn());
    fn run_marked(top: usize, function: extern "C" fn());
}

extern "C" fn at_top() {
    in_coroutine(5);
}

/// Bases of stacks that say what is not true: the callers are lost, and nothing else.
#[inline(never)]
fn liars() {
    for pages in [4, 9, 5, 4] {
        let stack = Lonely::at(None, pages);
        for run in [run_silent, run_wrong, run_marked] {
            // SAFETY: it comes back to this stack.
            unsafe { run(stack.top(), at_top) };
        }
    }
    report(&["in_coroutine", "coroutines::liars"]);
}

static IN_HANDLER: AtomicUsize = AtomicUsize::new(0);
static ON: AtomicBool = AtomicBool::new(true);

extern "C" fn on_tick(_: c_int) {
    if ON.load(SeqCst) {
        in_handler();
    }
}

#[inline(never)]
fn in_handler() {
    std::mem::forget(bytes(SIZE));
    drop(black_box(bytes(2 * SIZE)));
    IN_HANDLER.fetch_add(1, SeqCst);
}

/// Calls `on_tick` often, on a stack of its own if asked for.
fn tick(flags: c_int) {
    let size = 64 << 10;
    let alternate = Box::leak(vec![0_u8; size].into_boxed_slice());
    // SAFETY: zeroes are valid; the stack stays; the handler only allocates, which it may.
    unsafe {
        let mut stack: libc::stack_t = std::mem::zeroed();
        stack.ss_sp = alternate.as_mut_ptr().cast();
        stack.ss_size = size;
        assert_eq!(libc::sigaltstack(&raw const stack, std::ptr::null_mut()), 0);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_tick as *const () as usize;
        action.sa_flags = libc::SA_RESTART | flags;
        assert_eq!(libc::sigaction(libc::SIGALRM, &raw const action, std::ptr::null_mut()), 0);
        let often = libc::timeval { tv_sec: 0, tv_usec: 50 };
        let timer = libc::itimerval { it_interval: often, it_value: often };
        assert_eq!(libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()), 0);
    }
}

/// Handlers that allocate, on the stacks of coroutines and on their own.
#[inline(never)]
fn signals() {
    let mut count = 0;
    for flags in [0, libc::SA_ONSTACK] {
        tick(flags);
        let mut running: VecDeque<_> = (0..20).map(|_| steps(stack(64 << 10))).collect();
        let until = IN_HANDLER.load(SeqCst) + 3000;
        while IN_HANDLER.load(SeqCst) < until {
            running.iter_mut().for_each(|one| resume(one, count % 13));
            count += 1;
            running.pop_front();
            running.push_back(steps(stack(64 << 10)));
        }
    }
    ON.store(false, SeqCst);
    let snapshot = trace::snapshot();
    // A handler that interrupts the tracer is counted without its stack.
    let (seen, _) = held(&snapshot, "in_handler");
    let lines = snapshot.statistics(By::Line);
    let unseen = lines.iter().find(|line| line.name == "[no stack]").map_or(0, |line| line.size);
    let handled = (IN_HANDLER.load(SeqCst) * SIZE) as i64;
    let own = snapshot.filter(&Filter::new().exclude_function("*in_handler*").all_frames());
    println!("in_handler {} {}", seen + unseen - handled, seen > handled / 10);
    // In a sample a handler may take a hit that was the next block's.
    let total = (20 * count * SIZE) as i64;
    let few = if is_sampled() { total / 500 } else { 0 };
    println!("in_coroutine {}", (held(&own, "in_coroutine").0 - total).abs() <= few);
}
