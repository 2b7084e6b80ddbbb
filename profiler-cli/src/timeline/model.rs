//! Memory over time, as plain data.

/// Memory in use at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Seconds since 1970.
    pub(crate) time: f64,
    /// Memory in use, in bytes.
    pub(crate) bytes: u64,
}

/// The memory of one process, or the sum of several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Series {
    /// In order of time.
    pub(crate) samples: Vec<Sample>,
    /// The peak that the system itself recorded, and when it was last seen to rise; `None` if it records
    /// none.
    pub(crate) mark: Option<Sample>,
}

/// One call of a function, or one run of a named block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    /// Path of the function.
    pub(crate) function: String,
    /// Memory in use when it began.
    pub(crate) start: Sample,
    /// Memory in use when it ended.
    pub(crate) end: Sample,
    /// Number of spans of its thread that enclose it.
    pub(crate) level: u32,
    /// The thread it ran on, counted from 0.
    pub(crate) thread: u32,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    /// Command line of the program; `None` if unknown.
    pub(crate) command: Option<String>,
    /// The program, or the sum of the program and its children.
    pub(crate) memory: Series,
    /// Children with series of their own, by process id, in order of appearance.
    pub(crate) children: Vec<(u32, Series)>,
    /// In the order of the file.
    pub(crate) spans: Vec<Span>,
}

/// The highest memory in use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Peak {
    pub(crate) at: Sample,
    /// Whether the system recorded it. Samples may miss a higher one.
    pub(crate) is_mark: bool,
}

impl Series {
    /// The highest memory in use; `None` without samples.
    pub(crate) fn peak(&self) -> Option<Peak> {
        let highest = self.samples.iter().copied();
        // The first of equal ones.
        let highest =
            highest.reduce(|best, sample| if sample.bytes > best.bytes { sample } else { best });
        let mark = self.mark.filter(|mark| highest.is_none_or(|it| mark.bytes >= it.bytes));
        let sampled = highest.map(|at| Peak { at, is_mark: false });
        mark.map(|at| Peak { at, is_mark: true }).or(sampled)
    }

    /// Growth by least squares, in bytes per second, and the bytes in use at the time `origin` by
    /// the same line; `None` with fewer than two moments.
    pub(crate) fn trend(&self, origin: f64) -> Option<(f64, f64)> {
        let count = self.samples.len() as f64;
        // Relative to `origin`, since seconds since 1970 leave few digits for differences.
        let moments = || self.samples.iter().map(|it| (it.time - origin, it.bytes as f64));
        let (time, bytes) = moments().fold((0.0, 0.0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        let (time, bytes) = (time / count, bytes / count);
        let (rise, run) = moments().fold((0.0, 0.0), |(rise, run), (at, size)| {
            (rise + (at - time) * (size - bytes), run + (at - time) * (at - time))
        });
        (run > 0.0).then(|| (rise / run, bytes - rise / run * time))
    }

    fn within(&self, from: f64, to: f64) -> Self {
        let is_inside = |sample: &Sample| (from..=to).contains(&sample.time);
        Self {
            samples: self.samples.iter().copied().filter(is_inside).collect(),
            mark: self.mark.filter(is_inside),
        }
    }
}

impl Timeline {
    /// Time of the first sample, in seconds since 1970.
    pub(crate) fn start(&self) -> Option<f64> {
        self.times().reduce(f64::min)
    }

    /// From the first to the last sample, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        let times = (self.times().reduce(f64::min), self.times().reduce(f64::max));
        if let (Some(start), Some(end)) = times { end - start } else { 0.0 }
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        let series = self.children.iter().map(|(_, series)| series).chain([&self.memory]);
        let ends =
            |series: &Series| [series.samples.first().copied(), series.samples.last().copied()];
        let spans = self.spans.iter().flat_map(|span| [span.start.time, span.end.time]);
        series.flat_map(ends).flatten().map(|sample| sample.time).chain(spans)
    }

    /// The part between two moments, in seconds since 1970.
    pub(crate) fn within(&self, from: f64, to: f64) -> Self {
        let overlaps = |span: &&Span| span.start.time <= to && span.end.time >= from;
        let children = self.children.iter().map(|(id, series)| (*id, series.within(from, to)));
        Self {
            command: self.command.clone(),
            memory: self.memory.within(from, to),
            children: children.filter(|(_, series)| !series.samples.is_empty()).collect(),
            spans: self.spans.iter().filter(overlaps).cloned().collect(),
        }
    }
}
