//! Figures beside the truth: events that an allocator recorded, and theory.

use crate::run::{printed, program};

/// How much is compared: a million captures and more in optimised builds.
const SCALE: &str = if cfg!(debug_assertions) { "1" } else { "5" };

#[test]
fn stacks_and_figures_are_those_that_were_recorded() {
    let mut captures = 0;
    let works = [
        "json",
        "map",
        "tree",
        "regex",
        "threads",
        "tokio",
        "rayon",
        "scope",
        "macros",
        "coroutines",
    ];
    for work in works {
        for walk in ["short", "full"] {
            let text = printed(&mut program!("truth", work, SCALE, walk));
            captures += text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("number");
        }
    }
    let least = if cfg!(debug_assertions) { 400_000 } else { 2_000_000 };
    assert!(captures > least, "only {captures} captures were compared");
}

#[test]
fn each_block_is_listed_with_its_size() {
    assert_eq!(printed(&mut program!("sizes")), "right\n");
}

#[test]
fn what_the_tables_have_no_room_for_is_counted_and_said() {
    assert_eq!(printed(&mut program!("full")), "right\n");
}

#[test]
fn a_sample_is_right_on_average_and_as_exact_as_theory_says() {
    let text = printed(&mut program!("sampled"));
    for line in text.lines() {
        let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [bias, spread, theory] = numbers[..] else { panic!("{line}") };
        assert!(bias.abs() < 3.5 * theory / 40_f64.sqrt(), "biased: {line}");
        assert!(spread < 1.5 * theory, "not exact: {line}");
        assert!(spread > 0.0, "everything was taken: {line}");
    }
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn the_first_block_of_a_thread_is_in_a_sample_by_the_same_chance_as_any() {
    let text = printed(&mut program!("first"));
    let held: i64 = text.trim().parse().expect("a number");
    // 20,000 bytes, give or take 9,000; if all were taken, 830,000.
    assert!(held < 100_000, "{held} bytes");
}
