//! One program or library in memory.

/// A program or library in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The number added to the addresses in the file.
    pub(crate) bias: usize,
    /// The table of call-frame information, and the segment that it lies in.
    pub(super) header: usize,
    pub(super) segment: (usize, usize),
    /// From when on it lay there.
    pub(crate) generation: u64,
    pub(super) path: Text<512>,
    pub(super) build_id: Text<32>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Text<const SIZE: usize> {
    bytes: [u8; SIZE],
    length: usize,
}

impl<const SIZE: usize> Text<SIZE> {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut bytes = [0; SIZE];
        let length = text.len().min(SIZE);
        bytes[..length].copy_from_slice(&text[..length]);
        Self { bytes, length }
    }

    fn get(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Module {
    pub(super) fn is(&self, other: &Self) -> bool {
        let place = |module: &Self| (module.start, module.end, module.header, module.bias);
        place(self) == place(other)
            && self.path.get() == other.path.get()
            && self.build_id.get() == other.build_id.get()
    }

    /// The path that it was loaded by; empty for the program itself.
    pub(crate) fn path(&self) -> &[u8] {
        self.path.get()
    }

    /// The build id; empty where the linker gave none.
    pub(crate) fn build_id(&self) -> &[u8] {
        self.build_id.get()
    }
}
