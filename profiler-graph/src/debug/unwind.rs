//! The frames on captured stacks.

use std::ops::Range;

use framehop::x86_64::{CacheX86_64, UnwindRegsX86_64, UnwinderX86_64};
use framehop::{FrameAddress, Module, ModuleSectionInfo, Unwinder};
use object::{Object, ObjectSection};

use super::DebugFiles;
use crate::image::{Image, Thread};

/// The machine in the numbers of ELF, and its registers in the order of DWARF.
const X86_64: u64 = 62;
const FRAME_POINTER: usize = 6;
const INSTRUCTION_POINTER: usize = 16;
/// A damaged stack may have no end.
const MOST_FRAMES: usize = 100_000;

/// A call that has not returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StackFrame {
    /// The addresses of what it keeps on the stack.
    pub(crate) slots: Range<u64>,
    /// Where it is in its code.
    pub(crate) address: u64,
}

/// Finds frames by the unwind tables of the modules.
pub(crate) struct Stacks<'a> {
    image: &'a Image,
    unwinder: UnwinderX86_64<&'a [u8]>,
    cache: CacheX86_64,
}

struct Sections<'f, 'a>(&'f object::File<'a>);

impl<'a> Stacks<'a> {
    pub(crate) fn new(image: &'a Image, files: &DebugFiles<'a>) -> Self {
        let mut unwinder = UnwinderX86_64::new();
        for (number, module) in image.modules().iter().enumerate() {
            let segments = || module.segments.iter();
            let start = segments().map(|segment| segment.range.start).min();
            let end = segments().map(|segment| segment.range.end).max();
            if let (Some(file), Some((start, end))) = (files.of_module(number), start.zip(end)) {
                let sections = Sections(&file.program);
                unwinder.add_module(Module::new(String::new(), start..end, module.bias, sections));
            }
        }
        Self { image, unwinder, cache: CacheX86_64::new() }
    }

    /// The frames of a thread, the innermost first, as far as they can be followed.
    pub(crate) fn frames_of(&mut self, thread: &Thread) -> Vec<StackFrame> {
        let register = |number: usize| thread.registers.get(number).copied().unwrap_or_default();
        let start = register(INSTRUCTION_POINTER);
        if self.image.process().machine != X86_64 || start == 0 {
            return Vec::new();
        }
        let mut registers = UnwindRegsX86_64::new(start, register(7), register(FRAME_POINTER));
        let mut read = |address| {
            let word = self.image.memory(address, 8).and_then(|bytes| bytes.first_chunk());
            word.map(|&word| u64::from_le_bytes(word)).ok_or(())
        };
        let (mut frames, mut address) = (Vec::new(), FrameAddress::from_instruction_pointer(start));
        while frames.len() < MOST_FRAMES {
            let start = registers.sp();
            let caller =
                self.unwinder.unwind_frame(address, &mut registers, &mut self.cache, &mut read);
            let slots = start..registers.sp();
            if slots.is_empty() {
                break;
            }
            frames.push(StackFrame { slots, address: address.address_for_lookup() });
            match caller.ok().flatten().and_then(FrameAddress::from_return_address) {
                Some(caller) => address = caller,
                None => break,
            }
        }
        frames
    }
}

impl<'a> ModuleSectionInfo<&'a [u8]> for Sections<'_, 'a> {
    fn base_svma(&self) -> u64 {
        0
    }

    fn section_svma_range(&mut self, name: &[u8]) -> Option<Range<u64>> {
        let section = self.0.section_by_name_bytes(name)?;
        Some(section.address()..section.address() + section.size())
    }

    fn section_data(&mut self, name: &[u8]) -> Option<&'a [u8]> {
        self.0.section_by_name_bytes(name)?.data().ok()
    }
}
