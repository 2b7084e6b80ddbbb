//! Live blocks of recordings made by hand, whether or not a program can write such.

use super::super::image::Image;
use super::super::{Recording, RecordingError};
use crate::layout::{self, mark, paths, process};
use crate::snapshot::{CallPaths, ProcessPeak};

const OUTSIDE: i64 = paths::OUTSIDE as i64;
const FIRST: i64 = paths::FIRST_NUMBER as i64;
const END: i64 = paths::END as i64;

/// With so many bytes live, and with a mark of 1,000 bytes in epoch 7, which was left after 30 ns.
fn image(live: i64) -> Image {
    let mut image = Image::new();
    image.set(layout::segment::SIZE + process::BYTES, live);
    let words = [(mark::HIGHEST, 1000), (mark::EPOCH, 7), (mark::LEFT, 30), (mark::NOW, 50)];
    image.block(layout::MARK, mark::SIZE, &words);
    image
}

/// Adds a block of paths whose first one has these words.
fn add_path(image: &mut Image, number: i64, caller: i64) {
    let words = [(paths::NUMBER, number), (paths::FIRST + paths::CALLER, caller)];
    image.block(layout::PATHS, paths::SIZE, &words);
}

fn paths_of(image: Image) -> CallPaths {
    image.read().snapshot.paths.expect("live blocks")
}

#[test]
fn counters_of_the_mark_s_epoch_have_kept_what_was_live_then() {
    let counters = || [(OUTSIDE, [10, 500], 7), (OUTSIDE, [30, 99], 6), (OUTSIDE, [-5, 400], 7)];
    let peak = |image: Image| {
        let Recording { snapshot, .. } = image.read();
        let outside = snapshot.paths.unwrap().outside;
        (snapshot.peak.unwrap(), [outside.at_peak, outside.live])
    };
    let expected = |bytes, after| ProcessPeak { bytes, after: Some(after), uncertainty: 0 };
    let mut left = image(35);
    left.counters(counters().into_iter());
    assert_eq!(peak(left), (expected(1000, 30), [500 + 30 + 400, 35]));
    // More is live than ever, so the peak is now.
    let mut rising = image(1001);
    rising.counters(counters().into_iter());
    assert_eq!(peak(rising), (expected(1001, 50), [35, 35]));
}

#[test]
fn the_time_of_a_peak_that_was_not_looked_at_is_not_known() {
    let after = |live: i64, now: i64| {
        let mut image = Image::new();
        image.set(layout::segment::SIZE + process::BYTES, live);
        let words = [(mark::HIGHEST, 1000), (mark::LEFT, 30), (mark::NOW, now)];
        image.block(layout::MARK, mark::SIZE, &words);
        image.read().snapshot.peak.unwrap().after
    };
    assert_eq!(after(999, 0), Some(30));
    // The process was killed, or somebody reads what it writes.
    assert_eq!([0, 29, 30, 31].map(|now| after(1001, now)), [None, None, Some(30), Some(31)]);
}

#[test]
fn counters_without_a_path_are_not_attributed() {
    let mut image = image(42);
    add_path(&mut image, FIRST, OUTSIDE);
    // Of a function that has no name, of no path at all, and of the path for all that had no room.
    let sites = [FIRST, FIRST + 1, END - 1, paths::UNATTRIBUTED.into()];
    image.counters(sites.into_iter().map(|site| (site, [10, 0], 0)));
    image.counters([(OUTSIDE, [2, 0], 0), (0, [1000, 0], 0)].into_iter());
    let paths = paths_of(image);
    assert_eq!((paths.all.len(), paths.unattributed.live, paths.outside.live), (0, 40, 2));
    assert_eq!(paths.unattributed.live_blocks, 4);
}

#[test]
fn more_frees_than_blocks_are_nothing() {
    let mut image = image(0);
    image.counters([(OUTSIDE, [-9, i64::MIN], 7), (OUTSIDE, [4, -1], 7)].into_iter());
    let outside = paths_of(image).outside;
    assert_eq!((outside.live, outside.live_blocks), (0, 2));
    assert!(outside.at_peak > 0, "a sum that has wrapped around is no panic");
}

#[test]
fn impossible_numbers_are_refused() {
    let refused = |add: &dyn Fn(&mut Image)| {
        let mut image = image(0);
        add(&mut image);
        match image.try_read() {
            Err(error @ RecordingError::Damaged { .. }) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    for number in [END, -1, i64::MAX] {
        let message = refused(&|image| add_path(image, number, OUTSIDE));
        assert!(message.contains("paths have impossible numbers"), "{message}");
    }
    for caller in [FIRST, FIRST + 1, END - 1] {
        let message = refused(&|image| add_path(image, FIRST, caller));
        assert!(message.contains("a path leads to one that leads to it"), "{message}");
    }
    for site in [END, -1, i64::MIN] {
        let message = refused(&|image| image.counters([(site, [1, 1], 0)].into_iter()));
        assert!(message.contains("a counter is of an impossible path"), "{message}");
    }
}

#[test]
fn paths_that_are_not_in_use_are_none() {
    let mut image = image(10);
    // Not filled, another's alias, and the numbers of no line.
    add_path(&mut image, FIRST, 0);
    add_path(&mut image, FIRST + 60, 1 << paths::CALLER_BITS | OUTSIDE);
    add_path(&mut image, 0, i64::MAX);
    image.counters([(FIRST, [10, 0], 0)].into_iter());
    assert_eq!(paths_of(image).unattributed.live, 10);
}
