//! The tracer's state of each thread, found through one thread-local word.
//!
//! A state is never freed. When its thread ends, a later thread of the same name takes it over, so
//! that memory grows with the threads that run at one time, and figures by thread stay true.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicUsize,
    Ordering::{Relaxed, SeqCst},
    compiler_fence,
};

use mem_profile_runtime::internal::{self, Claim, List, Node, Word};

use crate::system;
use crate::tables::counters::{Amount, Counters};
use crate::tables::mapped_array::{MappedArray, region};
use crate::tables::peak::{self, Part};
use crate::tables::tree::SITES;
use crate::unwind::Unwinder;

/// How many of a thread's latest blocks are remembered, at most.
pub(crate) const RECENT: usize = 16;

/// One thread's state.
#[repr(C)]
pub(crate) struct State {
    next: AtomicPtr<State>,
    in_use: Claim,
    name: [u8; 16],
    pub(crate) part: Part,
    /// Set while the thread is in the tracer: a signal handler may come in between.
    busy: AtomicBool,
    /// The same while it draws the distance to the next hit of a sample.
    is_drawing: AtomicBool,
    pub(crate) random: Word,
    recent: [Word; RECENT],
    latest: Word,
    pub(crate) unwinder: Unwinder,
    counters: AtomicPtr<Counters>,
}

static STATES: List<State> = List::new(AtomicPtr::new(ptr::null_mut()));
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Counters for threads that have no state: all of them may write.
static SHARED: MappedArray<Counters, SITES> = MappedArray::new();

pub(crate) fn reserve() -> bool {
    SHARED.reserve()
}

impl Node for State {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

thread_local! {
    // Const and without a destructor, as the ledger's.
    static STATE: Cell<Option<&'static State>> = const { Cell::new(None) };
    static IS_REGISTERING: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread is in the tracer.
pub(crate) struct ReentrancyGuard(&'static State);

impl core::ops::Deref for ReentrancyGuard {
    type Target = State;

    #[inline(always)]
    fn deref(&self) -> &State {
        self.0
    }
}

impl ReentrancyGuard {
    /// `None` where the thread has no state or is in the tracer already, under a signal handler.
    #[inline(always)]
    pub(crate) fn enter() -> Option<Self> {
        let state = current()?;
        if state.busy.load(Relaxed) {
            return None;
        }
        state.busy.store(true, Relaxed);
        // The handler of a signal sees what this thread did in order.
        compiler_fence(SeqCst);
        Some(Self(state))
    }
}

impl Drop for ReentrancyGuard {
    #[inline(always)]
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        self.0.busy.store(false, Relaxed);
    }
}

/// This thread's state; `None` if it has none.
#[inline(always)]
pub(crate) fn current() -> Option<&'static State> {
    match STATE.get() {
        Some(state) => Some(state),
        None => register(),
    }
}

/// While it lives, this thread draws the distance to its next hit.
pub(crate) struct DrawingGuard(&'static State);

impl core::ops::Deref for DrawingGuard {
    type Target = State;

    fn deref(&self) -> &State {
        self.0
    }
}

impl DrawingGuard {
    /// `None` where the thread draws already, under a signal handler.
    pub(crate) fn begin(state: &'static State) -> Option<Self> {
        if state.is_drawing.load(Relaxed) {
            return None;
        }
        state.is_drawing.store(true, Relaxed);
        compiler_fence(SeqCst);
        Some(Self(state))
    }
}

impl Drop for DrawingGuard {
    fn drop(&mut self) {
        compiler_fence(SeqCst);
        self.0.is_drawing.store(false, Relaxed);
    }
}

#[cold]
#[inline(never)]
fn register() -> Option<&'static State> {
    // A signal handler that came in between would take a second state, and nobody would give it back.
    if IS_REGISTERING.replace(true) {
        return None;
    }
    compiler_fence(SeqCst);
    let state = take_state();
    compiler_fence(SeqCst);
    IS_REGISTERING.set(false);
    state
}

fn take_state() -> Option<&'static State> {
    // Past its end a thread could not give the state back, and when quiet it need not have one.
    if internal::is_quiet() || !internal::has_record() {
        return None;
    }
    let name = system::thread_name();
    let state = STATES
        .iter()
        .find(|state| state.name == name && state.in_use.take())
        .or_else(|| State::reserve(name))?;
    state.unwinder.begin(system::stack_of_this_thread());
    state.busy.store(false, Relaxed);
    state.is_drawing.store(false, Relaxed);
    STATE.set(Some(state));
    Some(state)
}

/// The thread that calls it is past its end.
pub(crate) static THREAD_ENDS: fn() = || {
    if let Some(state) = STATE.take() {
        state.part.publish();
        state.in_use.release();
    }
};

/// The states of all threads that were traced.
pub(crate) fn all() -> impl Iterator<Item = &'static State> {
    STATES.iter()
}

impl State {
    fn reserve(name: [u8; 16]) -> Option<&'static Self> {
        let place = region(size_of::<Self>()).cast::<Self>();
        let counters = region(SITES * size_of::<Counters>()).cast::<Counters>();
        if place.is_null() || counters.is_null() {
            return None;
        }
        let number = COUNT.fetch_add(1, Relaxed);
        if number > 0 {
            peak::several_threads();
        }
        // SAFETY: fresh zeroes, exclusively ours and never freed. Zero is valid for what is not
        // written here: null, false, no recent block.
        let state: &'static Self = unsafe {
            (&raw mut (*place).in_use).write(Claim::new(AtomicBool::new(true)));
            (&raw mut (*place).name).write(name);
            (&raw mut (*place).part).write(Part::new());
            (&raw mut (*place).random).write(Word::new(seed(number)));
            (&raw mut (*place).counters).write(AtomicPtr::new(counters));
            (&raw mut (*place).unwinder).write(Unwinder::reserve()?);
            &*place
        };
        STATES.push(state);
        Some(state)
    }

    /// The thread's counters of a site.
    #[inline(always)]
    pub(crate) fn counters(&self, site: u32) -> &Counters {
        let site = site as usize % SITES;
        // SAFETY: there are `SITES` of them, which are never given back; zeroes are valid.
        unsafe { &*self.counters.load(Relaxed).add(site) }
    }

    /// Notes the latest block of this thread.
    #[inline(always)]
    pub(crate) fn note_block(&self, block: usize) {
        let latest = (self.latest.get() as usize).wrapping_add(1);
        self.latest.set(latest as i64);
        self.recent[latest % RECENT].set(block as i64);
    }

    /// Whether the block is among the latest `within` of this thread.
    #[inline(always)]
    pub(crate) fn is_recent(&self, block: usize, within: usize) -> bool {
        let latest = self.latest.get() as usize;
        (0..within)
            .any(|back| self.recent[latest.wrapping_sub(back) % RECENT].get() == block as i64)
    }

    /// The thread's name, as far as the system keeps it.
    pub(crate) fn name(&self) -> String {
        let length = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        String::from_utf8_lossy(&self.name[..length]).into_owned()
    }

    /// Zeroes all that was counted.
    fn clear(&self) {
        let counters = self.counters.load(Relaxed);
        // SAFETY: reserved with this size; counters are `Zeroed`.
        unsafe { system::wipe(counters.cast(), SITES * size_of::<Counters>()) };
        self.part.clear();
    }
}

/// Different in every run and for every thread.
fn seed(number: usize) -> i64 {
    let place = (&raw const STATES).addr() as u64;
    let mixed = (place ^ number as u64)
        .wrapping_add(0x9e37_79b9_7f4a_7c15)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9_u64.wrapping_add(2 * number as u64));
    (mixed ^ (mixed >> 31)) as i64
}

/// Counts for a thread that has no state, or is in the tracer already.
pub(crate) fn record_shared(site: u32, allocated: Amount, live: Amount) {
    if let Some(counters) = shared(site) {
        counters.add_shared(allocated, live);
    }
    peak::change_shared(live.bytes);
    if let Some(state) = STATE.get().filter(|_| live.bytes > 0) {
        state.part.raise_highest();
    }
}

/// The counts of threads without a state at a site.
pub(crate) fn shared(site: u32) -> Option<&'static Counters> {
    SHARED.get(site as usize)
}

/// Zeroes what was counted by everybody.
pub(crate) fn clear() {
    SHARED.wipe();
    all().for_each(State::clear);
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_handler_that_interrupts_a_registration_takes_no_state() {
        assert!(reserve());
        let thread = std::thread::spawn(|| {
            IS_REGISTERING.set(true);
            let handler = ReentrancyGuard::enter().is_some();
            IS_REGISTERING.set(false);
            [handler, ReentrancyGuard::enter().is_some()]
        });
        assert_eq!(thread.join().unwrap(), [false, true]);
    }
}
