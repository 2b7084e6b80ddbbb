//! The classes of an account.

/// The use of some memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum ClassKind {
    /// Blocks that the program has allocated and not freed.
    LiveBlocks,
    /// Headers of these blocks, and bytes to which the allocator has rounded their sizes up.
    Overhead,
    /// Pages of the heap on which no live block lies.
    FreeWhole,
    /// Free bytes on pages on which live blocks lie.
    FreePinned,
    /// As [`Self::FreeWhole`], where blocks of C libraries are not known from free memory.
    FreeWholeOrC,
    /// As [`Self::FreePinned`], where blocks of C libraries are not known from free memory.
    FreePinnedOrC,
    /// Blocks that C libraries have allocated.
    CLibraries,
    /// The heap of the C library, free memory included, where blocks of the program come from another allocator.
    CHeap,
    /// The heap, where live blocks are not known from free memory.
    Heap,
    /// Stacks of threads.
    Stacks,
    /// Machine code and constants of the program and of libraries.
    Code,
    /// Variables of the program and of libraries.
    Statics,
    /// Other files.
    Files,
    /// Memory that processes may share.
    SharedMemory,
    /// Tables of the profiler.
    Profiler,
    /// Memory without a file and without a known purpose.
    Anonymous,
    /// All else.
    Other,
}

impl ClassKind {
    /// The name in text.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LiveBlocks => "live blocks",
            Self::Overhead => "allocator's overhead",
            Self::FreeWhole => "free, whole pages",
            Self::FreePinned => "free, pinned",
            Self::FreeWholeOrC => "free or C's, whole pages",
            Self::FreePinnedOrC => "free or C's, pinned",
            Self::CLibraries => "C libraries",
            Self::CHeap => "heap of C libraries",
            Self::Heap => "heap",
            Self::Stacks => "stacks",
            Self::Code => "code and constants",
            Self::Statics => "static variables",
            Self::Files => "files mapped",
            Self::SharedMemory => "shared memory",
            Self::Profiler => "the profiler itself",
            Self::Anonymous => "anonymous memory",
            Self::Other => "other",
        }
    }

    /// The name for programs, as in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::LiveBlocks => "live_blocks",
            Self::Overhead => "overhead",
            Self::FreeWhole => "free_whole",
            Self::FreePinned => "free_pinned",
            Self::FreeWholeOrC => "free_whole_or_c",
            Self::FreePinnedOrC => "free_pinned_or_c",
            Self::CLibraries => "c_libraries",
            Self::CHeap => "c_heap",
            Self::Heap => "heap",
            Self::Stacks => "stacks",
            Self::Code => "code",
            Self::Statics => "statics",
            Self::Files => "files",
            Self::SharedMemory => "shared_memory",
            Self::Profiler => "profiler",
            Self::Anonymous => "anonymous",
            Self::Other => "other",
        }
    }

    /// Whether free bytes are in it that live blocks keep resident.
    pub(crate) fn is_pinned(self) -> bool {
        matches!(self, Self::FreePinned | Self::FreePinnedOrC)
    }

    /// Whether pages without live blocks are in it.
    pub(crate) fn is_whole_pages(self) -> bool {
        matches!(self, Self::FreeWhole | Self::FreeWholeOrC)
    }
}

/// A class, and how much of the resident set is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Class {
    /// Its kind.
    pub kind: ClassKind,
    /// Resident bytes.
    pub bytes: u64,
    /// Of live blocks, how many; of stacks and of anonymous memory, in how many mappings.
    pub count: Option<u64>,
    /// Of the heap of C libraries, the bytes in use, if it was asked. Some may never have been touched.
    pub in_use: Option<u64>,
    /// Whether the figure rests on how the allocator usually works.
    pub is_estimate: bool,
    /// Its parts by name, if they have names, the largest first.
    pub parts: Vec<Part>,
}

/// A named part of a class, such as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[non_exhaustive]
pub struct Part {
    /// As the system names it.
    pub name: String,
    /// Resident bytes.
    pub bytes: u64,
}
