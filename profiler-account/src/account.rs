//! From mappings and facts to classes that add up.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use crate::advice::{self, Advice};
use crate::arenas::Arenas;
use crate::class::{Class, ClassKind, Part};
use crate::facts::{Counted, Facts, ResidentPages, SiteName, WordAt};
use crate::heap::{Found, Heap};
use crate::pages::{Resident, length};
use crate::pins::Pins;
use crate::purpose::purposes;
use crate::smaps::Mapping;

/// The resident set of a process, divided by its use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Account {
    /// The resident set. The classes add up to it.
    pub resident: u64,
    /// Its parts. Each byte is in one class.
    pub classes: Vec<Class>,
    /// Which blocks keep free bytes resident, if blocks are known.
    pub pins: Option<Pins>,
    /// Bytes of large live blocks that are not resident, and not in any class: they were reserved and never touched.
    pub untouched: Vec<Untouched>,
    /// Ways to make the resident set smaller.
    pub advice: Vec<Advice>,
    /// All live blocks, resident or not. Their number is missing if they were only counted.
    pub counted: Option<Counted>,
    /// What is missing, and how to get it, in a sentence.
    pub missing: Option<String>,
    /// Threads, if known.
    pub threads: Option<u64>,
    /// Of the resident set, bytes in huge pages.
    pub huge_pages: u64,
    /// Bytes that were swapped out. They are not in the resident set.
    pub swap: u64,
    /// Bytes of page tables. They are not in the resident set.
    pub page_tables: u64,
    /// How far sums moved while the process was read: at rest not at all.
    pub moved: u64,
    /// How long that took.
    #[cfg_attr(feature = "serde", serde(with = "seconds"))]
    pub took: Duration,
}

#[cfg(feature = "serde")]
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(took.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Blocks from one place that are not resident in part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Untouched {
    /// The place, such as `src/main.rs:12`.
    pub site: String,
    /// Bytes that were never touched.
    pub bytes: u64,
    /// The blocks that have some.
    pub blocks: u64,
}

impl Account {
    /// The account of a process with these mappings, which are in the order of their addresses.
    #[must_use]
    pub fn new(mappings: &[Mapping], facts: Facts<'_>) -> Self {
        let mut facts = facts;
        let purposes = purposes(mappings, &facts.stack_pointers);
        let (in_use, c_in_use) = (facts.in_use, facts.c_in_use);
        let mut sums = Sums::new(&mut facts, mappings);
        for (mapping, purpose) in mappings.iter().zip(purposes) {
            sums.add(mapping, purpose);
        }
        let site_name = facts.site_name.take();
        // A block in two mappings has moved from one to the other.
        let moved = mappings.iter().map(|it| it.overlap.min(it.resident)).sum();
        let account = Self {
            moved,
            threads: facts.threads,
            counted: if sums.knows_blocks { Some(sums.heap.pins.counted()) } else { facts.counted },
            page_tables: facts.page_tables,
            huge_pages: mappings.iter().map(|mapping| mapping.huge).sum(),
            swap: mappings.iter().map(|mapping| mapping.swap).sum(),
            ..Self::default()
        };
        sums.separate_c_heap(c_in_use);
        sums.finish(account, site_name, in_use, facts.peak)
    }

    /// The class of a kind.
    #[must_use]
    pub fn class(&self, kind: ClassKind) -> Option<&Class> {
        self.classes.iter().find(|class| class.kind == kind)
    }

    /// Resident bytes in the class of a kind; zero if there is none.
    #[must_use]
    pub fn bytes(&self, kind: ClassKind) -> u64 {
        self.class(kind).map_or(0, |class| class.bytes)
    }
}

/// A class that is being summed up.
#[derive(Debug, Default)]
struct Sum {
    bytes: u64,
    count: u64,
    in_use: Option<u64>,
    parts: HashMap<String, u64>,
}

struct Sums<'a> {
    heap: Heap<'a>,
    present_pages: Option<ResidentPages<'a>>,
    resident_pages: Option<ResidentPages<'a>>,
    /// In order, and with a gap between any two.
    own: Vec<Range<u64>>,
    is_glibc: bool,
    knows_blocks: bool,
    classes: BTreeMap<ClassKind, Sum>,
    arenas: Arenas,
    /// The free end of the main arena.
    heap_end: Option<u64>,
    word_at: Option<WordAt<'a>>,
    /// Bytes of the blocks that the allocator counts as in use, with their headers.
    counted_in_use: u64,
    /// Resident bytes of glibc's arenas without blocks, and whether blocks lie in others.
    empty_arenas: u64,
    has_blocks_in_arenas: bool,
    /// Whole free pages that the allocator would return.
    returnable: u64,
    moved: u64,
}

impl<'a> Sums<'a> {
    fn new(facts: &mut Facts<'a>, mappings: &[Mapping]) -> Self {
        let mut own: Vec<Range<u64>> = Vec::new();
        facts.own.sort_by_key(|range| range.start);
        for range in facts.own.iter().filter(|range| range.start < range.end) {
            match own.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => own.push(range.clone()),
            }
        }
        let page = mappings.iter().map(|mapping| mapping.page).min().unwrap_or(4096);
        let knows_blocks = facts.live_blocks.is_some();
        Self {
            heap: Heap::new(facts, page),
            present_pages: facts.present_pages.take(),
            resident_pages: facts.resident_pages.take(),
            own,
            is_glibc: facts.is_glibc,
            knows_blocks,
            classes: BTreeMap::new(),
            arenas: Arenas::default(),
            heap_end: facts.heap_end,
            word_at: facts.word_at.take(),
            counted_in_use: 0,
            empty_arenas: 0,
            has_blocks_in_arenas: false,
            returnable: 0,
            moved: 0,
        }
    }

    fn add(&mut self, mapping: &Mapping, purpose: ClassKind) {
        // PERF: nobody else has blocks there, and no page has to be read. Most of it is the map of live blocks, which is
        // a quarter of the heap.
        if self.own_in(mapping).first().is_some_and(|own| encloses(own, &mapping.range)) {
            return self.add_bytes(ClassKind::Profiler, mapping.resident);
        }
        let is_arena = purpose == ClassKind::Heap;
        // PERF: a stack takes long to search, since it is long: 72 → 9 ms with 200 threads.
        let may_have = self.knows_blocks && !matches!(purpose, ClassKind::Stacks | ClassKind::Code);
        let has_blocks = may_have && (is_arena || self.heap.has_blocks_in(mapping));
        // Nothing else needs to know pages.
        if !has_blocks && self.own_in(mapping).is_empty() {
            return self.add_rest(mapping, purpose, mapping.resident);
        }
        let Some(mut resident) = self.resident(mapping) else {
            self.heap.skip(mapping);
            let kind = if has_blocks { ClassKind::Heap } else { purpose };
            return self.add_rest(mapping, kind, mapping.resident);
        };
        let found = self.heap.walk(mapping, is_arena, &mut resident);
        self.add_blocks(&found);
        let own = self.own_in(mapping).iter().cloned();
        let own: u64 = own.map(|own| resident.bytes_anywhere(own)).sum();
        let free = resident.bytes().saturating_sub(found.touched());
        let own = own.min(free);
        self.add_bytes(ClassKind::Profiler, own);
        self.moved += resident.bytes().abs_diff(mapping.resident);
        let rest = free - own;
        let is_heap =
            has_blocks && is_arena || found.has_shared_pages && purpose == ClassKind::Anonymous;
        if !is_heap {
            return self.add_rest(mapping, purpose, rest);
        }
        if is_arena && found.footprint == 0 {
            self.empty_arenas += rest;
        } else {
            self.add_bytes(ClassKind::FreeWhole, rest);
        }
        // glibc has mapped large blocks apart, and counts them apart.
        if is_arena || !self.is_glibc {
            self.counted_in_use += found.footprint;
        }
        if is_arena {
            self.has_blocks_in_arenas |= found.footprint > 0;
            let word_at = |address| self.word_at.as_mut()?(address);
            let kept_end = self.arenas.add(mapping, &found, &resident, self.heap_end, word_at);
            self.returnable += rest.saturating_sub(found.kept + kept_end);
        }
    }

    /// The resident pages of a mapping, if they are known.
    fn resident(&mut self, mapping: &Mapping) -> Option<Resident> {
        // Where all is resident, or nothing, pages need not be read.
        if mapping.resident == 0 || mapping.resident == length(&mapping.range) {
            return Resident::new(mapping, None);
        }
        let read = |pages: &mut Option<ResidentPages<'_>>| {
            let runs = pages.as_mut().and_then(|pages| pages(mapping.range.clone()))?;
            Resident::new(mapping, Some(runs))
        };
        // All resident pages are present, so if there are as many, they are the same.
        let present = read(&mut self.present_pages);
        present
            .filter(|present| present.bytes() == mapping.resident)
            .or_else(|| read(&mut self.resident_pages))
    }

    fn add_blocks(&mut self, found: &Found) {
        if found.blocks > 0 {
            self.classes.entry(ClassKind::LiveBlocks).or_default().count += found.blocks;
        }
        self.add_bytes(ClassKind::LiveBlocks, found.live);
        self.add_bytes(ClassKind::Overhead, found.overhead);
        self.add_bytes(ClassKind::FreePinned, found.pinned);
    }

    /// Memory of the profiler in a mapping, as far as it is in there.
    fn own_in(&self, mapping: &Mapping) -> &[Range<u64>] {
        let from = self.own.partition_point(|own| own.end <= mapping.range.start);
        let to = self.own.partition_point(|own| own.start < mapping.range.end);
        self.own.get(from..to).unwrap_or_default()
    }

    /// The rest of a mapping.
    fn add_rest(&mut self, mapping: &Mapping, kind: ClassKind, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let sum = self.classes.entry(kind).or_default();
        sum.bytes += bytes;
        sum.count += 1;
        if !mapping.name.is_empty() {
            *sum.parts.entry(mapping.name.clone()).or_default() += bytes;
        }
    }

    fn add_bytes(&mut self, kind: ClassKind, bytes: u64) {
        if bytes > 0 {
            self.classes.entry(kind).or_default().bytes += bytes;
        }
    }

    fn finish(
        mut self,
        account: Account,
        site_name: Option<SiteName<'_>>,
        in_use: Option<u64>,
        peak: Option<u64>,
    ) -> Account {
        let c = self.separate_c(in_use);
        let estimates = c.is_some_and(|c| c > 0);
        let name = |site: u32| match &site_name {
            Some(name) => name(site),
            None => format!("site {site}"),
        };
        let lost = self.heap.finish();
        let Heap { pins, untouched, .. } = self.heap;
        let pins = self.knows_blocks.then(|| pins.finish(name));
        let classes: Vec<_> =
            self.classes.into_iter().map(|(kind, sum)| class(kind, sum, estimates)).collect();
        let resident = classes.iter().map(|class| class.bytes).sum();
        let trim = self.is_glibc.then_some(Advice::Trim(self.returnable));
        let arenas = c.map(|c| [self.arenas.fewer(peak, c), Some(self.arenas.threshold(c))]);
        let of_glibc = std::iter::once(trim).chain(arenas.into_iter().flatten()).flatten();
        let advice = advice::of(resident, of_glibc, pins.as_ref());
        Account {
            resident,
            classes,
            pins,
            untouched: by_name(untouched, name),
            advice,
            moved: account.moved + self.moved + lost.min(resident),
            ..account
        }
    }

    /// Arenas of glibc without a block are the heap of C libraries, if the blocks come from another allocator.
    fn separate_c_heap(&mut self, in_use: Option<u64>) {
        let kind = match self.is_glibc || self.has_blocks_in_arenas {
            true => ClassKind::FreeWhole,
            false => ClassKind::CHeap,
        };
        self.add_bytes(kind, self.empty_arenas);
        if let Some(heap) = self.classes.get_mut(&ClassKind::CHeap) {
            heap.in_use = in_use;
        }
    }

    /// Takes what C libraries have in use out of the free memory, where that is known. Else free memory gets both
    /// names. Returns how much that is.
    fn separate_c(&mut self, in_use: Option<u64>) -> Option<u64> {
        let whole = self.classes.remove(&ClassKind::FreeWhole).unwrap_or_default();
        let pinned = self.classes.remove(&ClassKind::FreePinned).unwrap_or_default();
        let Some(in_use) = in_use else {
            self.add_bytes(ClassKind::FreeWholeOrC, whole.bytes);
            self.add_bytes(ClassKind::FreePinnedOrC, pinned.bytes);
            return None;
        };
        let c = in_use.saturating_sub(self.counted_in_use).min(whole.bytes + pinned.bytes);
        let of_whole = c.min(whole.bytes);
        self.add_bytes(ClassKind::CLibraries, c);
        self.add_bytes(ClassKind::FreeWhole, whole.bytes - of_whole);
        self.add_bytes(ClassKind::FreePinned, pinned.bytes - (c - of_whole));
        self.returnable = self.returnable.saturating_sub(of_whole);
        Some(c)
    }
}

fn encloses(outer: &Range<u64>, inner: &Range<u64>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn class(kind: ClassKind, sum: Sum, free_is_estimate: bool) -> Class {
    let is_free =
        matches!(kind, ClassKind::FreeWhole | ClassKind::FreePinned | ClassKind::CLibraries);
    let part = |(name, bytes)| Part { name, bytes };
    let mut parts: Vec<_> = sum.parts.into_iter().map(part).collect();
    parts.sort_by(|one, other| (other.bytes, &one.name).cmp(&(one.bytes, &other.name)));
    Class {
        kind,
        bytes: sum.bytes,
        count: is_counted(kind).then_some(sum.count),
        in_use: sum.in_use,
        is_estimate: kind == ClassKind::Overhead || is_free && free_is_estimate,
        parts,
    }
}

fn is_counted(kind: ClassKind) -> bool {
    matches!(kind, ClassKind::LiveBlocks | ClassKind::Stacks | ClassKind::Anonymous)
}

/// Places of the same name are one.
fn by_name(sites: HashMap<u32, (u64, u64)>, name: impl Fn(u32) -> String) -> Vec<Untouched> {
    let mut by_name: HashMap<String, (u64, u64)> = HashMap::new();
    for (site, (bytes, blocks)) in sites {
        let sum = by_name.entry(name(site)).or_default();
        *sum = (sum.0 + bytes, sum.1 + blocks);
    }
    let untouched = |(site, (bytes, blocks))| Untouched { site, bytes, blocks };
    let mut all: Vec<_> = by_name.into_iter().map(untouched).collect();
    all.sort_by(|one, other| (other.bytes, &one.site).cmp(&(one.bytes, &other.site)));
    all
}
