//! The names of what lies outside of blocks.

use crate::graph::HeapGraph;
use crate::heap::{Entry, Holder};
use crate::image::{RootKind, Thread};

/// Registers of x86-64 in the order of DWARF.
const X86_64: [&str; 17] = [
    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15", "rip",
];
/// The machine in the numbers of ELF.
const IS_X86_64: u64 = 62;

impl HeapGraph {
    /// What a word outside of all blocks is, such as `static app+0x3008`.
    pub(crate) fn holder_name(&self, entry: &Entry) -> String {
        let place = entry.place;
        match entry.holder {
            Holder::Root(root) => self.root_name(root as usize, place),
            Holder::Register(thread) => {
                let name = X86_64
                    .get(place as usize)
                    .filter(|_| self.image.process().machine == IS_X86_64);
                let name = name.map_or_else(|| format!("{place}"), |&name| name.to_owned());
                format!(
                    "register {name} of {}",
                    thread_name(&self.image.threads()[thread as usize])
                )
            }
            Holder::Unseen => format!("memory that was not seen, at {place:#x}"),
        }
    }

    fn root_name(&self, root: usize, place: u64) -> String {
        let root = &self.image.roots()[root];
        let thread = |thread: usize| thread_name(&self.image.threads()[thread]);
        let module = |module: usize| self.image.modules()[module].file_name();
        let found = self.variable_at(place).or_else(|| self.symbol_at(place, root.kind));
        let offset = place - root.range.start;
        match root.kind {
            RootKind::Static { module: number } => {
                let offset = place.wrapping_sub(self.image.modules()[number].bias);
                let unnamed = || format!("{}+{offset:#x}", module(number));
                format!("static {}", found.unwrap_or_else(unnamed))
            }
            RootKind::Stack { thread: number } => match found {
                Some(frame) => format!("stack of {}, in {frame}", thread(number)),
                None => format!("stack of {}", thread(number)),
            },
            RootKind::ThreadLocal { thread: of, module: number } => {
                let unnamed = || format!("{}+{offset:#x}", module(number));
                format!("thread-local {} of {}", found.unwrap_or_else(unnamed), thread(of))
            }
            RootKind::ThreadRecord { thread: number } => {
                format!("C library's record of {}", thread(number))
            }
        }
    }

    /// The symbol at an address, or the frame.
    fn symbol_at(&self, place: u64, kind: RootKind) -> Option<String> {
        let (name, offset) = self.places.at(place)?;
        let is_frame = matches!(kind, RootKind::Stack { .. });
        Some(if offset == 0 || is_frame { name.to_owned() } else { format!("{name}+{offset:#x}") })
    }
}

/// A thread by its name, or its number.
pub(crate) fn thread_name(thread: &Thread) -> String {
    match &*thread.name {
        "" => format!("thread {}", thread.number),
        name => name.to_owned(),
    }
}
