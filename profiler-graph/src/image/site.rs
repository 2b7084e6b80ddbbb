//! The stacks at which blocks were allocated, and the labels that a program gave.

use std::ops::Range;

use mem_profile_format::heap_layout::{label, site};

use super::error::LoadError;
use super::section::{Section, words};

/// A stack at which blocks were allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Site<'a> {
    /// Whether the stack is there to its end.
    pub state: SiteState,
    /// The label that the program gave with `track`.
    pub label: Option<&'a str>,
    addresses: &'a [u8],
}

/// Whether a stack is there to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SiteState {
    /// It is.
    Complete,
    /// The unwinder did not find the callers.
    UnwindFailed,
    /// There was no room for it.
    Truncated,
    /// Its blocks were allocated without a stack.
    NoStack,
}

/// Where a site lies in the file.
pub(super) struct SitePlace {
    state: SiteState,
    label: u32,
    addresses: Range<usize>,
}

impl<'a> Site<'a> {
    /// Return addresses, the innermost first; zero where frames recurred and are left out.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = u64> + Clone + use<'a> {
        words(self.addresses)
    }
}

impl SitePlace {
    pub(super) fn read(section: &Section<'_>, labels: usize) -> Result<Self, LoadError> {
        let state = match section.word(site::STATE)? {
            site::COMPLETE => SiteState::Complete,
            site::UNWIND_FAILED => SiteState::UnwindFailed,
            site::TRUNCATED => SiteState::Truncated,
            site::NO_STACK => SiteState::NoStack,
            _ => return Err(section.damaged("an unknown state of a stack")),
        };
        let label = section.word(site::LABEL)?;
        match u32::try_from(label) {
            Ok(label) if label as usize <= labels => {
                Ok(Self { state, label, addresses: section.behind(site::SIZE)? })
            }
            _ => Err(section.damaged("a label that is not there")),
        }
    }

    pub(super) fn site<'a>(&self, bytes: &'a [u8], labels: &'a [String]) -> Site<'a> {
        let label = (self.label as usize).checked_sub(1).and_then(|index| labels.get(index));
        Site {
            state: self.state,
            label: label.map(String::as_str),
            addresses: bytes.get(self.addresses.clone()).unwrap_or_default(),
        }
    }
}

pub(super) fn read_label(section: &Section<'_>) -> Result<String, LoadError> {
    Ok(section.text(label::SIZE, section.word(label::TEXT)?)?.0)
}
