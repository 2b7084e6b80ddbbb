//! Closures, with and without a frame of their own.

use super::assert_expansion;

#[test]
fn blocks_have_frames() {
    assert_expansion!(
        "closure_blocks",
        "#[mem_profile]
        fn f(values: &[u8]) -> Vec<u8> {
            values
                .iter()
                .map(|value| {
                    let copy = vec![*value];
                    copy[0]
                })
                .filter(move |value| -> bool { *value > 1 })
                .collect()
        }"
    );
}

#[test]
fn expressions_have_none() {
    assert_expansion!(
        "closure_expressions",
        "#[mem_profile]
        fn f(values: &[u8]) -> usize {
            values.iter().map(|value| value + 1).filter(|value| check(*value, |n| {
                n > 1
            })).count()
        }"
    );
}

#[test]
fn branches_have_frames() {
    assert_expansion!(
        "closure_branches",
        "#[mem_profile]
        fn f(values: &[u8]) -> usize {
            let first = values.iter().map(|value| match value {
                0 => 1,
                _ => 2,
            });
            first.filter(|value| if *value > 1 { true } else { false }).count()
        }"
    );
}

#[test]
fn jumps_stay_inside() {
    assert_expansion!(
        "closure_jumps",
        "#[mem_profile]
        fn f(values: &[u8]) {
            for value in values {
                work(value);
                let closure = || {
                    for inner in values {
                        work(inner);
                        break;
                    }
                };
                closure();
            }
        }"
    );
}
