//! Memory over time: the thread that reads how much is in use, again and again.
//!
//! The thread is made without the standard library, allocates nothing that counts, and takes no
//! signal. It ends before the recording is closed, so a library can be unloaded, and is paused
//! while a recording begins beside it.

use std::ptr;
use std::sync::atomic::{
    AtomicBool, AtomicPtr,
    Ordering::{Acquire, Release},
};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mem_profile_format::Backend;

use super::values::SHORTEST;
use crate::collect;
use crate::process::{self, Lineage, Thread};
use crate::record::alloc::quiet::Quiet;
use crate::record::timeline::timeline::{Figures, SAMPLES, Samples, Timeline};

/// Time between two samples, where nothing else is asked for.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);
/// So many samples are kept. When there are as many, the higher one of every two stays, and from
/// then on they are taken half as often.
const LIMIT: usize = 1 << 16;

/// How long the end of the process waits for the thread, at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// The one that was started last; null where none was.
static SAMPLER: AtomicPtr<Sampler> = AtomicPtr::new(ptr::null_mut());

struct Sampler {
    backend: Backend,
    timeline: &'static Timeline,
    /// A forked child does not have the thread.
    process: Lineage,
    has_thread: AtomicBool,
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    series: Series,
    is_stopping: bool,
    has_stopped: bool,
    thread: Option<Thread>,
}

/// The sampler of this process, if one runs.
fn running() -> Option<&'static Sampler> {
    // SAFETY: null or kept by `start`.
    let sampler = unsafe { SAMPLER.load(Acquire).as_ref() };
    sampler.filter(|sampler| sampler.process == Lineage::current())
}

/// How many threads are the profiler's own.
pub(crate) fn threads() -> usize {
    running().is_some_and(|sampler| sampler.has_thread.load(Acquire)).into()
}

/// Takes samples from now on, unless they are taken already.
pub(crate) fn start(backend: Backend, timeline: &'static Timeline, interval: Duration) {
    if running().is_some() {
        return;
    }
    // All at once: what the thread allocates later would look like the program's own.
    let blocks = Vec::with_capacity(LIMIT.div_ceil(SAMPLES));
    let series = Series { interval: interval.max(SHORTEST), blocks, length: 0 };
    let state = State { series, is_stopping: false, has_stopped: false, thread: None };
    let sampler = process::keep(Sampler {
        backend,
        timeline,
        process: Lineage::current(),
        has_thread: AtomicBool::new(false),
        state: Mutex::new(state),
        wake: Condvar::new(),
    });
    let Some(sampler) = sampler else { return };
    SAMPLER.store(ptr::from_ref(sampler).cast_mut(), Release);
    let mut state = sampler.lock();
    sampler.sample(&mut state.series);
    state.thread = process::spawn(run);
    state.has_stopped = state.thread.is_none();
    sampler.has_thread.store(!state.has_stopped, Release);
}

/// No sample is taken while this is held.
pub(crate) fn pause() -> Option<impl Sized> {
    running().map(Sampler::lock)
}

/// Takes the last sample, and ends the thread.
pub(crate) fn stop() {
    let Some(sampler) = running() else { return };
    let mut state = sampler.lock();
    if state.is_stopping {
        return;
    }
    sampler.sample(&mut state.series);
    state.is_stopping = true;
    sampler.wake.notify_all();
    let waiting = sampler.wake.wait_timeout_while(state, PATIENCE, |state| !state.has_stopped);
    let mut state = waiting.unwrap_or_else(PoisonError::into_inner).0;
    let thread = state.thread.take().filter(|_| state.has_stopped);
    drop(state);
    if let Some(thread) = thread {
        // It has nothing left to do. Where this code is unloaded, it must be gone.
        thread.join();
        sampler.has_thread.store(false, Release);
    }
}

/// The thread's loop.
fn run() {
    let _quiet = Quiet::enter();
    if let Some(sampler) = running() {
        sampler.run();
    }
}

impl Sampler {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        let mut next = Instant::now();
        while !state.is_stopping {
            next += state.series.interval;
            let pause = next.saturating_duration_since(Instant::now());
            if pause.is_zero() {
                // The machine was asleep, or busy: what was missed is not made up for.
                next = Instant::now();
            }
            let waiting = self.wake.wait_timeout_while(state, pause, |state| !state.is_stopping);
            state = waiting.unwrap_or_else(PoisonError::into_inner).0;
            if !state.is_stopping {
                self.sample(&mut state.series);
                state = self.answer(state);
            }
        }
        state.has_stopped = true;
        self.wake.notify_all();
    }

    /// Answers an observer. That takes the locks of the allocator: meanwhile, nobody waits for this thread.
    fn answer<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let Some(question) = self.timeline.question() else { return state };
        drop(state);
        self.timeline.answer(question, process::in_use_and_heap_end().map(|it| it.0));
        self.lock()
    }

    fn sample(&self, series: &mut Series) {
        let bytes = collect::process_bytes(self.backend);
        let Some(bytes) = bytes.and_then(|bytes| i64::try_from(bytes).ok()) else { return };
        if series.length == LIMIT {
            series.halve();
            self.timeline.set_interval(nanoseconds(series.interval));
        }
        let resident = collect::resident_set(self.backend, false).unwrap_or_default();
        series.push(Figures::now(bytes, resident));
    }
}

pub(crate) fn nanoseconds(interval: Duration) -> i64 {
    i64::try_from(interval.as_nanos()).unwrap_or(i64::MAX)
}

/// The samples, in the memory of the figures.
struct Series {
    interval: Duration,
    blocks: Vec<&'static Samples>,
    length: usize,
}

impl Series {
    /// The block of a sample, and its place there.
    fn place(&self, index: usize) -> Option<(&'static Samples, usize)> {
        Some((self.blocks.get(index / SAMPLES)?, index % SAMPLES))
    }

    fn get(&self, index: usize) -> Option<Figures> {
        let (block, index) = self.place(index)?;
        block.read(index)
    }

    /// Adds one, unless memory is out.
    fn push(&mut self, figures: Figures) {
        if self.length == self.blocks.len() * SAMPLES {
            let Some(block) = Samples::reserve() else { return };
            self.blocks.push(block);
        }
        if let Some((block, index)) = self.place(self.length) {
            block.write(index, figures);
            self.length += 1;
        }
    }

    /// Keeps the higher one of every two.
    fn halve(&mut self) {
        for index in 0..self.length {
            let Some((block, place)) = self.place(index) else { continue };
            match (self.get(2 * index), self.get(2 * index + 1)) {
                (Some(first), Some(second)) => {
                    block.write(place, if second.bytes > first.bytes { second } else { first });
                }
                _ => block.clear(place),
            }
        }
        self.length /= 2;
        self.interval *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_every_two_samples_the_higher_one_stays() {
        let mut series = Series { interval: SHORTEST, blocks: vec![], length: 0 };
        for time in 1..=200 {
            let bytes = if time == 78 { 1000 } else { time % 2 };
            series.push(Figures { time, bytes, resident: [time + 1, time + 2, time + 3] });
        }
        series.halve();
        assert_eq!((series.length, series.interval), (100, 2 * SHORTEST));
        let all: Vec<_> = (0..240).map(|index| series.get(index).unwrap()).collect();
        let kept = |index: usize| [2 * index as i64 + 1, 2 * index as i64 + 2];
        for (index, &Figures { time, bytes, resident }) in all.iter().enumerate().take(100) {
            let higher = if index == 38 { (78, 1000) } else { (kept(index)[0], 1) };
            assert_eq!((time, bytes), higher);
            assert_eq!(resident, [time + 1, time + 2, time + 3]);
        }
        assert!(all[100..].iter().all(|sample| sample.time == 0));
        assert!(series.get(240).is_none());
    }
}
