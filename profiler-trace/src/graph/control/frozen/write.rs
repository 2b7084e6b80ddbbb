//! Writes the file: numbers through a buffer, memory as it lies there.

use core::ops::Range;

use mem_profile_format::heap_layout::WORD;
use mem_profile_runtime::internal::capture;

use super::maps::Maps;
use super::pages::Pages;
use super::room::Room;

/// Memory of so many bytes is not copied into the buffer.
const LARGE: usize = 32 * 1024;
const BUFFER: usize = 256 * 1024;

/// The file, which is written from its beginning to its end.
pub(super) struct Writer {
    descriptor: i32,
    buffer: Room<u8>,
    filled: usize,
    written: u64,
}

impl Writer {
    pub(super) fn new(descriptor: i32) -> Result<Self, i32> {
        // SAFETY: zero is a byte.
        let buffer = unsafe { Room::zeroes(BUFFER) }?;
        Ok(Self { descriptor, buffer, filled: 0, written: 0 })
    }

    /// How long the file is, with what is in the buffer.
    pub(super) fn length(&self) -> u64 {
        self.written + self.filled as u64
    }

    /// Begins a section, of which so many bytes are to follow.
    pub(super) fn section(&mut self, kind: u64, length: u64) -> Result<(), i32> {
        self.words(&[kind, length])
    }

    pub(super) fn words(&mut self, words: &[u64]) -> Result<(), i32> {
        words.iter().try_for_each(|word| self.bytes(&word.to_le_bytes()))
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), i32> {
        if self.filled + bytes.len() > BUFFER {
            self.flush()?;
        }
        match self.buffer.get_mut().get_mut(self.filled..self.filled + bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.filled += bytes.len();
                Ok(())
            }
            // More than the whole buffer.
            None => self.write(bytes.as_ptr().addr(), bytes.len()),
        }
    }

    /// Memory of the program, which can be read.
    pub(super) fn memory(&mut self, range: Range<usize>) -> Result<(), i32> {
        if range.len() >= LARGE {
            self.flush()?;
            return self.write(range.start, range.len());
        }
        // SAFETY: it can be read, and nothing writes to it: this is the only thread.
        let bytes = unsafe { core::slice::from_raw_parts(range.start as *const u8, range.len()) };
        self.bytes(bytes)
    }

    /// The same. What was never written of it is a hole in the file.
    pub(super) fn sparse_memory(
        &mut self,
        range: Range<usize>,
        maps: &Maps,
        pages: &Pages,
    ) -> Result<(), i32> {
        let Some((_, mapping)) = maps.at(range.start).filter(|_| range.len() >= LARGE) else {
            return self.memory(range);
        };
        let inside = range.start..range.end.min(mapping.end);
        let mut at = inside.start;
        pages.each(inside.clone(), &mapping, &mut |part| {
            self.skip(part.start - at)?;
            at = part.end;
            self.memory(part)
        })?;
        self.skip(inside.end - at)?;
        self.memory(inside.end..range.end)
    }

    fn skip(&mut self, bytes: usize) -> Result<(), i32> {
        if bytes == 0 {
            return Ok(());
        }
        self.flush()?;
        self.written += bytes as u64;
        capture::seek(self.descriptor, bytes as u64)
    }

    /// Zeroes up to a whole word.
    pub(super) fn fill_up(&mut self) -> Result<(), i32> {
        let rest = (self.length() as usize).next_multiple_of(WORD) - self.length() as usize;
        self.bytes([0; WORD].get(..rest).unwrap_or_default())
    }

    pub(super) fn flush(&mut self) -> Result<(), i32> {
        let filled = core::mem::take(&mut self.filled);
        self.write(self.buffer.get().as_ptr().addr(), filled)
    }

    fn write(&mut self, start: usize, bytes: usize) -> Result<(), i32> {
        capture::write_all_to(self.descriptor, start, bytes)?;
        self.written += bytes as u64;
        Ok(())
    }
}
