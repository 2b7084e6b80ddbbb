//! The attribute on tests with cases and fixtures, above and below the attribute that makes them so.

use mem_profile::mem_profile;
use rstest::{fixture, rstest};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

fn calls(path: &str) -> u64 {
    let snapshot = mem_profile::snapshot();
    let found = snapshot.functions.iter().filter(|function| function.name.contains(path));
    found.map(|function| function.calls).sum()
}

/// Asserts, in the last of the given number of cases, that each was measured once.
fn measured_once(arrived: &AtomicU64, cases: u64, path: &str) {
    let arrived = arrived.fetch_add(1, SeqCst) + 1;
    let calls = calls(path);
    assert!((arrived..=cases).contains(&calls), "{path}: {calls} calls, {arrived} of {cases}");
}

#[mem_profile]
#[fixture]
fn above_fixture() -> Vec<String> {
    let first = "above".to_owned();
    vec![first]
}

#[fixture]
#[mem_profile]
fn below_fixture(above_fixture: Vec<String>) -> Vec<String> {
    let mut words = above_fixture;
    words.push("below".to_owned());
    words
}

#[mem_profile]
#[rstest]
#[case("above", 5)]
#[case("", 0)]
#[case::third("one", 3)]
fn above_cases(#[case] text: &str, #[case] expected: usize) {
    static ARRIVED: AtomicU64 = AtomicU64::new(0);
    let owned = text.to_owned();
    assert_eq!(owned.len(), expected);
    measured_once(&ARRIVED, 3, "::above_cases");
}

/// An attribute before a case applies to the test that `rstest` makes for it, and the body is measured with
/// that test.
#[rstest]
#[mem_profile]
#[case("below", 5)]
#[case("", 0)]
fn below_cases(#[case] text: &str, #[case] expected: usize) {
    let owned = text.to_owned();
    assert_eq!(owned.len(), expected);
    if expected == 5 {
        assert_eq!(calls("::below_cases::case_1"), 1);
    }
    assert_eq!(calls("::below_cases::case_2"), 0);
}

#[mem_profile]
#[rstest]
fn above_values(#[values(1, 2)] left: usize, #[values(3, 4)] right: usize) {
    static ARRIVED: AtomicU64 = AtomicU64::new(0);
    let pieces = vec![0_u8; left * right];
    assert!([3, 4, 6, 8].contains(&pieces.len()));
    measured_once(&ARRIVED, 4, "::above_values");
}

#[mem_profile]
#[rstest]
fn above_fixtures(below_fixture: Vec<String>) -> Result<(), String> {
    let [above, below] = &below_fixture[..] else {
        return Err(format!("{below_fixture:?}"));
    };
    assert_eq!((above.as_str(), below.as_str()), ("above", "below"));
    assert_eq!(calls("::above_fixtures"), 1);
    Ok(())
}

#[rstest]
#[mem_profile]
fn below_fixtures(#[with(vec![])] below_fixture: Vec<String>) {
    let words = below_fixture;
    assert_eq!(words, ["below"]);
    assert_eq!(calls("::below_fixtures"), 1);
    // Directly, and through `above_fixtures`, which may not have run yet.
    assert!([1, 2].contains(&calls("::below_fixture::")), "{}", calls("::below_fixture::"));
}

#[mem_profile]
#[rstest]
#[case(2)]
#[tokio::test]
async fn above_async(#[case] turns: usize) {
    let mut words = Vec::new();
    for turn in 0..turns {
        tokio::task::yield_now().await;
        words.push(turn.to_string());
    }
    assert_eq!(words, ["0", "1"]);
    assert_eq!(calls("::above_async"), 1);
}

#[rstest]
#[mem_profile]
#[should_panic(expected = "on purpose")]
fn below_panics(#[values("on purpose")] text: &str) {
    let owned = text.to_owned();
    assert_eq!(calls("::below_panics"), 1);
    panic!("{owned}");
}
