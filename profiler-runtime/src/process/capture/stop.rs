//! Asks all other threads to stop, waits until they do, and lets them go on.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use std::time::{Duration, Instant};

use super::child::memory;
use super::handler::{
    ARRIVED, ASKED, ENDED, Frozen, INSIDE, PUT_OFF, PutOff, RECORDS, Record, STOPPED, TURN,
    UNASKED, WANTED, own_number, wait, wake,
};
use super::own::is_own_thread;
use super::signal::{install, send};
use super::tasks::Tasks;
use crate::process::unmap;

/// Threads that there is room for; more are missing.
const MOST: usize = 1 << 16;
const PLACES: usize = 2 * MOST;
const RECORD_BYTES: usize = MOST * size_of::<Record>();
const PLACE_BYTES: usize = PLACES * size_of::<AtomicU64>();

/// How often those are looked at that do not answer, and the list is read again.
const PAUSE: Duration = Duration::from_millis(1);
/// After so long, a thread that does not answer may have ended.
const SLOW: Duration = Duration::from_millis(5);

/// Stops the other threads of the process. One at a time: the caller sees to that.
pub struct Stopper {
    signal: i32,
    tasks: Tasks,
    /// A hash table: the number of a thread and, from 1 on, that of its record.
    places: NonNull<AtomicU64>,
    records: NonNull<Record>,
    count: usize,
    own: u32,
}

impl Stopper {
    /// Gets all that is needed. Threads are asked by `signal`, or by the highest real-time signal that is free.
    ///
    /// # Errors
    /// `AddrInUse` where the program handles the signal; else the system's.
    pub(crate) fn prepare(signal: Option<i32>, put_off: Option<PutOff>) -> io::Result<Self> {
        let tasks = Tasks::open()?;
        let signal = install(signal)?;
        forget_parent();
        // A handler of an earlier turn may be on its way out.
        wait_until_all_left();
        let memory = |bytes| memory(bytes).map_err(io::Error::from_raw_os_error);
        let records = memory(RECORD_BYTES)?.cast();
        let places = match memory(PLACE_BYTES) {
            Ok(places) => places.cast(),
            Err(error) => {
                // SAFETY: just made.
                unsafe { unmap(records.cast(), RECORD_BYTES) };
                return Err(error);
            }
        };
        PUT_OFF.store(put_off.map_or(0, |put_off| put_off as usize), Relaxed);
        RECORDS.store(records.as_ptr(), Release);
        Ok(Self { signal, tasks, places, records, count: 0, own: own_number() })
    }

    /// Stops all threads but the calling one and the profiler's. False where some do not answer in time.
    ///
    /// The caller has blocked all signals, and calls [`Self::resume`] in any case.
    pub fn stop(&mut self, patience: Duration) -> bool {
        let begin = Instant::now();
        ARRIVED.store(0, SeqCst);
        TURN.fetch_add(1, SeqCst);
        loop {
            if self.ask_all(begin.elapsed() > SLOW) {
                return true;
            }
            if begin.elapsed() > patience {
                return false;
            }
            let round = Instant::now();
            // Before it is read how many have stopped: who stops later finds it.
            WANTED.store(self.count as u32, SeqCst);
            while round.elapsed() < PAUSE {
                let arrived = ARRIVED.load(SeqCst);
                if arrived as usize >= self.count {
                    break;
                }
                wait(&ARRIVED, arrived, Some(PAUSE));
            }
        }
    }

    /// Asks those that were not asked yet. Whether all stand still that there are.
    fn ask_all(&mut self, is_slow: bool) -> bool {
        let (own, turn, signal) = (self.own, TURN.load(Relaxed), self.signal);
        let (places, records, mut count) = (self.places, self.records, self.count);
        let mut all_stand = true;
        let mut slow = None;
        let is_read = self.tasks.each(|number| {
            if number == own || is_own_thread(number) {
                return;
            }
            let index = find(places, number, &mut count);
            // SAFETY: there are `MOST` of them.
            let record = index.map(|index| (index, unsafe { records.add(index).as_ref() }));
            match record.map(|(index, record)| (index, record, record.state.load(Acquire))) {
                Some((_, _, STOPPED | ENDED)) => {}
                Some((index, record, UNASKED)) => {
                    all_stand = false;
                    // Before the signal, after which the state is the thread's.
                    record.state.store(ASKED, Release);
                    if !send(signal, number, u64::from(turn) << 32 | index as u64) {
                        record.state.store(UNASKED, Release);
                    }
                }
                Some((_, record, _)) if is_slow && slow.is_none() => {
                    all_stand = false;
                    slow = Some((number, record));
                }
                _ => all_stand = false,
            }
        });
        self.count = count;
        // The first thread stays in the list after its end, as long as there are others.
        if let Some((number, record)) = slow
            && self.tasks.has_ended(number)
        {
            record.state.store(ENDED, Release);
        }
        is_read && all_stand
    }

    /// Lets all threads go on.
    pub fn resume(&mut self) {
        TURN.fetch_add(1, SeqCst);
        wake(&TURN);
    }

    /// The threads that stand still.
    pub fn stopped(&self) -> impl Iterator<Item = &Frozen> {
        // SAFETY: there are `MOST` of them.
        let records = (0..self.count).map(|index| unsafe { self.records.add(index).as_ref() });
        records.filter_map(Record::frozen)
    }

    /// Numbers of the threads that have not stopped.
    pub fn missing(&self) -> impl Iterator<Item = u32> {
        let places = (0..PLACES).map(|place| {
            // SAFETY: there are so many of them.
            unsafe { self.places.add(place).as_ref() }.load(Relaxed)
        });
        places.filter(|&entry| entry != 0).filter_map(|entry| {
            // SAFETY: the number is that of a record.
            let record = unsafe { self.records.add((entry as u32 - 1) as usize).as_ref() };
            let number = (entry >> 32) as u32;
            let state = record.state.load(Acquire);
            let has_not_stopped = [UNASKED, ASKED].contains(&state);
            // One of the profiler's may have been asked before it said so.
            let is_missing =
                has_not_stopped && !is_own_thread(number) && !self.tasks.has_ended(number);
            is_missing.then_some(number)
        })
    }

    /// The name of a thread that runs, filled up with zeroes.
    pub fn name(&self, number: u32) -> [u8; 16] {
        self.tasks.name(number)
    }

    /// The memory that it uses itself.
    pub fn memory(&self) -> [std::ops::Range<usize>; 2] {
        let range = |start: usize, bytes: usize| start..start + bytes;
        [
            range(self.records.addr().get(), RECORD_BYTES),
            range(self.places.addr().get(), PLACE_BYTES),
        ]
    }
}

impl Drop for Stopper {
    fn drop(&mut self) {
        if !wait_until_all_left() {
            // Somebody may still look at it.
            return;
        }
        // SAFETY: the turn is over and nobody is in the handler, so nobody refers to it.
        unsafe {
            unmap(self.records.cast(), RECORD_BYTES);
            unmap(self.places.cast(), PLACE_BYTES);
        }
    }
}

/// A forked child may be born in the middle of a turn of its parent, whose threads it does not have.
fn forget_parent() {
    static OWNER: AtomicU32 = AtomicU32::new(0);
    let own = std::process::id();
    if OWNER.swap(own, SeqCst) != own {
        INSIDE.store(0, SeqCst);
        TURN.fetch_add(TURN.load(SeqCst) % 2, SeqCst);
    }
}

/// Waits for a while until no thread is in the handler.
fn wait_until_all_left() -> bool {
    const PATIENCE: Duration = Duration::from_secs(10);
    let begin = Instant::now();
    while INSIDE.load(SeqCst) != 0 {
        if begin.elapsed() > PATIENCE {
            return false;
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    true
}

/// The number of the thread's record, which may be new; `None` where there is no room.
fn find(places: NonNull<AtomicU64>, number: u32, count: &mut usize) -> Option<usize> {
    let first = (number.wrapping_mul(0x9e37_79b1) >> 8) as usize;
    for step in 0..PLACES {
        // SAFETY: there are so many of them.
        let place = unsafe { places.add((first + step) % PLACES).as_ref() };
        let entry = place.load(Relaxed);
        if entry == 0 {
            if *count == MOST {
                return None;
            }
            *count += 1;
            place.store(u64::from(number) << 32 | *count as u64, Relaxed);
            return Some(*count - 1);
        }
        if (entry >> 32) as u32 == number {
            return Some((entry as u32 - 1) as usize);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::capture::{SignalsBlocked, note_thread};
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    #[test]
    fn a_thread_that_is_the_profiler_s_by_the_time_is_not_missing() {
        let _turn = ONE_AT_A_TIME.lock().unwrap();
        let (is_there, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _signals = SignalsBlocked::begin();
                is_there.store(true, Relaxed);
                std::thread::sleep(Duration::from_millis(50));
                let _own = note_thread();
                while !is_over.load(Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            while !is_there.load(Relaxed) {
                std::hint::spin_loop();
            }
            let mut stopper = Stopper::prepare(None, None).unwrap();
            let signals = SignalsBlocked::begin();
            let all_stand = stopper.stop(Duration::from_secs(10));
            let missing: Vec<_> = stopper.missing().collect();
            stopper.resume();
            drop(signals);
            is_over.store(true, Relaxed);
            assert_eq!((all_stand, missing), (true, vec![]));
        });
    }

    #[test]
    fn threads_stand_still_until_they_are_let_go() {
        let _turn = ONE_AT_A_TIME.lock().unwrap();
        let counters = [const { AtomicU64::new(0) }; 4];
        let is_over = AtomicBool::new(false);
        let now = || counters.each_ref().map(|counter| counter.load(Relaxed));
        let go_on =
            |since: [u64; 4]| while now().iter().zip(since).any(|(now, since)| *now == since) {};
        std::thread::scope(|scope| {
            for counter in &counters {
                scope.spawn(|| {
                    while !is_over.load(Relaxed) {
                        counter.fetch_add(1, Relaxed);
                    }
                });
            }
            go_on([0; 4]);
            for _ in 0..10 {
                let mut stopper = Stopper::prepare(None, None).unwrap();
                let signals = SignalsBlocked::begin();
                let all_stand = stopper.stop(Duration::from_secs(10));
                let before = now();
                std::thread::sleep(Duration::from_millis(5));
                let after = now();
                stopper.resume();
                drop(signals);
                assert!(all_stand && before == after, "{before:?} {after:?}");
                let stopped: Vec<_> = stopper.stopped().collect();
                assert!(stopped.len() >= 4 && stopper.missing().next().is_none());
                let is_known = |frozen: &&Frozen| {
                    let [stack_pointer, program_counter] =
                        [7, 16].map(|index| frozen.registers[index]);
                    frozen.stack < stack_pointer
                        && program_counter != 0
                        && frozen.thread_pointer != 0
                };
                assert!(stopped.iter().all(is_known), "{stopped:x?}");
                go_on(after);
            }
            is_over.store(true, Relaxed);
        });
    }

    #[test]
    fn a_signal_that_the_program_handles_is_left_alone() {
        extern "C" fn handler(_: i32) {}
        let signal = libc::SIGRTMIN() + 3;
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(signal, handler as *const () as libc::sighandler_t) };
        let error = Stopper::prepare(Some(signal), None).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        // SAFETY: as it was.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}
