//! Runs on each thread that is stopped: no lock, no allocation, one thread-local word; `errno` stays.
//!
//! A request carries the number of its **turn**, which is odd while threads are to stand still. A request that
//! comes late has another number, and is ignored.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{
    AtomicPtr, AtomicU32, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use std::time::Duration;

use super::registers::{Registers, SavedRegisters, with_registers};
use crate::process::errno::ErrnoGuard;

/// Takes note of a request, and returns true, if the thread is not to be stopped where it is: it calls
/// [`stop_here`] itself, as soon as it may.
pub(crate) type PutOff = fn(request: u64) -> bool;

/// A thread that stands still.
#[derive(Clone, Copy, Debug)]
pub struct Frozen {
    /// The number that the system has for it.
    pub number: u32,
    /// Its name, filled up with zeroes.
    pub name: [u8; 16],
    /// Its registers in the order of DWARF, the return address last; zero where they are not known.
    pub registers: Registers,
    /// From here on the stack is in use, what was saved of the registers included.
    pub stack: u64,
    /// Its `fs`.
    pub thread_pointer: u64,
}

/// A place for a thread that is asked to stop.
pub(super) struct Record {
    pub(super) state: AtomicU32,
    frozen: UnsafeCell<Frozen>,
}

/// States of a record: of a thread that was not asked yet,
pub(super) const UNASKED: u32 = 0;
/// that was asked,
pub(super) const ASKED: u32 = 1;
/// that stands still,
pub(super) const STOPPED: u32 = 2;
/// and that has ended.
pub(super) const ENDED: u32 = 3;

pub(super) static TURN: AtomicU32 = AtomicU32::new(0);
/// How many threads have stopped in this turn.
pub(super) static ARRIVED: AtomicU32 = AtomicU32::new(0);
/// How many are asked. The last one to stop wakes the one who asks.
pub(super) static WANTED: AtomicU32 = AtomicU32::new(0);
/// How many threads are between here and the end of a handler.
pub(super) static INSIDE: AtomicU32 = AtomicU32::new(0);
/// Where the records of this turn lie. Looked at by who is inside and has seen the turn.
pub(super) static RECORDS: AtomicPtr<Record> = AtomicPtr::new(ptr::null_mut());
pub(super) static PUT_OFF: AtomicUsize = AtomicUsize::new(0);

impl Record {
    /// The thread, if it stands still.
    pub(super) fn frozen(&self) -> Option<&Frozen> {
        // SAFETY: written before the state, and not again in this turn.
        (self.state.load(Acquire) == STOPPED).then(|| unsafe { &*self.frozen.get() })
    }
}

impl Frozen {
    fn new(registers: Registers, stack: u64) -> Self {
        let mut name = [0; 16];
        // SAFETY: the system writes at most 16 bytes.
        unsafe { libc::syscall(libc::SYS_prctl, libc::PR_GET_NAME, name.as_mut_ptr()) };
        Self { number: own_number(), name, registers, stack, thread_pointer: thread_pointer() }
    }

    /// The caller of [`with_registers`].
    pub fn caller(saved: &SavedRegisters) -> Self {
        Self::new(saved.registers(), saved.stack())
    }
}

pub(super) fn own_number() -> u32 {
    // SAFETY: a question without arguments.
    unsafe { libc::syscall(libc::SYS_gettid) as u32 }
}

/// Where the thread's control block is. All threads have the thread-locals of a program, and of libraries that need
/// their places at once, at the same distance from it.
pub(crate) fn thread_pointer() -> u64 {
    let address;
    // SAFETY: the first word of the control block is its own address.
    unsafe {
        std::arch::asm!("mov {}, fs:[0]", out(reg) address, options(nostack, pure, readonly));
    }
    address
}

pub(super) fn our_handler() -> libc::sighandler_t {
    on_signal as *const () as libc::sighandler_t
}

extern "C" fn on_signal(_: c_int, information: *mut libc::siginfo_t, context: *mut c_void) {
    let _errno = ErrnoGuard::new();
    INSIDE.fetch_add(1, SeqCst);
    // SAFETY: the system passes both, as the flags of the action ask.
    let (request, context) =
        unsafe { (request(&*information), &*context.cast::<libc::ucontext_t>()) };
    if let Some(request) = request
        && is_current(request)
        && !puts_off(request)
    {
        stand_still(request, || {
            Frozen::new(registers(context), ptr::from_ref(context).addr() as u64)
        });
    }
    INSIDE.fetch_sub(1, SeqCst);
}

/// What was sent with the signal, if it was queued.
fn request(information: &libc::siginfo_t) -> Option<u64> {
    // SAFETY: a queued signal has a value.
    (information.si_code == libc::SI_QUEUE)
        .then(|| unsafe { information.si_value() }.sival_ptr.addr() as u64)
}

fn is_current(request: u64) -> bool {
    let turn = (request >> 32) as u32;
    turn % 2 == 1 && TURN.load(SeqCst) == turn
}

fn puts_off(request: u64) -> bool {
    let put_off = PUT_OFF.load(Relaxed);
    if put_off == 0 {
        return false;
    }
    // SAFETY: `Stopper::prepare` stores such functions alone.
    let put_off = unsafe { std::mem::transmute::<usize, PutOff>(put_off) };
    put_off(request)
}

fn registers(context: &libc::ucontext_t) -> Registers {
    use libc::{
        REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RAX, REG_RBP,
        REG_RBX, REG_RCX, REG_RDI, REG_RDX, REG_RIP, REG_RSI, REG_RSP,
    };
    [
        REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8, REG_R9,
        REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    ]
    .map(|register| context.uc_mcontext.gregs[register as usize] as u64)
}

/// The thread stops, if the request that it has put off still stands.
pub(crate) fn stop_here(mut request: u64) {
    with_registers(stop_with, (&raw mut request).cast());
}

extern "C" fn stop_with(saved: &SavedRegisters, request: *mut c_void) {
    let _errno = ErrnoGuard::new();
    // SAFETY: `stop_here` passes one.
    let request = unsafe { *request.cast::<u64>() };
    // A handler of the program would run while all others stand still.
    let signals = block_signals();
    INSIDE.fetch_add(1, SeqCst);
    if is_current(request) {
        stand_still(request, || Frozen::caller(saved));
    }
    INSIDE.fetch_sub(1, SeqCst);
    restore_signals(signals);
}

fn stand_still(request: u64, frozen: impl FnOnce() -> Frozen) {
    let (turn, index) = ((request >> 32) as u32, request as u32 as usize);
    // SAFETY: the turn goes on, so the records are there; the request came with the number of one of them, and
    // nobody else writes to it.
    let record = unsafe {
        let record = &*RECORDS.load(Acquire).add(index);
        *record.frozen.get() = frozen();
        record
    };
    record.state.store(STOPPED, Release);
    if ARRIVED.fetch_add(1, SeqCst) + 1 >= WANTED.load(SeqCst) {
        wake(&ARRIVED);
    }
    while TURN.load(Acquire) == turn {
        wait(&TURN, turn, None);
    }
}

type SignalSet = u64;

/// Blocks every signal, those of the C library as well.
pub(super) fn block_signals() -> SignalSet {
    change_signals(libc::SIG_BLOCK, u64::MAX)
}

pub(super) fn restore_signals(before: SignalSet) {
    change_signals(libc::SIG_SETMASK, before);
}

fn change_signals(how: c_int, set: SignalSet) -> SignalSet {
    let mut before = MaybeUninit::zeroed();
    let bytes = size_of::<SignalSet>();
    // SAFETY: both sets have the size that the system expects, and zero is one.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const set, before.as_mut_ptr(), bytes);
        before.assume_init()
    }
}

/// Waits until the word is another one, it is woken, or the time is over; or for no reason.
pub(super) fn wait(word: &AtomicU32, value: u32, longest: Option<Duration>) {
    let longest = longest.map(|longest| libc::timespec {
        tv_sec: longest.as_secs() as libc::time_t,
        tv_nsec: longest.subsec_nanos().into(),
    });
    let longest = longest.as_ref().map_or(ptr::null(), ptr::from_ref);
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is there, and so is the time.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, longest) };
}

/// Wakes everybody who waits for the word.
pub(super) fn wake(word: &AtomicU32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is there.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, i32::MAX) };
}
