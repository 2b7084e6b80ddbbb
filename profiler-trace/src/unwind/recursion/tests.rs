//! The rest of a stack that is folded.

use std::sync::Barrier;

use super::*;
use crate::unwind;

/// Its own function each, as no code lies there.
fn stack(frames: &[u64]) -> Stack {
    frames.iter().fold(tree::ROOT, |stack, &frame| child(stack, frame))
}

/// The innermost first.
fn kept(frames: &[u64]) -> Vec<u64> {
    tree::frames(stack(frames)).map(|(_, frame)| frame).collect()
}

fn prepare() {
    assert!(tree::reserve() && unwind::prepare());
}

#[test]
fn the_innermost_call_of_each_function_is_left() {
    prepare();
    let [main, run, value, list, map, push] = [11, 12, 13, 14, 15, 16];
    fold_above(0);
    let frames = [main, run, value, list, value, map, value, list, value, push];
    let mut folded = kept(&frames);
    folded.reverse();
    assert_eq!(folded, [main, run, value, RECURSION, map, value, list, value, push]);
    assert_eq!(kept(&[main, run, value, value, value]).len(), 5, "nothing to be left out");
}

/// The functions of a stack, those that were called last first.
fn by_innermost_call(frames: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut functions = Vec::new();
    for frame in frames.filter(|&frame| frame != RECURSION) {
        if !functions.contains(&frame) {
            functions.push(frame);
        }
    }
    functions
}

#[test]
fn every_function_and_the_innermost_frame_of_any_of_them_stay() {
    prepare();
    fold_above(0);
    let mut random = 1_u64;
    let mut marks = 0;
    for _ in 0..3000 {
        let mut frames = vec![101, 102];
        for _ in 0..40 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            frames.push(103 + random % 5);
            let folded = kept(&frames);
            let whole = || frames.iter().rev().copied();
            let (before, after) = (whole(), folded.iter().copied());
            assert_eq!(by_innermost_call(after), by_innermost_call(before), "{folded:?}");
            assert!(whole().take(3).eq(folded.iter().copied().take(3)), "{folded:?}");
            assert!(folded.len() <= 2 + 5 + 1 + 5 + 2, "{folded:?}");
            marks += folded.iter().filter(|&&frame| frame == RECURSION).count();
        }
    }
    assert!(marks > 100_000, "{marks}");
}

#[test]
fn threads_agree_on_what_an_edge_leads_to() {
    prepare();
    let barrier = Barrier::new(4);
    let run = |number: usize| {
        // Some find that there are few stacks, and others that there are many.
        fold_above([0, usize::MAX][number % 2]);
        let mut all = Vec::new();
        for round in 0..500 {
            barrier.wait();
            let frame = |index: u64| 1000 + 10 * round + index * index % 3;
            all.push((0..30).map(frame).fold(tree::ROOT, child).0);
        }
        all
    };
    let all = std::thread::scope(|scope| {
        let threads = [0, 1, 2, 3].map(|number| scope.spawn(move || run(number)));
        threads.map(|thread| thread.join().unwrap())
    });
    assert!(all.iter().all(|stacks| *stacks == all[0]));
}

#[test]
fn a_function_is_known_by_any_address_in_it() {
    prepare();
    let start = prepare as fn() as usize as u64;
    assert_eq!([start + 1, start + 2].map(functions::calling), [start; 2]);
    assert_eq!(functions::calling(start + 1), start, "and again");
}
