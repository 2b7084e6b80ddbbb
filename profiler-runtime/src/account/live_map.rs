//! Who knows the live blocks of this process: the line profiler, or the tracer.

use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

use mem_profile_account::{LiveBlock, Visitor};
use mem_profile_format::recording::name_of_none;
use mem_profile_format::report::Unit;

use crate::record::function::registry;
use crate::record::live::{blocks, paths, switch};
use crate::record::memory::block_map::Block;
use crate::traced::{TracedBlocks, traced};

/// How live blocks get rows, behind why they have none.
const WANTED: &str = "live blocks and free memory have rows of their own.";
/// Older blocks of so many bytes need not be known: the standard library has some from before `main`.
const FEW: u64 = 4 << 10;
/// Neither do those that are so small a part of all live blocks, one in so many.
const SMALL_PART: u64 = 100;

/// Who knows the live blocks.
pub(super) enum LiveMap {
    /// The line profiler.
    Lines,
    /// The tracer.
    Traced {
        traced: &'static TracedBlocks,
        /// The lines of sites. They are looked up before the system's figures are read, since that takes memory.
        lines: HashMap<u32, String>,
        /// Bytes of blocks that it does not know.
        older: u64,
        /// How often it had forgotten all blocks before.
        forgotten: u64,
    },
    /// Nobody, and how to get them.
    Nobody(String),
}

impl LiveMap {
    /// While so many bytes are live.
    pub(super) fn now(live: u64) -> Self {
        if switch::is_on() {
            return Self::Lines;
        }
        let found = traced().and_then(|traced| {
            // First, so that whatever happens from here on is noticed.
            let forgotten = (traced.times_forgotten)();
            Some((traced, forgotten, (traced.traces_all)()?))
        });
        let Some((traced, forgotten, is_exact)) = found else {
            return Self::Nobody(format!(
                "With the counting allocator and MEM_PROFILE_LIVE=on, {WANTED}"
            ));
        };
        if !is_exact {
            let how = "The tracer takes a sample: with MEM_PROFILE_TRACE=1 or MEM_PROFILE_LIVE=on";
            return Self::Nobody(format!("{how}, {WANTED}"));
        }
        let older = live.saturating_sub((traced.live_bytes)());
        if older > FEW.max(live / SMALL_PART) {
            let [older, live] = [older, live].map(|bytes| Unit::Auto.format(bytes.into(), 1));
            let why = format!("{older} of {live} in live blocks are older than the tracer");
            return Self::Nobody(format!("{why}: with MEM_PROFILE_TRACE=1, {WANTED}"));
        }
        Self::Traced { traced, lines: (traced.lines)(), older, forgotten }
    }

    /// Visits the blocks that begin in a range; `None` if nobody knows them.
    pub(super) fn live_blocks(&self) -> Option<impl FnMut(Range<u64>, Visitor<'_>) + 'static> {
        let visit: fn(Range<usize>, &mut dyn FnMut(Block) -> ControlFlow<()>) = match self {
            Self::Lines => |range, visitor| blocks::visit(range, visitor),
            Self::Traced { traced, .. } => traced.visit,
            Self::Nobody(_) => return None,
        };
        Some(move |range: Range<u64>, visitor: Visitor<'_>| {
            let range = range.start as usize..range.end as usize;
            visit(range, &mut |Block { address, size, site }| {
                visitor(LiveBlock { address: address as u64, size: size as u64, site })
            });
        })
    }

    /// The line of a site, as in a report.
    pub(super) fn site_name(&self) -> Box<dyn Fn(u32) -> String + '_> {
        match self {
            Self::Traced { lines, .. } => {
                let unknown = |site| format!("stack {site}");
                Box::new(move |site| lines.get(&site).cloned().unwrap_or_else(|| unknown(site)))
            }
            Self::Lines | Self::Nobody(_) => Box::new(line_names()),
        }
    }

    /// Whether it may have been read in part, since blocks were forgotten meanwhile. Then nobody knows them.
    pub(super) fn was_forgotten(&mut self) -> bool {
        let Self::Traced { traced, forgotten, .. } = self else { return false };
        let is_forgotten = (traced.times_forgotten)() != *forgotten;
        if is_forgotten {
            let why = "The tracer forgot its blocks meanwhile: while it traces";
            *self = Self::Nobody(format!("{why}, {WANTED}"));
        }
        is_forgotten
    }

    /// Whether free memory is all that is left. The tracer's tables of names lie in the heap too, and are not known.
    pub(super) fn knows_free_memory(&self) -> bool {
        !matches!(self, Self::Traced { .. })
    }

    /// What is missing, and how to get it, in a sentence.
    pub(super) fn missing(self) -> Option<String> {
        match self {
            Self::Traced { older, .. } if older > FEW => {
                let older = Unit::Auto.format(older.into(), 1);
                Some(format!(
                    "{older} in live blocks are older than the tracer, and count as free."
                ))
            }
            Self::Lines | Self::Traced { .. } => None,
            Self::Nobody(how) => Some(how),
        }
    }

    /// The tables of the tracer.
    pub(super) fn regions() -> Vec<Range<usize>> {
        traced().map_or_else(Vec::new, |traced| (traced.regions)())
    }
}

fn line_names() -> impl Fn(u32) -> String {
    let functions: HashMap<_, _> = registry::functions().collect();
    move |site| {
        let function = paths::line_of(site).and_then(|(function, row)| {
            let function = functions.get(&function)?;
            Some((function.file, function.first_line as usize + function.line_of(row)))
        });
        match function {
            Some((file, line)) => format!("{file}:{line}"),
            None => name_of_none(site).map_or_else(|| format!("path {site}"), str::to_owned),
        }
    }
}
