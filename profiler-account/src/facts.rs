//! Facts about memory that only the process itself knows.

use std::fmt;
use std::ops::{ControlFlow, Range};

/// A live block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveBlock {
    /// Where it begins.
    pub address: u64,
    /// In bytes, as requested.
    pub size: u64,
    /// Where it was allocated.
    pub site: u32,
}

impl LiveBlock {
    /// Where it ends. A block without bytes has its address for itself.
    pub(crate) fn end(&self) -> u64 {
        self.address.saturating_add(self.size.max(1))
    }
}

/// Live blocks that were counted, where nobody knows where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct Counted {
    /// Their bytes, as requested.
    pub bytes: u64,
    /// Their number, if known.
    pub blocks: Option<u64>,
}

/// Visits live blocks.
pub(crate) type LiveBlocks<'a> = Box<dyn FnMut(Range<u64>, Visitor<'_>) + 'a>;
/// Is handed one live block after another, until it breaks.
pub type Visitor<'a> = &'a mut dyn FnMut(LiveBlock) -> ControlFlow<()>;
/// Which pages are resident in a range, as ranges in order; `None` where that cannot be read.
pub(crate) type ResidentPages<'a> = Box<dyn FnMut(Range<u64>) -> Option<Vec<Range<u64>>> + 'a>;
/// The word of the process's memory at an address.
pub(crate) type WordAt<'a> = Box<dyn FnMut(u64) -> Option<u64> + 'a>;
/// The bytes that an allocator takes for a block of some size.
pub(crate) type SizeClass<'a> = Box<dyn Fn(u64) -> u64 + 'a>;
/// The name of a site.
pub(crate) type SiteName<'a> = Box<dyn Fn(u32) -> String + 'a>;

/// Facts about a process besides its mappings. The default has none, as for a foreign process.
#[derive(Default)]
pub struct Facts<'a> {
    /// Visits the live blocks that begin in a range, by their addresses, if blocks are known.
    pub live_blocks: Option<LiveBlocks<'a>>,
    /// The sum of all live blocks, if only that is known.
    pub counted: Option<Counted>,
    /// The name of a site, such as `src/main.rs:12`.
    pub site_name: Option<SiteName<'a>>,
    /// Which pages are resident in a range. Without it, blocks are taken to be resident where that is possible.
    pub resident_pages: Option<ResidentPages<'a>>,
    /// The same by a faster reading, which may also count pages that are present and not in the resident set, such as
    /// the page of zeroes. It is used where it adds up to what is resident of a mapping.
    pub present_pages: Option<ResidentPages<'a>>,
    /// Where the stack pointers of threads point.
    pub stack_pointers: Vec<u64>,
    /// How many threads there are, if known.
    pub threads: Option<u64>,
    /// Memory of the profiler itself.
    pub own: Vec<Range<u64>>,
    /// Whether the blocks come from glibc's allocator, whose headers and arenas are known.
    pub is_glibc: bool,
    /// The bytes that another allocator takes for a block of some size, if that is known.
    pub size_class: Option<SizeClass<'a>>,
    /// Bytes that the allocator of the blocks has in use, if it was asked: glibc's in its arenas and with headers,
    /// another one's in size classes.
    pub in_use: Option<u64>,
    /// The free end of glibc's main heap, if it was asked.
    pub heap_end: Option<u64>,
    /// At most so many bytes were in live blocks at once, if that is known.
    pub peak: Option<u64>,
    /// The word of the process's memory at an address, if it may be read: each arena of a thread begins with one.
    pub word_at: Option<WordAt<'a>>,
    /// Bytes that the C library's allocator has in use, if the blocks come from another one and it was asked.
    pub c_in_use: Option<u64>,
    /// Bytes of page tables.
    pub page_tables: u64,
}

impl fmt::Debug for Facts<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Facts")
            .field("has_blocks", &self.live_blocks.is_some())
            .field("counted", &self.counted)
            .field("stack_pointers", &self.stack_pointers.len())
            .field("own", &self.own)
            .field("is_glibc", &self.is_glibc)
            .field("in_use", &self.in_use)
            .field("c_in_use", &self.c_in_use)
            .finish_non_exhaustive()
    }
}
