//! Memory over time: whether it is recorded, and its readings.
//!
//! Times are nanoseconds since the timeline began, on a clock that never goes back. The first one is 1,
//! so 0 says that nothing has been written.

use core::mem::offset_of;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use mem_profile_format::layout;

use crate::process;
use crate::record::memory::arena;
use crate::record::sync::word::Word;

/// Whether calls are recorded as spans.
static IS_ON: AtomicBool = AtomicBool::new(false);

#[inline(always)]
pub(crate) fn is_on() -> bool {
    IS_ON.load(Relaxed)
}

/// The block of a recording that says that it has a timeline.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Timeline {
    block: Word,
    /// Nanoseconds since 1970.
    pub(in crate::record) started: Word,
    /// Nanoseconds between two samples.
    pub(in crate::record) interval: Word,
    /// The number of an observer's question, which others write into the file.
    asked: Word,
    /// The answer, and its number.
    in_use: Word,
    answered: Word,
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Timeline, started) == layout::timeline::STARTED);
    assert!(offset_of!(Timeline, interval) == layout::timeline::INTERVAL);
    assert!(offset_of!(Timeline, asked) == layout::timeline::ASKED);
    assert!(offset_of!(Timeline, in_use) == layout::timeline::IN_USE);
    assert!(offset_of!(Timeline, answered) == layout::timeline::ANSWERED);
    assert!(size_of::<Timeline>() == layout::timeline::SIZE);
};

impl Timeline {
    /// Has calls recorded from now on; `None` when memory is out. The session calls it, once.
    pub(crate) fn begin(interval: i64) -> Option<&'static Self> {
        let block = arena::reserve(size_of::<Self>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let timeline: &'static Self = unsafe { block.cast().as_ref() };
        timeline.started.set(process::nanoseconds().wrapping_sub(now()));
        timeline.interval.set(interval);
        arena::finish(&timeline.block, layout::TIMELINE);
        IS_ON.store(true, Relaxed);
        Some(timeline)
    }

    /// Nanoseconds between two samples.
    pub(crate) fn interval(&self) -> i64 {
        self.interval.get()
    }

    pub(crate) fn set_interval(&self, interval: i64) {
        self.interval.set(interval);
    }

    /// The number of a question that nobody has answered: how many bytes the allocator has in use.
    pub(crate) fn question(&self) -> Option<i64> {
        Some(self.asked.acquire()).filter(|&asked| asked != self.answered.get())
    }

    /// Answers it.
    pub(crate) fn answer(&self, question: i64, in_use: Option<u64>) {
        self.in_use.set(in_use.map_or(layout::NEVER, |bytes| bytes as i64));
        self.answered.publish(question);
    }
}

/// Nanoseconds since the timeline began.
pub(in crate::record) fn now() -> i64 {
    process::ticks()
}

/// Memory in use by the process at one moment.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Sample {
    /// 0 where there is none.
    pub(in crate::record) time: Word,
    /// Negative while they are being written.
    pub(in crate::record) bytes: Word,
}

/// The figures of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) time: i64,
    /// Bytes in use by the process.
    pub(crate) bytes: i64,
    /// The resident set, its pages of files, and the profiler's own memory; zeroes where not known.
    pub(crate) resident: [i64; 3],
}

/// Samples in a block.
pub(crate) const SAMPLES: usize = 60;

/// A block of samples, with one writer.
#[derive(Debug)]
#[repr(C, align(64))]
pub(crate) struct Samples {
    block: Word,
    /// Samples begin a cache line.
    _rest: [Word; 7],
    pub(in crate::record) samples: [Sample; SAMPLES],
    pub(in crate::record) resident: [[Word; 3]; SAMPLES],
}

// The numbers by which recordings are read.
const _: () = {
    assert!(offset_of!(Sample, time) == layout::samples::TIME);
    assert!(offset_of!(Sample, bytes) == layout::samples::BYTES);
    assert!(size_of::<Sample>() == layout::samples::EACH);
    assert!(offset_of!(Samples, samples) == layout::samples::FIRST);
    assert!(offset_of!(Samples, resident) == layout::samples::RESIDENT);
    assert!(size_of::<[Word; 3]>() == layout::resident::SIZE);
};

impl Samples {
    /// `None` when memory is out.
    pub(crate) fn reserve() -> Option<&'static Self> {
        let block = arena::reserve(size_of::<Self>())?;
        // SAFETY: the block is as long as that, and zeroes are valid.
        let samples: &'static Self = unsafe { block.cast().as_ref() };
        arena::finish(&samples.block, layout::SAMPLES);
        Some(samples)
    }

    /// The figures of a sample; `None` if there is no room for so many.
    pub(crate) fn read(&self, index: usize) -> Option<Figures> {
        let (sample, resident) = (self.samples.get(index)?, self.resident.get(index)?);
        let resident = resident.each_ref().map(Word::get);
        Some(Figures { time: sample.time.get(), bytes: sample.bytes.get(), resident })
    }

    /// Replaces a sample. A reader never sees the time of one with the bytes of the other.
    pub(crate) fn write(&self, index: usize, figures: Figures) {
        let places = self.samples.get(index).zip(self.resident.get(index));
        let Some((sample, resident)) = places else { return };
        sample.bytes.publish(-1);
        sample.time.publish(figures.time);
        resident.iter().zip(figures.resident).for_each(|(word, figure)| word.publish(figure));
        sample.bytes.publish(figures.bytes);
    }

    /// Removes a sample.
    pub(crate) fn clear(&self, index: usize) {
        if let Some(sample) = self.samples.get(index) {
            sample.time.publish(0);
        }
    }
}

impl Figures {
    /// The figures of this moment.
    pub(crate) fn now(bytes: i64, resident: [i64; 3]) -> Self {
        Self { time: now(), bytes, resident }
    }
}
