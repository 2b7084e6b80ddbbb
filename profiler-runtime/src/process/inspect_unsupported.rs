//! Systems on which our own memory is not looked at.

/// The memory of this process, which no system here shows.
#[derive(Debug)]
pub(crate) enum Memory {}

impl Memory {
    /// Always `None`.
    pub(crate) const fn open() -> Option<Self> {
        None
    }

    pub(crate) fn words(&self, _address: usize, _count: usize) -> Option<Vec<usize>> {
        match *self {}
    }
}

pub(crate) fn thread_local_words(memory: &Memory) -> Option<Vec<usize>> {
    match *memory {}
}
