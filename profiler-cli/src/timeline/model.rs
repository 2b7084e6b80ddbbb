//! Memory over time, as plain data.

use std::collections::BTreeMap;

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
    /// The peak that the system or the program itself recorded, and when it was last seen to rise; `None` if
    /// none is known.
    pub(crate) mark: Option<Peak>,
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

/// A child process with a series of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Child {
    pub(crate) id: u32,
    /// The name of its program; `None` in files of `mprof`.
    pub(crate) name: Option<String>,
    pub(crate) series: Series,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Timeline {
    /// Command line of the program; `None` if unknown.
    pub(crate) command: Option<String>,
    /// The program, or the sum of the program and its children.
    pub(crate) memory: Series,
    /// The peak of the program, where no sample shows it and its time is not known.
    pub(crate) unseen_peak: Option<u64>,
    /// In order of appearance.
    pub(crate) children: Vec<Child>,
    /// In the order of the file.
    pub(crate) spans: Vec<Span>,
    /// How many calls of a function have no span, since there were very many: `None` in a part of the run.
    pub(crate) omitted: BTreeMap<String, Option<u64>>,
}

/// The highest memory in use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Peak {
    pub(crate) at: Sample,
    pub(crate) source: Source,
}

/// Where a peak is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The highest sample. Samples may miss a higher one.
    Samples,
    System,
    /// The program counts its own bytes.
    Program,
}

impl Peak {
    pub(crate) const fn of_system(at: Sample) -> Self {
        Self { at, source: Source::System }
    }

    /// `the highest sample`
    pub(crate) fn words(&self) -> &'static str {
        match self.source {
            Source::Samples => "the highest sample",
            Source::System => "as reported by the system",
            Source::Program => "as counted by the program",
        }
    }
}

impl Child {
    /// `make (4711)`, or `child 4711`.
    pub(crate) fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{name} ({})", self.id),
            None => format!("child {}", self.id),
        }
    }
}

impl Series {
    /// The highest memory in use; `None` without samples.
    pub(crate) fn peak(&self) -> Option<Peak> {
        let highest = self.samples.iter().copied();
        // The first of equal ones.
        let highest =
            highest.reduce(|best, sample| if sample.bytes > best.bytes { sample } else { best });
        let mark = self.mark.filter(|mark| highest.is_none_or(|it| mark.at.bytes >= it.bytes));
        mark.or(highest.map(|at| Peak { at, source: Source::Samples }))
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
            mark: self.mark.filter(|mark| is_inside(&mark.at)),
        }
    }
}

impl Timeline {
    /// Counts calls of a function that have no span.
    pub(crate) fn omit(&mut self, function: &str, calls: u64) {
        let known = self.omitted.entry(function.to_owned()).or_insert(Some(0));
        *known = known.map(|known| known.saturating_add(calls));
    }

    /// Time of the first sample, in seconds since 1970.
    pub(crate) fn start(&self) -> Option<f64> {
        self.times().reduce(f64::min)
    }

    /// The highest sum of the program and its children at one time, and of how many processes it is; `None`
    /// without children. A child counts from one sample of the program to the next.
    pub(crate) fn together(&self) -> Option<(Sample, usize)> {
        let program = &self.memory.samples;
        let mut sums: Vec<_> = program.iter().map(|sample| (*sample, 1)).collect();
        for child in self.children.iter().map(|child| &child.series.samples) {
            let moment = |sample: &Sample| program.partition_point(|it| it.time <= sample.time);
            for same in child.chunk_by(|one, other| moment(one) == moment(other)) {
                let Some(sum) = moment(&same[0]).checked_sub(1).and_then(|at| sums.get_mut(at))
                else {
                    continue;
                };
                sum.0.bytes += same[same.len() - 1].bytes;
                sum.1 += 1;
            }
        }
        let highest = sums.into_iter().rev().max_by_key(|(sum, _)| sum.bytes);
        highest.filter(|_| !self.children.is_empty())
    }

    /// From the first to the last sample, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        let times = (self.times().reduce(f64::min), self.times().reduce(f64::max));
        if let (Some(start), Some(end)) = times { end - start } else { 0.0 }
    }

    fn times(&self) -> impl Iterator<Item = f64> {
        let series = self.children.iter().map(|child| &child.series).chain([&self.memory]);
        let ends =
            |series: &Series| [series.samples.first().copied(), series.samples.last().copied()];
        let spans = self.spans.iter().flat_map(|span| [span.start.time, span.end.time]);
        series.flat_map(ends).flatten().map(|sample| sample.time).chain(spans)
    }

    /// The part between two moments, in seconds since 1970.
    pub(crate) fn within(&self, from: f64, to: f64) -> Self {
        let overlaps = |span: &&Span| span.start.time <= to && span.end.time >= from;
        let children = self
            .children
            .iter()
            .map(|child| Child { series: child.series.within(from, to), ..child.clone() });
        Self {
            command: self.command.clone(),
            memory: self.memory.within(from, to),
            unseen_peak: None,
            children: children.filter(|child| !child.series.samples.is_empty()).collect(),
            spans: self.spans.iter().filter(overlaps).cloned().collect(),
            omitted: self.omitted.keys().map(|name| (name.clone(), None)).collect(),
        }
    }
}
