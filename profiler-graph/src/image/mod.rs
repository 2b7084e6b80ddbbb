//! A captured heap as plain data: what was there, and the memory of it.
//!
//! Believes nothing in the file: an index that leads nowhere, a length that does not fit, an overlap or an end that
//! is missing is an error that says where.

mod arena;
mod blocks;
mod bytes;
mod error;
mod module;
mod process;
mod root;
mod section;
mod site;
mod thread;

use std::fmt;
use std::ops::Range;
use std::path::Path;

use mem_profile_format::heap_layout::{hash, kind, unseen};

pub use self::blocks::Block;
pub use self::error::LoadError;
pub use self::module::{Module, Segment};
pub use self::process::{Missing, Process};
pub use self::root::{Root, RootKind};
pub use self::site::{Site, SiteState};
pub use self::thread::Thread;

use self::blocks::Blocks;
use self::section::{Section, sections};
use self::site::SitePlace;

pub(crate) use self::bytes::Bytes;
pub(crate) use self::section::words;

/// A captured heap: blocks, stacks, threads, roots, and reads of memory.
pub struct Image {
    bytes: Bytes,
    process: Process,
    missing: Vec<Missing>,
    modules: Vec<Module>,
    labels: Vec<String>,
    sites: Vec<SitePlace>,
    blocks: Blocks,
    threads: Vec<Thread>,
    roots: Vec<Root>,
    arenas: Vec<Range<u64>>,
    unseen: Vec<Range<usize>>,
    hashes: Option<Range<usize>>,
    skipped: usize,
}

impl Image {
    /// Maps and reads the capture at `path`. The file must not be changed while it is in use.
    ///
    /// # Errors
    /// When the file cannot be read, is not a capture, has another version, was cut short or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let bytes = Bytes::map(path);
        Self::of(bytes.map_err(|error| LoadError::Io { path: path.to_owned(), error })?)
    }

    /// Reads the bytes of a capture.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn read(bytes: Vec<u8>) -> Result<Self, LoadError> {
        Self::of(Bytes::Owned(bytes))
    }

    fn of(bytes: Bytes) -> Result<Self, LoadError> {
        let sections = sections(&bytes)?;
        let all = |kind| sections.iter().filter(move |section| section.kind == kind);
        let one = |kind, missing: &'static str, twice: &'static str| {
            let mut all = all(kind);
            let first = all.next().ok_or(LoadError::Damaged { at: 0, what: missing })?;
            all.next().map_or(Ok(first), |second| Err(second.damaged(twice)))
        };
        let process = Process::read(one(kind::PROCESS, "no process", "a second process")?)?;
        let missing = read_all(all(kind::MISSING), Missing::read)?;
        let modules = read_all(all(kind::MODULE), Module::read)?;
        let labels = read_all(all(kind::LABEL), site::read_label)?;
        let sites = read_all(all(kind::SITE), |section| SitePlace::read(section, labels.len()))?;
        let threads = read_all(all(kind::THREAD), Thread::read)?;
        let roots = read_all(all(kind::ROOT), |section| Root::read(section, &threads, &modules))?;
        let roots = root::sort(roots)?;
        let statics = roots.iter().filter(|root| matches!(root.kind, RootKind::Static { .. }));
        let arenas = statics.flat_map(|root| arena::arenas(root, &bytes[root.place.clone()]));
        let arenas = arenas.collect();
        let listed = one(kind::BLOCKS, "no list of blocks", "a second list of blocks")?;
        let mut blocks = Blocks::read(listed, sites.len())?;
        let holders = one(kind::HOLDERS, "no list of holders", "a second list of holders")?;
        let contents: Vec<Section<'_>> = all(kind::CONTENTS).copied().collect();
        blocks.find_contents(&bytes, holders, &contents)?;
        let unseen = read_all(all(kind::UNSEEN), |section| {
            section.count_of(unseen::SIZE)?;
            section.behind(0)
        })?;
        let hashes = hashes(all(kind::HASHES), blocks.count())?;
        let skipped = sections.iter().filter(|section| section.kind > kind::LAST).count();
        Ok(Self {
            process,
            missing,
            modules,
            labels,
            sites,
            blocks,
            threads,
            roots,
            arenas,
            unseen,
            hashes,
            skipped,
            bytes,
        })
    }

    /// The process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Threads and memory that could not be looked at.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// The programs and libraries in memory.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module at an address.
    pub fn module_at(&self, address: u64) -> Option<&Module> {
        self.modules.iter().find(|module| module.contains(address))
    }

    /// How many sites there are; some may have no block.
    pub fn site_count(&self) -> usize {
        self.sites.len()
    }

    /// The site of a number.
    pub fn site(&self, number: u32) -> Option<Site<'_>> {
        self.sites.get(number as usize).map(|place| place.site(&self.bytes, &self.labels))
    }

    /// The threads.
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The roots, in the order of addresses.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The memory of a root.
    pub fn root_memory(&self, root: &Root) -> &[u8] {
        self.bytes.get(root.place.clone()).unwrap_or_default()
    }

    /// Whether a word of a root or of memory that was not seen is one of glibc's lists of free memory. It may lead to
    /// the last bytes of a block, and does not hold it.
    pub fn is_free_list(&self, place: u64, word: u64) -> bool {
        self.arenas.iter().any(|arena| arena.contains(&place)) || arena::is_in_heap(place, word)
    }

    /// Words in memory that is neither a block nor a root, as place and word. They lead to blocks.
    pub fn unseen(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let sections = self.unseen.iter().filter_map(|place| self.bytes.get(place.clone()));
        sections.flat_map(|bytes| words(bytes).step_by(2).zip(words(bytes).skip(1).step_by(2)))
    }

    /// How many sections of a kind that this version does not know were skipped.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// How many blocks there are.
    pub fn block_count(&self) -> usize {
        self.blocks.count()
    }

    /// The block of a number; blocks are numbered in the order of addresses.
    #[inline]
    pub fn block(&self, index: usize) -> Option<Block> {
        self.blocks.get(&self.bytes, index)
    }

    /// All blocks, in the order of addresses.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = Block> + '_ {
        self.blocks.iter(&self.bytes)
    }

    /// The number of the block in which an address lies.
    pub fn block_at(&self, address: u64) -> Option<usize> {
        let (mut low, mut high) = (0, self.block_count());
        while low < high {
            let middle = low.midpoint(high);
            match self.block(middle)?.start <= address {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let index = low.checked_sub(1)?;
        (address < self.block(index)?.end()).then_some(index)
    }

    /// The contents of a block, filled up to a multiple of 8 bytes; `None` where none of its words leads to a block.
    #[inline]
    pub fn contents(&self, index: usize) -> Option<&[u8]> {
        let place = self.blocks.place_of_contents(index, self.block(index)?)?;
        self.bytes.get(place)
    }

    /// Whether the capture has hashes of contents.
    pub fn has_hashes(&self) -> bool {
        self.hashes.is_some()
    }

    /// A hash of the contents of a block, if the capture has one: blocks of one size and one hash are equal.
    #[inline]
    pub fn hash(&self, index: usize) -> Option<u64> {
        let place = self.hashes.clone()?;
        let offset = index.checked_mul(hash::SIZE).filter(|&offset| offset < place.len())?;
        let word = self.bytes.get(place.start + offset..)?.first_chunk()?;
        Some(u64::from_le_bytes(*word)).filter(|&word| word != hash::NONE)
    }

    /// The numbers of the blocks whose contents are there.
    pub fn holders(&self) -> impl Iterator<Item = usize> + '_ {
        self.blocks.holders()
    }

    /// Reads memory of a block or a root; `None` where it is not in the capture.
    pub fn memory(&self, address: u64, length: usize) -> Option<&[u8]> {
        let (start, bytes) = match self.block_at(address) {
            Some(index) => (self.block(index)?.start, self.contents(index)?),
            None => {
                let next = self.roots.partition_point(|root| root.range.start <= address);
                let root = self.roots.get(next.checked_sub(1)?)?;
                (root.range.start, self.root_memory(root))
            }
        };
        let offset = usize::try_from(address - start).ok()?;
        bytes.get(offset..offset.checked_add(length)?)
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Image");
        shown.field("process", &self.process).field("blocks", &self.block_count());
        shown.finish_non_exhaustive()
    }
}

/// Where the hashes of so many blocks are, if they are there.
fn hashes<'a: 'b, 'b>(
    mut sections: impl Iterator<Item = &'b Section<'a>>,
    blocks: usize,
) -> Result<Option<Range<usize>>, LoadError> {
    let Some(first) = sections.next() else { return Ok(None) };
    if let Some(second) = sections.next() {
        return Err(second.damaged("a second list of hashes"));
    }
    match first.count_of(hash::SIZE)? == blocks {
        true => first.behind(0).map(Some),
        false => Err(first.damaged("a list of hashes of another length")),
    }
}

fn read_all<'a: 'b, 'b, T>(
    sections: impl Iterator<Item = &'b Section<'a>>,
    read: impl Fn(&Section<'a>) -> Result<T, LoadError>,
) -> Result<Vec<T>, LoadError> {
    sections.map(read).collect()
}
