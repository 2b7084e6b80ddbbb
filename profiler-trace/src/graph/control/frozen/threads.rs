//! The threads, and where the memory of each lies that the program reaches without a block.
//!
//! ```text
//! stack that grows down ◀─ in use ─┤ thread-local blocks of modules │ record of the C library
//!              the stack pointer ──┘                thread pointer ──┘
//! ```
//! So glibc arranges a thread's memory. The first thread has its stack elsewhere.

use core::ops::Range;

use mem_profile_format::heap_layout::{NONE, kind, missing, root, thread};
use mem_profile_runtime::internal::capture::Frozen;

use super::blocks::Blocks;
use super::maps::Maps;
use super::room::Room;
use super::roots::{RootMemory, Roots};
use super::write::Writer;
use crate::graph::control::modules::Module;

/// What the copy knows of the program's threads before it begins.
pub(crate) struct Threads<'a> {
    /// Who asked for the capture.
    pub(crate) asker: &'a Frozen,
    /// Whether it is a thread of the program, and not the profiler's.
    pub(crate) asker_counts: bool,
    /// The number of the process, and of its first thread.
    pub(crate) process: u32,
    /// Where the first thread's stack begins: an address in it.
    pub(crate) first_stack: usize,
    /// The size of the C library's record of a thread.
    pub(crate) record_bytes: usize,
}

/// An entry of the vector by which a thread finds thread-local blocks.
const ENTRY: usize = 16;
/// Where in the record of a thread its address is.
const VECTOR: usize = 8;

/// Adds the memory of a thread to the roots, and writes down the thread.
pub(super) fn add(
    frozen: &Frozen,
    threads: &Threads<'_>,
    memory: &Memory<'_>,
    roots: &mut Roots,
    writer: &mut Writer,
) -> Result<(), i32> {
    let own =
        |kind, range, module| RootMemory { kind, thread: frozen.number.into(), module, range };
    let pointer = frozen.thread_pointer as usize;
    roots.add(own(root::THREAD_RECORD, pointer..pointer + threads.record_bytes, NONE))?;
    let mut lowest = pointer;
    for (number, module) in memory.modules.iter().enumerate() {
        if let Some(range) = thread_local(pointer, module, memory.maps) {
            let is_beside = range.start < lowest && memory.are_one(range.start, pointer);
            lowest = if is_beside { range.start } else { lowest };
            roots.add(own(root::THREAD_LOCAL, range, number as u64))?;
        }
    }
    let used = frozen.stack as usize;
    let usual = match frozen.number == threads.process {
        true => memory.mapping(threads.first_stack),
        false => memory.mapping(pointer.saturating_sub(1)).start..lowest,
    };
    let mut stack = used..usual.end;
    if usual.contains(&used) {
        if memory.is_guarded(usual.start) {
            roots.ignore(usual.start..used)?;
        }
    } else {
        // On a stack of the program's own: how much of the usual one is in use is not known.
        roots.add(own(root::STACK, usual, NONE))?;
        stack = memory.foreign_stack(used);
    }
    roots.add(own(root::STACK, stack.clone(), NONE))?;
    write(frozen, frozen.number == threads.asker.number, stack, writer)
}

/// Leaves out the memory of a thread of the profiler: its stack and, behind that, its thread-local blocks.
pub(super) fn ignore(
    frozen: &Frozen,
    threads: &Threads<'_>,
    memory: &Memory<'_>,
    roots: &mut Roots,
) -> Result<(), i32> {
    let pointer = frozen.thread_pointer as usize;
    let start = memory.mapping(pointer.saturating_sub(1)).start;
    roots.ignore(start..pointer + threads.record_bytes)
}

fn write(
    frozen: &Frozen,
    has_asked: bool,
    stack: Range<usize>,
    writer: &mut Writer,
) -> Result<(), i32> {
    let flags = if has_asked { thread::ASKED } else { 0 };
    let registers = &frozen.registers;
    writer.section(kind::THREAD, (thread::REGISTERS + size_of_val(registers)) as u64)?;
    writer.words(&[flags, frozen.number.into()])?;
    writer.bytes(&frozen.name)?;
    writer.words(&[stack.start as u64, stack.end as u64])?;
    // The stack pointer is the seventh of them.
    writer.words(&[registers[7], frozen.thread_pointer])?;
    writer.words(registers)
}

/// Writes down a thread that did not stop.
pub(super) fn write_missing(number: u32, name: [u8; 16], writer: &mut Writer) -> Result<(), i32> {
    let length = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
    let text = name.get(..length).unwrap_or_default();
    writer.section(kind::MISSING, (missing::SIZE + length.next_multiple_of(8)) as u64)?;
    writer.words(&[missing::THREAD, number.into(), 0, length as u64])?;
    writer.bytes(text)?;
    writer.fill_up()?;
    writer.section(kind::THREAD, thread::REGISTERS as u64)?;
    writer.words(&[thread::NOT_STOPPED, number.into()])?;
    writer.bytes(&name)?;
    writer.words(&[0; 4])
}

/// A thread's block of a module, if it has one.
fn thread_local(pointer: usize, module: &Module, maps: &Maps) -> Option<Range<usize>> {
    let read = |place: usize| {
        let range = place..place.checked_add(8)?;
        // SAFETY: it can be read.
        (maps.readable(range.clone()) == range)
            .then(|| unsafe { (place as *const usize).read_unaligned() })
    };
    if module.tls_number == 0 || module.tls_size == 0 {
        return None;
    }
    let vector = read(pointer.checked_add(VECTOR)?)?;
    let count = read(vector.checked_sub(ENTRY)?)?;
    let place = vector.checked_add(module.tls_number.checked_mul(ENTRY)?)?;
    // The block is made when the thread uses it first.
    let start = read(place).filter(|&start| start != 0 && start != usize::MAX)?;
    (module.tls_number <= count).then(|| start..start.saturating_add(module.tls_size))
}

/// Where memory lies.
pub(super) struct Memory<'a> {
    pub(super) maps: &'a Maps,
    pub(super) blocks: &'a Blocks,
    pub(super) modules: &'a [Module],
}

impl Memory<'_> {
    fn mapping(&self, address: usize) -> Range<usize> {
        self.maps.at(address).map_or(address..address, |(_, mapping)| mapping.start..mapping.end)
    }

    fn are_one(&self, one: usize, other: usize) -> bool {
        self.mapping(one) == self.mapping(other)
    }

    /// Of a stack that is not its thread's own, from where it is in use: a block of the program, or a mapping.
    fn foreign_stack(&self, used: usize) -> Range<usize> {
        used..self.blocks.at(used).unwrap_or_else(|| self.mapping(used)).end
    }

    /// Whether memory begins there that nothing else lies before: a stack has a page below it that cannot be
    /// used, or nothing. A stack that the program has given its thread may lie anywhere.
    fn is_guarded(&self, start: usize) -> bool {
        match self.maps.at(start.saturating_sub(1)) {
            Some((_, below)) => !below.is_readable,
            None => true,
        }
    }
}

/// What is to be written of threads that have not stopped.
pub(super) type Missing = Room<(u32, [u8; 16])>;
