//! The programs and libraries in memory.

use std::ops::Range;

use mem_profile_format::heap_layout::{module, segment};

use super::error::LoadError;
use super::section::{Section, words};

/// A program or library in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Module {
    /// The path that it was loaded by.
    pub path: String,
    /// The build id; empty where the linker gave none.
    pub build_id: Vec<u8>,
    /// What is added to the addresses of the file.
    pub bias: u64,
    /// The number of its thread-local block in the dtv; 0 where it has none.
    pub tls_number: u64,
    /// The size of that block.
    pub tls_size: u64,
    /// Its segments.
    pub segments: Vec<Segment>,
}

/// A segment of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Segment {
    /// Its addresses.
    pub range: Range<u64>,
    /// As in ELF: 1 executable, 2 writable, 4 readable.
    pub flags: u64,
}

impl Module {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, LoadError> {
        let count = section.word(module::SEGMENTS)?;
        let (segments, behind) = section.counted(module::SIZE, count, segment::SIZE)?;
        let segments = segments.chunks_exact(segment::SIZE).map(|bytes| {
            let mut words = words(bytes);
            let mut next = || words.next().unwrap_or_default();
            let (start, end, flags) = (next(), next(), next());
            let is_right = start <= end;
            let segment = is_right.then_some(Segment { range: start..end, flags });
            segment.ok_or_else(|| section.damaged("a segment that ends before it begins"))
        });
        let segments = segments.collect::<Result<_, _>>()?;
        let (path, behind) = section.text(behind, section.word(module::PATH)?)?;
        let (build_id, _) = section.counted(behind, section.word(module::BUILD_ID)?, 1)?;
        Ok(Self {
            path,
            build_id: build_id.to_vec(),
            bias: section.word(module::BIAS)?,
            tls_number: section.word(module::TLS_NUMBER)?,
            tls_size: section.word(module::TLS_SIZE)?,
            segments,
        })
    }

    /// The last part of its path.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("program")
    }

    /// Whether an address lies in one of its segments.
    #[must_use]
    pub fn contains(&self, address: u64) -> bool {
        self.segments.iter().any(|segment| segment.range.contains(&address))
    }
}
