//! Recordings made by hand.

use std::time::{Duration, Instant};

use super::{Recording, RecordingError};
use crate::layout::{self, PAGE, UNIT, WORD, counter};

/// The address of the segment in the process.
pub(super) const ADDRESS: i64 = 1 << 40;

pub(super) struct Image(Vec<u8>);

impl Image {
    pub(super) fn new() -> Self {
        let mut image = Self(vec![0; layout::segment::SIZE]);
        image.set(0, layout::MAGIC);
        image.set(layout::segment::VERSION, layout::VERSION.into());
        image.set(layout::segment::ADDRESS, ADDRESS);
        image.block(layout::PROCESS, layout::process::SIZE, &[(layout::process::BACKEND, 1)]);
        image
    }

    pub(super) fn set(&mut self, at: usize, word: i64) {
        self.0[at..at + WORD].copy_from_slice(&word.to_le_bytes());
    }

    /// Adds a block with some words, and returns where it begins.
    pub(super) fn block(&mut self, kind: i64, size: usize, words: &[(usize, i64)]) -> usize {
        let (at, size) = (self.0.len(), layout::rounded(size, UNIT));
        self.0.resize(at + size, 0);
        self.set(at, layout::block(size, kind));
        words.iter().for_each(|(offset, word)| self.set(at + offset, *word));
        at
    }

    pub(super) fn read(self) -> Recording {
        self.try_read().unwrap()
    }

    /// The whole file.
    pub(super) fn bytes(mut self) -> Vec<u8> {
        let used = self.0.len();
        self.0.resize(layout::rounded(used, PAGE), 0);
        self.set(layout::segment::LENGTH, self.0.len() as i64);
        self.set(layout::segment::USED, used as i64);
        self.0
    }

    pub(super) fn try_read(self) -> Result<Recording, RecordingError> {
        let bytes = self.bytes();
        let began = Instant::now();
        let recording = Recording::read(&bytes);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        recording
    }

    /// Adds counters: of a path, with bytes live and at the highest mark, in an epoch. Each is of one block.
    pub(super) fn counters(&mut self, all: impl Iterator<Item = (i64, [i64; 2], i64)>) {
        let words: Vec<_> = (0..)
            .zip(all)
            .flat_map(|(number, (site, [live, at_peak], epoch))| {
                let at = UNIT + number * counter::SIZE;
                [
                    (at + counter::SITE, site),
                    (at + counter::LIVE, live),
                    (at + counter::AT_PEAK, at_peak),
                    (at + counter::EPOCH, epoch),
                    (at + counter::LIVE_BLOCKS, 1),
                ]
            })
            .collect();
        let count = words.len() / 5;
        self.block(layout::COUNTERS, UNIT + count * counter::SIZE, &words);
    }
}
