//! Stacks are found again, and a full table says so.

use super::*;

fn child(parent: Stack, frame: u64) -> Stack {
    find(parent, frame).unwrap_or_else(|| insert(parent, frame, None))
}

fn frames(site: u32) -> (Vec<u64>, bool) {
    let mut frames = Vec::new();
    let whole = frames_of(site, |frame| frames.push(frame));
    (frames, whole)
}

#[test]
fn a_stack_is_found_again_by_all_threads() {
    assert!(reserve());
    fn stack_of(frames: &[u64]) -> Stack {
        frames.iter().fold(ROOT, |stack, &frame| child(stack, frame))
    }
    fn all() -> Vec<u32> {
        (0..2000).map(|number| site_of(stack_of(&[10, 20 + number % 3, 30 + number]))).collect()
    }
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(all)).collect();
    let sites: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(sites.windows(2).all(|pair| pair[0] == pair[1]));
    for (number, &site) in (0..).zip(&sites[0]) {
        assert_eq!(frames(site), (vec![30 + number, 20 + number % 3, 10], true));
        assert!(super::sites().contains(&site));
    }
    let cut = site_of(child(UNWIND_FAILED, 9));
    assert_eq!(frames(cut), (vec![9], false));
    assert_eq!(frames(TRUNCATED), (vec![], false));
}

#[test]
fn a_full_table_stays_full() {
    let counter = AtomicU32::new(5);
    assert_eq!((next(&counter, 6), next(&counter, 6), next(&counter, 6)), (Some(5), None, None));
    assert_eq!(counter.load(Relaxed), 6);
}

#[test]
fn what_continues_a_truncated_stack_is_truncated() {
    assert!(reserve());
    let known = child(ROOT, 77);
    IS_FULL.set(true);
    let truncated = [child(known, 78), child(child(known, 79), 80)];
    IS_FULL.set(false);
    assert_eq!(truncated, [TRUNCATED_STACK; 2]);
    assert_eq!(child(TRUNCATED_STACK, 81), TRUNCATED_STACK, "although there is room");
    assert_eq!(site_of(TRUNCATED_STACK), TRUNCATED);
    assert_eq!(child(ROOT, 77), known);
}

#[cfg(feature = "graph")]
#[test]
fn a_label_is_a_site_of_the_same_stack() {
    assert!(reserve());
    let plain = site_of(child(child(ROOT, 91), 92));
    let [one, last] = [1, u16::MAX].map(|label| with_label(plain, label).unwrap());
    assert!(one != plain && last != plain && one != last);
    assert_eq!([plain, one, last].map(frames), [(); 3].map(|()| (vec![92, 91], true)));
    let labels = [plain, one, last].map(label_of);
    assert_eq!(labels, [None, Some((1, plain)), Some((u16::MAX, plain))]);
    assert_eq!((with_label(one, 1), with_label(one, u16::MAX)), (Some(one), Some(last)));
    IS_FULL.set(true);
    let full = (with_label(plain, 1), with_label(plain, 2));
    IS_FULL.set(false);
    assert_eq!(full, (Some(one), None), "there is no room");
    assert_eq!([NO_STACK, TRUNCATED].map(|site| with_label(site, 1)), [None; 2]);
}
