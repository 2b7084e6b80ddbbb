//! Numbers in bytes: little-endian words of 8 bytes, one after another.

/// The size of a word.
pub(super) const WORD: usize = 8;

/// The word of a number that is not known.
const NOTHING: u64 = u64::MAX;

/// Writes words into a buffer that is there.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Pen<'a> {
    pub(super) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    /// Bytes that were written.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether so many bytes fit.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.buffer.len() - self.at >= bytes
    }

    /// Writes a word, or nothing where the buffer is full.
    pub(super) fn word(&mut self, word: u64) {
        if let Some(place) = self.buffer.get_mut(self.at..self.at + WORD) {
            place.copy_from_slice(&word.to_le_bytes());
            self.at += WORD;
        }
    }

    pub(super) fn optional(&mut self, word: Option<u64>) {
        self.word(word.unwrap_or(NOTHING));
    }

    /// Writes bytes, with zeroes up to the next word.
    pub(super) fn text(&mut self, text: &[u8]) {
        for part in text.chunks(WORD) {
            let mut word = [0; WORD];
            word[..part.len()].copy_from_slice(part);
            self.word(u64::from_le_bytes(word));
        }
    }
}

/// Two halves of a word.
pub(super) fn halves(low: usize, high: usize) -> u64 {
    let half = |number: usize| u64::from(u32::try_from(number).unwrap_or(u32::MAX));
    half(low) | half(high) << 32
}

/// Reads words, and believes nothing: `None` where the bytes are over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Eye<'a>(pub(super) &'a [u8]);

impl<'a> Eye<'a> {
    pub(super) fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.0.split_first_chunk::<WORD>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*word))
    }

    pub(super) fn optional(&mut self) -> Option<Option<u64>> {
        self.word().map(|word| Some(word).filter(|&word| word != NOTHING))
    }

    pub(super) fn halves(&mut self) -> Option<(usize, usize)> {
        let word = self.word()?;
        Some((word as u32 as usize, (word >> 32) as usize))
    }

    pub(super) fn text(&mut self, length: usize) -> Option<&'a [u8]> {
        let (text, rest) = self.0.split_at_checked(length.checked_next_multiple_of(WORD)?)?;
        self.0 = rest;
        text.get(..length)
    }
}

/// Differs for bytes that were written in part (as FNV-1a, by words).
pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(WORD).map(|word| {
        let mut bytes = [0; WORD];
        bytes.copy_from_slice(word);
        u64::from_le_bytes(bytes)
    });
    words.fold(0xcbf2_9ce4_8422_2325, |sum, word| {
        (sum ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
    })
}
