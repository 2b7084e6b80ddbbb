//! Recordings that no program writes take no longer to read than they are long.

use std::time::{Duration, Instant};

use super::Recording;
use crate::layout::{self, PAGE, UNIT, WORD};

/// The address of the segment in the process.
const ADDRESS: i64 = 1 << 40;

struct Image(Vec<u8>);

impl Image {
    fn new() -> Self {
        let mut image = Self(vec![0; layout::segment::SIZE]);
        image.set(0, layout::MAGIC);
        image.set(layout::segment::VERSION, layout::VERSION.into());
        image.set(layout::segment::ADDRESS, ADDRESS);
        image.block(layout::PROCESS, layout::process::SIZE, &[(layout::process::BACKEND, 1)]);
        image
    }

    fn set(&mut self, at: usize, word: i64) {
        self.0[at..at + WORD].copy_from_slice(&word.to_le_bytes());
    }

    /// Adds a block with some words, and returns where it begins.
    fn block(&mut self, kind: i64, size: usize, words: &[(usize, i64)]) -> usize {
        let (at, size) = (self.0.len(), layout::rounded(size, UNIT));
        self.0.resize(at + size, 0);
        self.set(at, layout::block(size, kind));
        words.iter().for_each(|(offset, word)| self.set(at + offset, *word));
        at
    }

    fn read(mut self) -> Recording {
        let used = self.0.len();
        self.0.resize(layout::rounded(used, PAGE), 0);
        self.set(layout::segment::LENGTH, self.0.len() as i64);
        self.set(layout::segment::USED, used as i64);
        let began = Instant::now();
        let recording = Recording::read(&self.0).unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        recording
    }
}

#[test]
fn threads_that_claim_one_stack_have_no_more_frames_than_it() {
    const STACK: usize = 8 << 20;
    let mut image = Image::new();
    let stack = ADDRESS + image.block(layout::STACK, STACK, &[]) as i64;
    let ledger = layout::thread::HEAP;
    for number in 0..20_000 {
        let words = [
            (layout::thread::NUMBER, number),
            (ledger + layout::ledger::COMPLETE, stack + layout::saved_frame::SIZE as i64),
            (ledger + layout::ledger::TOP, stack + STACK as i64),
        ];
        image.block(layout::THREAD, layout::thread::SIZE, &words);
    }
    // 10^10 frames, of 24 bytes each, if every thread gets them.
    assert_eq!(image.read().snapshot.functions, []);
}

#[test]
fn as_many_names_as_there_is_room_for_are_told_apart() {
    let mut image = Image::new();
    image.block(layout::TIMELINE, layout::timeline::SIZE, &[]);
    for number in 0..200_000 {
        // Each is there twice.
        let name = format!("{:08}", number / 2);
        let words = [
            (layout::name::NUMBER, number),
            (layout::name::RUNS, 1),
            (layout::name::TEXT, WORD as i64),
            (layout::name::SIZE, layout::packed(name.as_bytes()).sum()),
        ];
        image.block(layout::NAME, layout::name::SIZE + WORD, &words);
    }
    let labels = image.read().snapshot.timeline.unwrap().labels;
    assert_eq!(labels.len(), 100_000);
    assert!(labels.iter().all(|label| label.omitted == 2));
}
