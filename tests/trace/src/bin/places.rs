//! Places in which a tracer goes wrong: each scene allocates there, and says what must be traced.

use std::cell::RefCell;
use std::ffi::{CString, c_int, c_void};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use mem_profile::trace::{self, By, Config, Filter};
use traced::{bytes, held};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

/// Blocks that the scenes keep alive until they are asked for.
static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

fn keep(block: Vec<u8>) {
    KEPT.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(block);
}

fn start() {
    KEPT.lock().expect("a lock").reserve(64);
    trace::start(Config::exact()).expect("it can be traced");
}

fn main() {
    match traced::scene().as_str() {
        "threads" => threads(),
        "fork" => fork(),
        "library" => library(),
        "alternate" => alternate_stack(),
        "coroutine" => coroutine(),
        "overflow" => overflow(),
        "around" => around_main(),
        other => panic!("no scene {other}"),
    }
}

/// Allocates when its thread's locals are destroyed.
struct AtEnd(usize);

impl Drop for AtEnd {
    fn drop(&mut self) {
        in_destructor(self.0);
    }
}

#[inline(never)]
fn in_destructor(size: usize) {
    keep(bytes(size));
}

unsafe extern "C" fn in_late_destructor(size: *mut c_void) {
    keep(bytes(size as usize));
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Threads that allocate while their locals are destroyed, and after that: one after the other,
/// so that states are taken over.
#[inline(never)]
fn threads() {
    start();
    let mut key = 0;
    // SAFETY: the destructor takes any value.
    assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(in_late_destructor)) }, 0);
    let before = trace::snapshot();
    for round in 0..10 {
        let work = move || {
            AT_END.with(|place| *place.borrow_mut() = Some(AtEnd(1000)));
            // SAFETY: the key is valid, and its destructor takes a size for a pointer.
            unsafe { libc::pthread_setspecific(key, 50 as *const c_void) };
            keep(bytes(20));
        };
        let name = format!("round-{}", round % 2);
        std::thread::Builder::new().name(name).spawn(work).expect("a thread").join().expect("ends");
    }
    let after = trace::snapshot();
    let named = |name| {
        let filter = Filter::new().include_thread(name).include_crate("places").all_frames();
        after.filter(&filter).statistics(By::Crate).iter().map(|one| one.count).sum::<i64>()
    };
    let change = after.compare_to(&before, By::Crate, false);
    let all: i64 = change.iter().filter_map(|one| one.size_diff).sum();
    println!("{:?} {all}", held(&after, "in_destructor"));
    println!("{} {}", named("round-0"), named("round-1"));
}

/// The child stops cleanly; the parent goes on.
#[inline(never)]
fn fork() {
    start();
    keep(bytes(100));
    // SAFETY: the child does what a program of one thread does.
    match unsafe { libc::fork() } {
        0 => {
            let was_tracing = trace::is_tracing();
            keep(bytes(1000));
            KEPT.lock().expect("a lock").clear();
            let held = trace::traced_memory().0 > 0;
            // It may start again.
            start();
            let kept = bytes(77);
            let (size, _) = held_here(&kept);
            std::process::exit(i32::from(was_tracing || !held || size != 77) + 5);
        }
        child => {
            let mut status = 0;
            // SAFETY: the status is writable.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            keep(bytes(10));
            let exited = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
            println!("{exited:?} {:?}", held(&trace::snapshot(), "places::fork"));
        }
    }
}

fn held_here(kept: &[u8]) -> (usize, bool) {
    (kept.len(), trace::traceback_of(kept.as_ptr()).is_some())
}

extern "C" fn called_back() {
    keep(bytes(300));
}

/// A library is loaded, calls back, and goes; another one comes to lie in its place.
#[inline(never)]
fn library() {
    let paths: Vec<_> = std::env::args().skip(2).collect();
    start();
    let mut places = Vec::new();
    for path in &paths {
        let path = CString::new(path.as_str()).expect("no zero in a path");
        // SAFETY: the library only exports a function.
        unsafe {
            let library = libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL);
            assert!(!library.is_null(), "{path:?} cannot be loaded");
            let relay = libc::dlsym(library, c"relay".as_ptr());
            places.push(relay as usize);
            let relay: extern "C" fn(extern "C" fn()) = std::mem::transmute(relay);
            relay(called_back);
            assert_eq!(libc::dlclose(library), 0);
        }
    }
    let snapshot = trace::snapshot();
    let stacks = snapshot.statistics(By::Traceback);
    let passed = |name: &str| {
        let has = |one: &&trace::Statistic| {
            let mut frames = one.traceback.iter();
            frames.any(|frame| frame.krate == name || frame.function.contains(name))
        };
        stacks.iter().filter(has).map(|one| one.size).sum::<i64>()
    };
    let notes = snapshot.notes();
    let lost: Vec<_> = notes.iter().filter(|note| note.contains("stacks")).collect();
    println!("{:?} {} {}", held(&snapshot, "called_back"), passed("relay"), places[0] == places[1]);
    println!("{lost:?}");
}

extern "C" fn on_signal(_: c_int) {
    in_handler();
}

#[inline(never)]
fn in_handler() {
    keep(bytes(400));
}

/// Installs `handler` on a stack of its own.
fn on_alternate_stack(signal: c_int, handler: extern "C" fn(c_int), size: usize) {
    let stack = Box::leak(vec![0_u8; size].into_boxed_slice());
    // SAFETY: the stack stays for good; zeroes are valid for the rest.
    unsafe {
        let mut alternate: libc::stack_t = std::mem::zeroed();
        alternate.ss_sp = stack.as_mut_ptr().cast();
        alternate.ss_size = stack.len();
        assert_eq!(libc::sigaltstack(&raw const alternate, std::ptr::null_mut()), 0);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_ONSTACK;
        assert_eq!(libc::sigaction(signal, &raw const action, std::ptr::null_mut()), 0);
    }
}

#[inline(never)]
fn interrupted() {
    // SAFETY: the handler only allocates, and nothing else is in the allocator now.
    unsafe { libc::raise(libc::SIGUSR1) };
    black_box(());
}

/// A handler on a stack of its own allocates: its stack goes on below the signal.
#[inline(never)]
fn alternate_stack() {
    start();
    on_alternate_stack(libc::SIGUSR1, on_signal, 16 << 10);
    for _ in 0..10 {
        interrupted();
        keep(bytes(7));
    }
    let snapshot = trace::snapshot();
    println!("{:?} {:?}", held(&snapshot, "in_handler"), held(&snapshot, "places::interrupted"));
    println!("{:?}", snapshot.notes());
}

#[inline(never)]
fn in_coroutine(size: usize) {
    keep(bytes(size));
}

/// Coroutines whose stacks are unmapped while the thread goes on.
#[inline(never)]
fn coroutine() {
    start();
    for _ in 0..200 {
        let mut coroutine = corosensei::Coroutine::new(|yielder, ()| {
            in_coroutine(11);
            yielder.suspend(());
            in_coroutine(13);
        });
        while coroutine.resume(()).as_yield().is_some() {
            drop(black_box(bytes(5)));
        }
        KEPT.lock().expect("a lock").truncate(20);
        drop(coroutine);
        drop(black_box(bytes(6)));
    }
    let snapshot = trace::snapshot();
    let kept = KEPT.lock().expect("a lock").iter().map(Vec::len).sum::<usize>();
    println!("{:?} {kept}", held(&snapshot, "in_coroutine"));
}

extern "C" fn on_overflow(_: c_int) {
    in_handler();
    let held = held(&trace::snapshot(), "in_handler");
    let is_right = held == (400, 1);
    // SAFETY: ends the process.
    unsafe { libc::_exit(if is_right { 7 } else { 8 }) };
}

#[expect(unconditional_recursion, reason = "the stack shall overflow")]
#[inline(never)]
fn without_end(depth: usize) -> usize {
    let kept = black_box([depth; 64]);
    without_end(depth + 1) + kept[0]
}

/// The stack is full when the handler allocates, on a stack of its own.
fn overflow() {
    start();
    // Large enough for a snapshot, whose names are looked up on it.
    on_alternate_stack(libc::SIGSEGV, on_overflow, 4 << 20);
    println!("{}", without_end(0));
}

static BEFORE: AtomicUsize = AtomicUsize::new(0);

#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    if std::env::args().nth(1).as_deref() == Some("around") {
        start();
        keep(bytes(1234));
        BEFORE.store(held(&trace::snapshot(), "before_main").0 as usize, SeqCst);
    }
}

extern "C" fn after_main() {
    keep(bytes(4321));
    println!("{} {:?}", BEFORE.load(SeqCst), held(&trace::snapshot(), "after_main"));
}

/// Traced before `main`, and after it.
#[inline(never)]
fn around_main() {
    // SAFETY: the function neither unwinds nor takes anything.
    assert_eq!(unsafe { libc::atexit(after_main) }, 0);
}
