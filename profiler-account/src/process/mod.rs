//! Reads what the system says of a process. Only this folder knows operating systems.

use crate::smaps::Mapping;

#[cfg_attr(target_os = "linux", path = "linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "unsupported.rs")]
mod system;

pub use system::{Memory, PageMap, read, read_self};

/// The system's figures of a process.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Reading {
    /// Its mappings, by their addresses.
    pub mappings: Vec<Mapping>,
    /// Where stack pointers of threads point, as far as that may be read.
    pub stack_pointers: Vec<u64>,
    /// How many threads there are.
    pub threads: Option<u64>,
    /// Bytes of page tables.
    pub page_tables: u64,
    /// How far the resident set moved meanwhile.
    pub moved: u64,
}

impl Reading {
    /// The bytes of a page.
    #[must_use]
    pub fn page(&self) -> u64 {
        page_of(&self.mappings)
    }
}

/// The bytes of a page. Some mappings have larger ones.
fn page_of(mappings: &[Mapping]) -> u64 {
    mappings.iter().map(|mapping| mapping.page).min().unwrap_or(4096)
}
