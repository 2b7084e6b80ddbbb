//! Samples a process and its children.
//!
//! A child that was seen once stays in the family when its parent ends. Status files stay open:
//! they belong to the process for which they were opened, not to a later one with its number. A
//! process that has ended has no peak any more, so a rise after its last sample is missed. The samples of
//! a short run are a sixteenth of its time apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::time::{Duration, Instant, SystemTime};

use clap::ValueEnum;

use super::model::Sample;
use crate::process::{self, Backend, ProcessTable};

/// How to treat child processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Children {
    /// Ignored.
    Ignored,
    /// Added to the process.
    Included,
    /// Sampled as separate series.
    Separate,
}

/// Memory in use by all of them at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) memory: Sample,
    /// Number of processes in `memory`.
    pub(crate) processes: usize,
    /// Children by process id, if they are separate.
    pub(crate) children: Vec<(u32, Sample)>,
    /// The names of those that are new, or that run another program now.
    pub(crate) names: Vec<(u32, String)>,
}

/// Samples one process.
pub(crate) struct Sampler {
    root: u32,
    children: Children,
    table: ProcessTable,
    /// All children seen so far. A child whose parent has ended gets another parent, but still belongs
    /// here.
    family: BTreeSet<u32>,
    /// The peaks that the system recorded, and when they were last seen to rise.
    marks: BTreeMap<u32, Sample>,
    /// The names of separate children.
    names: HashMap<u32, String>,
}

impl Sampler {
    pub(crate) fn new(root: u32, backend: Backend, children: Children) -> Self {
        let (family, marks, names) = Default::default();
        Self { root, children, table: ProcessTable::new(backend), family, marks, names }
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// As [`ProcessTable::read`] for the process itself. A child that cannot be read counts as ended.
    pub(crate) fn sample(&mut self) -> io::Result<Tick> {
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = time.as_secs_f64();
        let mut memory = self.read(self.root, time)?;
        if self.children == Children::Ignored {
            let (children, names) = Default::default();
            return Ok(Tick { memory, processes: 1, children, names });
        }
        add_children(self.root, &mut self.family);
        let mut children = Vec::new();
        for id in std::mem::take(&mut self.family) {
            if let Ok(sample) = self.read(id, time) {
                self.family.insert(id);
                children.push((id, sample));
            }
        }
        if self.children == Children::Included {
            let processes = 1 + children.len();
            memory.bytes += children.drain(..).map(|(_, sample)| sample.bytes).sum::<u64>();
            return Ok(Tick { memory, processes, children, names: Vec::new() });
        }
        let names = children.iter().filter_map(|(id, _)| Some((*id, self.new_name(*id)?)));
        let names: Vec<_> = names.collect();
        self.names.extend(names.iter().cloned());
        Ok(Tick { memory, processes: 1, children, names })
    }

    /// The name of a child, if it is not known yet.
    fn new_name(&self, id: u32) -> Option<String> {
        let name = self.table.name(id)?;
        (self.names.get(&id).map(String::as_str) != Some(name)).then(|| name.to_owned())
    }

    fn read(&mut self, id: u32, time: f64) -> io::Result<Sample> {
        let reading = self.table.read(id)?;
        if let Some(bytes) = reading.peak {
            let mark = self.marks.entry(id).or_insert(Sample { time, bytes });
            if bytes > mark.bytes {
                *mark = Sample { time, bytes };
            }
        }
        Ok(Sample { time, bytes: reading.bytes })
    }

    /// The peaks that the system recorded: of the process, and of separate children. A sum has none.
    pub(crate) fn marks(&self) -> impl Iterator<Item = (Option<u32>, Sample)> {
        let marks = self.marks.iter().filter(|_| self.children != Children::Included);
        marks.map(|(id, mark)| (Some(*id).filter(|id| *id != self.root), *mark))
    }
}

/// Adds the processes that now are below the root or below one of its family.
fn add_children(root: u32, family: &mut BTreeSet<u32>) {
    let mut by_parent: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (id, parent) in process::parents() {
        by_parent.entry(parent).or_default().push(id);
    }
    let mut open: Vec<u32> = family.iter().copied().chain([root]).collect();
    while let Some(parent) = open.pop() {
        for child in by_parent.remove(&parent).into_iter().flatten() {
            family.insert(child);
            open.push(child);
        }
    }
}

/// Decides when to take the next sample.
///
/// Early in a run the interval is shorter: a sixteenth of the time since the start, so that short
/// programs have samples too.
pub(crate) struct Clock {
    start: Instant,
    next: Instant,
    interval: Duration,
}

const SHORTEST: Duration = Duration::from_millis(1);

impl Clock {
    pub(crate) fn start(interval: Duration) -> Self {
        let start = Instant::now();
        Self { start, next: start, interval }
    }

    /// Time to wait for the next sample. Missed samples are not made up for.
    pub(crate) fn wait(&mut self) -> Duration {
        let now = Instant::now();
        let step = ((now - self.start) / 16).max(SHORTEST).min(self.interval);
        self.next = (self.next + step).max(now);
        self.next - now
    }

    pub(crate) fn passed(&self) -> Duration {
        self.start.elapsed()
    }
}
