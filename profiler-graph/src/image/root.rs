//! Memory that the program reaches without a block.

use std::ops::Range;

use mem_profile_format::heap_layout::{NONE, root};

use super::error::LoadError;
use super::module::Module;
use super::section::Section;
use super::thread::Thread;

/// What a piece of memory is that the program reaches without a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum RootKind {
    /// A writable segment of a module.
    Static {
        /// Its index in [`Image::modules`](super::Image::modules).
        module: usize,
    },
    /// A thread's stack, from the interrupted frame on.
    Stack {
        /// Its index in [`Image::threads`](super::Image::threads).
        thread: usize,
    },
    /// A module's thread-local block.
    ThreadLocal {
        /// Of the thread.
        thread: usize,
        /// Of the module.
        module: usize,
    },
    /// The C library's record of a thread.
    ThreadRecord {
        /// Of the thread.
        thread: usize,
    },
}

/// A piece of memory that the program reaches without a block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// Its addresses.
    pub range: Range<u64>,
    /// Where its memory lies in the file.
    pub(super) place: Range<usize>,
}

impl Root {
    pub(super) fn read(
        section: &Section<'_>,
        threads: &[Thread],
        modules: &[Module],
    ) -> Result<Self, LoadError> {
        let thread = || {
            let number = section.word(root::THREAD)?;
            let found = threads.iter().position(|thread| thread.number == number);
            found.ok_or_else(|| section.damaged("memory of a thread that is not there"))
        };
        let module = || {
            let number = section.word(root::MODULE)?;
            let found = usize::try_from(number).ok().filter(|&index| index < modules.len());
            found.ok_or_else(|| section.damaged("memory of a module that is not there"))
        };
        let nothing = |offset: usize| match section.word(offset)? {
            NONE => Ok(()),
            _ => Err(section.damaged("an owner that such memory does not have")),
        };
        let kind = match section.word(root::KIND)? {
            root::STATIC => {
                nothing(root::THREAD)?;
                RootKind::Static { module: module()? }
            }
            root::STACK => {
                nothing(root::MODULE)?;
                RootKind::Stack { thread: thread()? }
            }
            root::THREAD_LOCAL => RootKind::ThreadLocal { thread: thread()?, module: module()? },
            root::THREAD_RECORD => {
                nothing(root::MODULE)?;
                RootKind::ThreadRecord { thread: thread()? }
            }
            _ => return Err(section.damaged("an unknown kind of root")),
        };
        let (start, place) = (section.word(root::START)?, section.behind(root::SIZE)?);
        let end = start.checked_add(place.len() as u64);
        let range = end.map(|end| start..end);
        let range = range.ok_or_else(|| section.damaged("memory that has no end"))?;
        Ok(Self { kind, range, place })
    }
}

/// Sorts roots by their addresses; an error where two overlap.
pub(super) fn sort(mut roots: Vec<Root>) -> Result<Vec<Root>, LoadError> {
    roots.sort_by_key(|root| (root.range.start, root.range.end));
    let overlap = roots.windows(2).find(|pair| pair[0].range.end > pair[1].range.start);
    match overlap {
        Some(pair) => {
            let at = pair[1].place.start as u64;
            Err(LoadError::Damaged { at, what: "memory that overlaps other memory" })
        }
        None => Ok(roots),
    }
}
