//! Loops, and the jumps out of them.

use super::assert_expansion;

#[test]
fn loops() {
    assert_expansion!(
        "loops",
        "#[mem_profile]
        fn f(n: usize) {
            for i in 0..n {
                let values = vec![i];
                drop(values);
            }
            while wait() {
                work();
            }
            loop { step(); }
        }"
    );
}

#[test]
fn blocks_without_locals_need_no_guard() {
    assert_expansion!(
        "loops_without_memory_effect",
        r#"#[mem_profile]
        fn f(names: &[&str]) {
            for name in names.iter() {
                print(name);
                println!("{name}");
            }
            for name in names.iter() {
                declare!(value, name);
                print(value);
            }
            for name in names.iter() {
                if name.is_empty() {
                    continue;
                }
                print(name);
            }
            for name in names.iter() {
                last(name)
            }
        }"#
    );
}

#[test]
fn while_let() {
    assert_expansion!(
        "while_let",
        "#[mem_profile]
        fn f(stack: &mut Vec<u8>) {
            while let Some(top) = stack.pop() {
                let copy = top;
                work(copy)
            }
        }"
    );
}

#[test]
fn jumps_mark_the_guards_that_they_leave() {
    assert_expansion!(
        "jumps",
        "#[mem_profile]
        fn f(n: usize) {
            'outer: for i in 0..n {
                start(i);
                for j in 0..n {
                    if i == j {
                        continue 'outer;
                    }
                    if i > j { break; }
                    work(j);
                }
            }
        }"
    );
}

#[test]
fn jumps_inside_expressions() {
    assert_expansion!(
        "nested_jumps",
        "#[mem_profile]
        fn f(values: &[Option<u8>]) -> u8 {
            let result = loop {
                let next = values.first();
                let Some(Some(first)) = next else { continue };
                let second = match values.get(1) {
                    Some(Some(second)) => second,
                    Some(None) => continue,
                    None => break 1,
                };
                first == second || break 2;
            };
            result
        }"
    );
}

#[test]
fn labelled_block() {
    assert_expansion!(
        "labelled_block",
        "#[mem_profile]
        fn f(n: u8) -> u8 {
            let m = 'search: {
                if n > 1 {
                    break 'search 2;
                }
                for i in 0..n {
                    work(i);
                    break 'search i;
                }
                3
            };
            m
        }"
    );
}

#[test]
fn loop_inside_an_expression() {
    assert_expansion!(
        "loop_in_expression",
        "#[mem_profile]
        fn f() -> u8 {
            compute(
                1,
                loop {
                    work();
                    break 2;
                },
            )
        }"
    );
}
