//! Memory over time: of a closure while it runs, or of another process.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "enabled")]
use crate::process;

#[cfg(not(feature = "enabled"))]
#[path = "usage/nothing.rs"]
mod process;
#[cfg(all(test, feature = "enabled"))]
mod tests;

const DEFAULT_INTERVAL: Duration = Duration::from_millis(100);
/// Faster sampling would mostly measure itself.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

/// One reading of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Wall-clock time.
    pub at: SystemTime,
    /// Time since sampling began.
    pub elapsed: Duration,
    /// Resident set in bytes.
    pub bytes: u64,
}

/// The result of sampling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryUsage<T> {
    /// The value that the closure returned; `()` where another process was sampled.
    pub value: T,
    /// The readings, oldest first. Empty on systems that cannot tell.
    pub samples: Vec<Sample>,
    /// The highest reading in bytes. What comes and goes between two samples is missed.
    pub max: u64,
}

/// How memory is sampled.
///
/// ```
/// use std::time::Duration;
/// use mem_profile_runtime::MemoryUsageOptions;
///
/// let options = MemoryUsageOptions::new().interval(Duration::from_millis(10));
/// let usage = options.run(|| vec![1_u8; 1 << 20].len());
/// assert_eq!(usage.value, 1 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryUsageOptions {
    interval: Duration,
    include_children: bool,
    timeout: Option<Duration>,
}

/// Runs `function` once, on the calling thread, while another thread samples this process.
///
/// There is at least one sample from before and one from after. A panic of `function` goes on to
/// the caller.
pub fn memory_usage<T>(interval: Duration, function: impl FnOnce() -> T) -> MemoryUsage<T> {
    MemoryUsageOptions::new().interval(interval).run(function)
}

impl Default for MemoryUsageOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryUsageOptions {
    /// A sample every 100 ms, without children, for as long as it takes.
    pub fn new() -> Self {
        Self { interval: DEFAULT_INTERVAL, include_children: false, timeout: None }
    }

    /// Time between two samples, at least 1 ms.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(SHORTEST_INTERVAL);
        self
    }

    /// Whether every descending process counts as well; only Linux can tell.
    #[must_use]
    pub fn include_children(mut self, include_children: bool) -> Self {
        self.include_children = include_children;
        self
    }

    /// Sampling ends after this time. What is sampled is not disturbed by that.
    #[must_use]
    pub fn timeout(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs `function` once, on the calling thread, while another thread samples this process.
    ///
    /// There is at least one sample from before and one from after. A panic of `function` goes on
    /// to the caller.
    pub fn run<T>(&self, function: impl FnOnce() -> T) -> MemoryUsage<T> {
        let sampler = Sampler::new(self, process::id());
        let mut samples = Vec::from_iter(sampler.sample().ok());
        if samples.is_empty() {
            return MemoryUsage::new(function(), samples);
        }
        let (running, stopped) = mpsc::channel::<()>();
        let value = thread::scope(|scope| {
            // Dropped when the function is over, also by a panic, which stops the sampler.
            let running = running;
            let builder = thread::Builder::new().name("mem-profile-sampler".into());
            // A process that is out of threads still gets the samples before and after.
            let sampler = &sampler;
            let between = builder.spawn_scoped(scope, move || sampler.until_stopped(&stopped)).ok();
            let value = function();
            drop(running);
            samples.extend(between.and_then(|thread| thread.join().ok()).into_iter().flatten());
            value
        });
        samples.extend(sampler.sample().ok());
        MemoryUsage::new(value, samples)
    }

    /// Samples another process until it ends or the timeout is over.
    ///
    /// # Errors
    /// When there is no such process, or the system cannot tell.
    pub fn watch(&self, pid: u32) -> io::Result<MemoryUsage<()>> {
        let sampler = Sampler::new(self, pid);
        let mut samples = vec![sampler.sample()?];
        while let Some(pause) = sampler.pause() {
            thread::sleep(pause);
            match sampler.sample() {
                Ok(sample) => samples.push(sample),
                Err(_) => break,
            }
        }
        Ok(MemoryUsage::new((), samples))
    }
}

impl<T> MemoryUsage<T> {
    fn new(value: T, samples: Vec<Sample>) -> Self {
        let max = samples.iter().map(|sample| sample.bytes).max().unwrap_or(0);
        Self { value, samples, max }
    }
}

struct Sampler<'a> {
    options: &'a MemoryUsageOptions,
    pid: u32,
    start: Instant,
}

impl<'a> Sampler<'a> {
    fn new(options: &'a MemoryUsageOptions, pid: u32) -> Self {
        Self { options, pid, start: Instant::now() }
    }

    fn sample(&self) -> io::Result<Sample> {
        let mut bytes = process::rss_of(self.pid)?;
        if self.options.include_children {
            let children = process::children_of(self.pid).unwrap_or_default();
            bytes += children.into_iter().flat_map(process::rss_of).sum::<u64>();
        }
        Ok(Sample { at: SystemTime::now(), elapsed: self.start.elapsed(), bytes })
    }

    fn until_stopped(&self, stopped: &Receiver<()>) -> Vec<Sample> {
        let mut samples = Vec::new();
        while let Some(pause) = self.pause() {
            match stopped.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => samples.extend(self.sample().ok()),
                Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        samples
    }

    /// Time to the next sample; `None` once the timeout is over.
    fn pause(&self) -> Option<Duration> {
        match self.options.timeout {
            Some(timeout) => {
                let left = timeout.checked_sub(self.start.elapsed())?;
                (!left.is_zero()).then(|| left.min(self.options.interval))
            }
            None => Some(self.options.interval),
        }
    }
}
