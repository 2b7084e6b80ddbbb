//! The threads at the moment of the capture.

use std::ops::Range;

use mem_profile_format::heap_layout::{WORD, thread};

use super::error::LoadError;
use super::section::{Section, words};

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Thread {
    /// The number that the system has for it.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Whether it asked for the capture.
    pub asked: bool,
    /// Whether it was stopped, so that its registers are known.
    pub was_stopped: bool,
    /// The addresses of its stack.
    pub stack: Range<u64>,
    /// Its stack pointer.
    pub stack_pointer: u64,
    /// Its thread pointer; `fs` on x86-64.
    pub thread_pointer: u64,
    /// Its registers in the order of DWARF.
    pub registers: Vec<u64>,
}

impl Thread {
    pub(super) fn read(section: &Section<'_>) -> Result<Self, LoadError> {
        let flags = section.word(thread::FLAGS)?;
        let (name, _) =
            section.counted(thread::NAME, (thread::STACK_START - thread::NAME) as u64, 1)?;
        let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        let stack = section.word(thread::STACK_START)?..section.word(thread::STACK_END)?;
        if stack.start > stack.end {
            return Err(section.damaged("a stack that ends before it begins"));
        }
        let registers = section.behind(thread::REGISTERS)?.len() / WORD;
        let (registers, _) = section.counted(thread::REGISTERS, registers as u64, WORD)?;
        Ok(Self {
            number: section.word(thread::NUMBER)?,
            name: String::from_utf8_lossy(&name[..length]).into_owned(),
            asked: flags & thread::ASKED != 0,
            was_stopped: flags & thread::NOT_STOPPED == 0,
            stack,
            stack_pointer: section.word(thread::STACK_POINTER)?,
            thread_pointer: section.word(thread::THREAD_POINTER)?,
            registers: words(registers).collect(),
        })
    }
}
