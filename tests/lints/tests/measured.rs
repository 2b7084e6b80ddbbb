//! The code under the lints is really annotated.

#[test]
fn lines_are_measured() {
    assert_eq!(lints::control::sum(&["1", "-3", "40"]).expect("numbers"), 47);
    assert_eq!(lints::types::shapes::Square::from(3).side, 3);
    let snapshot = mem_profile::snapshot();
    let calls = |name: &str| {
        let found = snapshot.functions.iter().find(|function| function.name.ends_with(name));
        found.map(|function| function.calls)
    };
    assert_eq!(calls("control::sum"), Some(1));
    assert_eq!(calls("Square::grown"), Some(1));
}
