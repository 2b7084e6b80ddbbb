//! The process, and what of it could not be looked at.

use std::ops::Range;

use mem_profile_format::heap_layout::{missing, process};

use super::error::LoadError;
use super::section::Section;

/// The process that was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Process {
    /// Its number.
    pub id: u64,
    /// The size of a page.
    pub page: u64,
    /// When it was captured, in nanoseconds since 1970.
    pub taken: u64,
    /// The number that ELF has for the machine.
    pub machine: u64,
    /// Whether its threads were stopped.
    pub was_stopped: bool,
    /// Whether memory that is neither a block nor a root was looked through for pointers to blocks.
    pub unseen_searched: bool,
    /// The command line, its parts separated by blanks.
    pub command: String,
}

/// A thread or memory that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Missing {
    /// A thread that did not stop.
    Thread {
        /// Its number.
        number: u64,
        /// Its name.
        name: String,
    },
    /// Memory that was not read.
    Memory {
        /// Its addresses.
        range: Range<u64>,
        /// The name of its mapping.
        name: String,
    },
}

impl Process {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, LoadError> {
        let flags = section.word(process::FLAGS)?;
        let (command, _) = section.text(process::SIZE, section.word(process::COMMAND)?)?;
        Ok(Self {
            id: section.word(process::ID)?,
            page: section.word(process::PAGE)?,
            taken: section.word(process::TAKEN)?,
            machine: section.word(process::MACHINE)?,
            was_stopped: flags & process::WITHOUT_STOP == 0,
            unseen_searched: flags & process::UNSEEN_NOT_SEARCHED == 0,
            command,
        })
    }
}

impl Missing {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, LoadError> {
        let number = section.word(missing::NUMBER)?;
        let end = section.word(missing::END)?;
        let (name, _) = section.text(missing::SIZE, section.word(missing::NAME)?)?;
        match section.word(missing::WHAT)? {
            missing::THREAD => Ok(Self::Thread { number, name }),
            missing::MEMORY if number <= end => Ok(Self::Memory { range: number..end, name }),
            missing::MEMORY => Err(section.damaged("memory that ends before it begins")),
            _ => Err(section.damaged("something unknown that is missing")),
        }
    }
}
