//! All that runs in the copy of the process, from its first instruction to its last: system calls and memory of its
//! own; no lock, no allocation, no formatting. It writes to no table of the profiler, and returns to nobody.
//!
//! | file | what it does |
//! |---|---|
//! | `room` | memory that grows |
//! | `maps`, `pages` | which memory there is, and which of it was ever written |
//! | `write` | the file |
//! | `blocks`, `index` | the blocks, which of them lead to others, and to which one a word leads |
//! | `hashes` | by which blocks of equal contents are found |
//! | `sites` | the stacks at which they were allocated |
//! | `threads`, `roots` | memory that the program reaches without a block |
//! | `unseen` | words that lead to blocks, in all other memory |

mod blocks;
mod hashes;
mod index;
mod maps;
mod pages;
mod room;
mod roots;
mod sites;
mod threads;
mod unseen;
mod write;

use core::sync::atomic::{
    AtomicI32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use mem_profile_format::heap_layout::{end, kind};
use mem_profile_runtime::internal::capture::{self, Stopper};

use self::blocks::Blocks;
use self::index::Index;
use self::maps::Maps;
use self::pages::Pages;
use self::room::Room;
use self::roots::Roots;
pub(super) use self::threads::Threads;
use self::threads::{Memory, Missing};
use self::unseen::Search;
use self::write::Writer;
use crate::graph::config::{Config, Contents};
use crate::graph::control::modules::Module;
use crate::tables::mapped_array;

/// What the copy is to do.
pub(super) struct Job<'a> {
    pub(super) config: &'a Config,
    /// The beginning of the file.
    pub(super) prelude: &'a [u8],
    pub(super) modules: &'a [Module],
    pub(super) threads: Threads<'a>,
    pub(super) stopper: &'a Stopper,
    /// The file.
    pub(super) descriptor: i32,
    pub(super) hash_key: u64,
    pub(super) outcome: &'a Outcome,
}

/// What the copy has done, in memory that it has in common with its original.
pub(super) struct Outcome {
    /// [`DONE`], or the number of an error; zero before the end.
    state: AtomicI32,
    blocks: AtomicU64,
    bytes: AtomicU64,
    file_bytes: AtomicU64,
}

const DONE: i32 = -1;

impl Outcome {
    /// Blocks, their bytes, and those of the file; or the number of an error, zero where it was ended.
    pub(super) fn get(&self) -> Result<[u64; 3], i32> {
        match self.state.load(Acquire) {
            DONE => {
                Ok([&self.blocks, &self.bytes, &self.file_bytes].map(|word| word.load(Relaxed)))
            }
            error => Err(error),
        }
    }
}

/// Runs in the copy, and ends it.
pub(super) fn run(job: &Job<'_>) -> ! {
    let state = match capture::end_with(job.threads.process) {
        true => write(job).map_or_else(|error| error, |()| DONE),
        false => libc::ESRCH,
    };
    job.outcome.state.store(state, Release);
    capture::exit_now(i32::from(state != DONE));
}

fn write(job: &Job<'_>) -> Result<(), i32> {
    // Threads of the original, by a descriptor that is closed next.
    let missing = missing(job)?;
    capture::keep_only(job.descriptor);
    let (maps, pages) = (Maps::read()?, Pages::open());
    let mut writer = Writer::new(job.descriptor)?;
    writer.bytes(job.prelude)?;
    missing
        .get()
        .iter()
        .try_for_each(|&(number, name)| threads::write_missing(number, name, &mut writer))?;
    let blocks = Blocks::list()?;
    let index = Index::new(blocks.all())?;
    let takes_all = job.config.contents == Contents::All;
    let holders = blocks.holders(&index, &maps, &pages, takes_all)?;
    sites::write(&blocks, &mut writer)?;
    blocks.write(&holders, &maps, &pages, &mut writer)?;
    if job.config.hashes {
        hashes::write(&blocks, job.hash_key, &maps, &pages, &mut writer)?;
    }
    let mut roots = Roots::of_modules(job.modules)?;
    let memory = Memory { maps: &maps, blocks: &blocks, modules: job.modules };
    if !job.threads.asker_counts {
        threads::ignore(job.threads.asker, &job.threads, &memory, &mut roots)?;
    }
    let asker = Some(job.threads.asker).filter(|_| job.threads.asker_counts);
    for frozen in asker.into_iter().chain(job.stopper.stopped()) {
        threads::add(frozen, &job.threads, &memory, &mut roots, &mut writer)?;
    }
    roots.finish(&maps);
    roots.write(&maps, &pages, &mut writer)?;
    if job.config.searches_unseen {
        let own = capture::own_memory().chain(job.stopper.memory()).chain(mapped_array::regions());
        Search::new(&blocks, &index, &pages)?.all(&maps, &roots, own, &mut writer)?;
    }
    finish(&blocks, &mut writer, job.outcome)
}

fn finish(blocks: &Blocks, writer: &mut Writer, outcome: &Outcome) -> Result<(), i32> {
    writer.section(kind::END, end::SIZE as u64)?;
    writer.words(&[writer.length() + end::SIZE as u64])?;
    writer.flush()?;
    outcome.blocks.store(blocks.all().len() as u64, Relaxed);
    outcome.bytes.store(blocks.bytes, Relaxed);
    outcome.file_bytes.store(writer.length(), Relaxed);
    Ok(())
}

fn missing(job: &Job<'_>) -> Result<Missing, i32> {
    let mut missing = Room::new()?;
    if job.config.stops {
        for number in job.stopper.missing() {
            missing.push((number, job.stopper.name(number)))?;
        }
    }
    Ok(missing)
}
