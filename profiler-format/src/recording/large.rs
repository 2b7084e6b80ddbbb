//! Recordings that no program writes take no longer to read than they are long.

use crate::layout::{self, WORD};

use super::image::{ADDRESS, Image};

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

#[test]
fn a_path_of_all_paths_is_read() {
    const PATHS: i64 = 200_000;
    let mut image = Image::new();
    image.block(layout::MARK, layout::mark::SIZE, &[(layout::mark::HIGHEST, 1000)]);
    let first = i64::from(layout::paths::FIRST_NUMBER);
    for start in (0..PATHS).step_by(layout::paths::COUNT) {
        // Each is called by the one before.
        let words = (0..layout::paths::COUNT).flat_map(|index| {
            let at = layout::paths::FIRST + index * layout::paths::EACH;
            let number = start + index as i64;
            let is_used = number >= first;
            let caller = if number > first { number - 1 } else { layout::paths::OUTSIDE.into() };
            let line = (at + layout::paths::LINE, number << 32);
            [(at + layout::paths::CALLER, i64::from(is_used) * caller), line]
        });
        let words: Vec<_> = [(layout::paths::NUMBER, start)].into_iter().chain(words).collect();
        image.block(layout::PATHS, layout::paths::SIZE, &words);
    }
    // The innermost one has a block, and so has each of a thousand counters.
    image.counters((0..1000).map(|_| (PATHS - 1, [7, 7], 0)));
    let paths = image.read().snapshot.paths.unwrap();
    assert_eq!((paths.all.len(), paths.unattributed.live), (0, 7000), "no function has a name");
}
