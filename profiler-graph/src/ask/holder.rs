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
        let offset = place - root.range.start;
        if let Some(variable) = self.variable_at(place) {
            return match root.kind {
                RootKind::ThreadLocal { thread: number, .. } => {
                    format!("thread-local {variable} of {}", thread(number))
                }
                _ => format!("static {variable}"),
            };
        }
        match root.kind {
            RootKind::Static { module } => {
                let module = &self.image.modules()[module];
                format!("static {}+{:#x}", module.file_name(), place.wrapping_sub(module.bias))
            }
            RootKind::Stack { thread: number } => format!("stack of {}", thread(number)),
            RootKind::ThreadLocal { thread: number, module } => {
                let module = self.image.modules()[module].file_name();
                format!("thread-local {module}+{offset:#x} of {}", thread(number))
            }
            RootKind::ThreadRecord { thread: number } => {
                format!("C library's record of {}", thread(number))
            }
        }
    }
}

/// A thread by its name, or its number.
pub(crate) fn thread_name(thread: &Thread) -> String {
    match &*thread.name {
        "" => format!("thread {}", thread.number),
        name => name.to_owned(),
    }
}
