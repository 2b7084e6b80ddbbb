//! From bytes to sections, and to the numbers and texts in them.

use std::ops::Range;

use mem_profile_format::heap_layout::{MAGIC, VERSION, WORD, end, file, kind, section};

use super::error::LoadError::{self, CutShort, Damaged, NotACapture, Version};

/// A section, which lies within the bytes.
#[derive(Clone, Copy)]
pub(super) struct Section<'a> {
    pub(super) kind: u64,
    /// Where its contents begin, in bytes from the beginning of the file.
    pub(super) at: usize,
    pub(super) bytes: &'a [u8],
}

/// The words of some bytes; a rest that is no whole word is left out.
pub(crate) fn words(bytes: &[u8]) -> impl ExactSizeIterator<Item = u64> + Clone + '_ {
    bytes.as_chunks::<WORD>().0.iter().map(|&word| u64::from_le_bytes(word))
}

/// The word at an offset.
pub(super) fn word(bytes: &[u8], offset: usize) -> Option<u64> {
    let word = bytes.get(offset..)?.first_chunk::<WORD>()?;
    Some(u64::from_le_bytes(*word))
}

/// All sections up to the end mark, which is the last.
pub(super) fn sections(bytes: &[u8]) -> Result<Vec<Section<'_>>, LoadError> {
    if word(bytes, 0) != Some(MAGIC) {
        return Err(NotACapture);
    }
    match word(bytes, file::VERSION) {
        Some(VERSION) => {}
        Some(found) => return Err(Version { found }),
        None => return Err(CutShort { at: 0 }),
    }
    let (mut at, mut found) = (file::SIZE, Vec::new());
    loop {
        let section = section_at(bytes, at).ok_or(CutShort { at: at as u64 })?;
        at = section.at + section.bytes.len();
        if !at.is_multiple_of(WORD) {
            return Err(section.damaged("a length that is not a multiple of 8"));
        }
        if section.kind == kind::END {
            section.check_end(at)?;
            let is_last = at == bytes.len();
            return is_last.then_some(found).ok_or_else(|| section.damaged("an early end"));
        }
        found.push(section);
    }
}

fn section_at(bytes: &[u8], at: usize) -> Option<Section<'_>> {
    let length = usize::try_from(word(bytes, at + section::LENGTH)?).ok()?;
    let start = at + section::SIZE;
    let range = start..start.checked_add(length)?;
    Some(Section { kind: word(bytes, at)?, at: start, bytes: bytes.get(range)? })
}

impl<'a> Section<'a> {
    pub(super) fn damaged(&self, what: &'static str) -> LoadError {
        Damaged { at: self.at as u64, what }
    }

    fn check_end(&self, at: usize) -> Result<(), LoadError> {
        let is_right = word(self.bytes, end::LENGTH) == Some(at as u64);
        is_right.then_some(()).ok_or_else(|| self.damaged("an end mark of another length"))
    }

    /// The word at an offset.
    pub(super) fn word(&self, offset: usize) -> Result<u64, LoadError> {
        word(self.bytes, offset).ok_or_else(|| self.damaged("a section that is too short"))
    }

    /// The places in the file from an offset on, which is at most as long as the section.
    pub(super) fn behind(&self, offset: usize) -> Result<Range<usize>, LoadError> {
        match offset <= self.bytes.len() {
            true => Ok(self.at + offset..self.at + self.bytes.len()),
            false => Err(self.damaged("a section that is too short")),
        }
    }

    /// The items of `size` bytes that it consists of.
    pub(super) fn count_of(&self, size: usize) -> Result<usize, LoadError> {
        let count = self.bytes.len() / size;
        let is_whole = count * size == self.bytes.len();
        is_whole.then_some(count).ok_or_else(|| self.damaged("a list that does not end in an item"))
    }

    /// The bytes at `offset`, the number of which is a word of the section; and the offset behind them.
    pub(super) fn counted(
        &self,
        offset: usize,
        length: u64,
        size: usize,
    ) -> Result<(&'a [u8], usize), LoadError> {
        let length = usize::try_from(length).ok().and_then(|length| length.checked_mul(size));
        let end = length.and_then(|length| offset.checked_add(length));
        let bytes = end.and_then(|end| self.bytes.get(offset..end));
        let (Some(bytes), Some(end)) = (bytes, end) else {
            return Err(self.damaged("a length that does not fit"));
        };
        Ok((bytes, end.next_multiple_of(WORD)))
    }

    /// The text at `offset`, and the offset behind it.
    pub(super) fn text(&self, offset: usize, length: u64) -> Result<(String, usize), LoadError> {
        let (bytes, end) = self.counted(offset, length, 1)?;
        Ok((String::from_utf8_lossy(bytes).into_owned(), end))
    }
}
