//! Writes captures for tests, section by section.

#![allow(dead_code, reason = "each test uses a part of it")]

use mem_profile_format::heap_layout::{
    MAGIC, NONE, VERSION, WORD, block, file, kind, process, root, section,
};

/// A section: its kind, and its bytes without the header.
pub(crate) type Section = (u64, Vec<u8>);

/// A capture in the making.
#[derive(Default)]
pub(crate) struct ImageBuilder {
    first: Vec<Section>,
    labels: u64,
    sites: u32,
    blocks: Vec<(u64, u64, u32)>,
    /// Block, offset in bytes, and the word there.
    words: Vec<(u32, u64, u64)>,
    unseen: Vec<u64>,
    /// Contents are cut into sections of this many blocks.
    pub(crate) contents_per_section: Option<usize>,
}

pub(crate) fn bytes(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

/// A text, filled up with zeroes.
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(WORD), 0);
    bytes
}

/// A file of these sections.
pub(crate) fn assemble(sections: &[Section]) -> Vec<u8> {
    let mut out = bytes([MAGIC, VERSION]);
    for (kind, contents) in sections {
        out.extend(bytes([*kind, contents.len() as u64]));
        out.extend(contents);
    }
    let length = (out.len() + section::SIZE + WORD) as u64;
    out.extend(bytes([kind::END, WORD as u64, length]));
    out
}

impl ImageBuilder {
    /// With a process, and no block.
    pub(crate) fn new() -> Self {
        let command = "app --fast";
        let words = [7, 4096, 1_700_000_000_000_000_000, 62, 0, command.len() as u64];
        let process = [bytes(words), text(command)].concat();
        Self { first: vec![(kind::PROCESS, process)], ..Self::default() }
    }

    /// Sets a flag of the process.
    pub(crate) fn flag(&mut self, flag: u64) {
        self.first[0].1[process::FLAGS] |= flag as u8;
    }

    pub(crate) fn section(&mut self, kind: u64, contents: Vec<u8>) {
        self.first.push((kind, contents));
    }

    pub(crate) fn missing(&mut self, what: u64, number: u64, end: u64, name: &str) {
        let words = bytes([what, number, end, name.len() as u64]);
        self.section(kind::MISSING, [words, text(name)].concat());
    }

    /// A module with segments of start, end and flags.
    pub(crate) fn module(&mut self, path: &str, bias: u64, segments: &[[u64; 3]]) {
        self.module_with_id(path, &[1, 2, 3], bias, segments);
    }

    pub(crate) fn module_with_id(
        &mut self,
        path: &str,
        id: &[u8],
        bias: u64,
        segments: &[[u64; 3]],
    ) {
        let lengths = [segments.len(), path.len(), id.len()].map(|length| length as u64);
        let head = bytes([bias, 1, 64].into_iter().chain(lengths));
        let segments = bytes(segments.iter().flatten().copied());
        let mut id = id.to_vec();
        id.resize(id.len().next_multiple_of(WORD), 0);
        self.section(kind::MODULE, [head, segments, text(path), id].concat());
    }

    /// Returns the number of the label.
    pub(crate) fn label(&mut self, label: &str) -> u64 {
        self.section(kind::LABEL, [bytes([label.len() as u64]), text(label)].concat());
        self.labels += 1;
        self.labels
    }

    /// Returns the number of the site.
    pub(crate) fn site(&mut self, state: u64, label: u64, addresses: &[u64]) -> u32 {
        let words = [state, label].into_iter().chain(addresses.iter().copied());
        self.section(kind::SITE, bytes(words));
        self.sites += 1;
        self.sites - 1
    }

    pub(crate) fn thread(&mut self, number: u64, name: &str, stack: [u64; 3], registers: &[u64]) {
        let mut named = name.as_bytes().to_vec();
        named.resize(16, 0);
        let [start, end, pointer] = stack;
        let behind = [start, end, pointer, 0x7000].into_iter().chain(registers.iter().copied());
        self.section(kind::THREAD, [bytes([0, number]), named, bytes(behind)].concat());
    }

    /// A root; its words may lead to blocks.
    pub(crate) fn root(&mut self, kind: u64, thread: u64, module: u64, start: u64, words: &[u64]) {
        let head = [kind, thread, module, start].into_iter();
        self.section(kind::ROOT, bytes(head.chain(words.iter().copied())));
    }

    /// A segment of the first module.
    pub(crate) fn statics(&mut self, start: u64, words: &[u64]) {
        self.root(root::STATIC, NONE, 0, start, words);
    }

    pub(crate) fn unseen(&mut self, place: u64, word: u64) {
        self.unseen.extend([place, word]);
    }

    /// Returns the number of the block. Blocks come in the order of addresses.
    pub(crate) fn block(&mut self, start: u64, size: u64, site: u32) -> u32 {
        self.blocks.push((start, size, site));
        self.blocks.len() as u32 - 1
    }

    /// The address of a block.
    pub(crate) fn start(&self, block: u32) -> u64 {
        self.blocks[block as usize].0
    }

    /// Writes a word into a block.
    pub(crate) fn write(&mut self, block: u32, offset: u64, word: u64) {
        self.words.push((block, offset, word));
    }

    /// Writes the address of one block into another one.
    pub(crate) fn point(&mut self, from: u32, offset: u64, to: u32) {
        self.write(from, offset, self.blocks[to as usize].0);
    }

    pub(crate) fn sections(&mut self) -> Vec<Section> {
        self.words.sort_unstable();
        let mut sections = std::mem::take(&mut self.first);
        let words =
            self.blocks.iter().flat_map(|&(start, size, site)| block::pack(start, size, site));
        sections.push((kind::BLOCKS, bytes(words)));
        let mut holders = vec![0_u64; self.blocks.len().div_ceil(64)];
        let (mut contents, mut in_section) = (vec![Vec::new()], 0);
        for words in self.words.chunk_by(|one, other| one.0 == other.0) {
            let index = words[0].0 as usize;
            holders[index / 64] |= 1 << (index % 64);
            if self.contents_per_section.is_some_and(|most| in_section == most) {
                (in_section, contents) = (0, [contents, vec![Vec::new()]].concat());
            }
            let out = contents.last_mut().expect("a section");
            let start = out.len();
            out.resize(start + (self.blocks[index].1 as usize).next_multiple_of(WORD), 0);
            for &(_, offset, word) in words {
                let at = start + offset as usize;
                out[at..at + WORD].copy_from_slice(&word.to_le_bytes());
            }
            in_section += 1;
        }
        sections.push((kind::HOLDERS, bytes(holders)));
        sections.extend(contents.into_iter().map(|contents| (kind::CONTENTS, contents)));
        sections.push((kind::UNSEEN, bytes(std::mem::take(&mut self.unseen))));
        sections
    }

    pub(crate) fn build(&mut self) -> Vec<u8> {
        let sections = self.sections();
        assemble(&sections)
    }
}

/// Where the first section begins.
pub(crate) const FIRST: usize = file::SIZE;
