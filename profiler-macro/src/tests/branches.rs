//! `if` and `match`.

use super::assert_expansion;

#[test]
fn if_else() {
    assert_expansion!(
        "if_else",
        "#[mem_profile]
        fn f(n: u8) -> Vec<u8> {
            if n == 1 {
                Vec::new()
            } else {
                let n = n + 1;
                vec![n]
            }
        }"
    );
}

#[test]
fn else_if() {
    assert_expansion!(
        "else_if",
        "#[mem_profile]
        fn f(n: Option<u8>) -> u8 {
            let result = if n.is_none() {
                1
            } else if let Some(0) = n {
                2
            } else if n == Some(3) { 3 }
            else if n == Some(4) && n != Some(5) {
                return 4;
            } else {
                5
            };
            result
        }"
    );
}

#[test]
fn else_if_on_the_same_line() {
    assert_expansion!(
        "else_if_same_line",
        "#[mem_profile]
        fn f(n: u8) -> u8 {
            if n == 1 { 1 } else if n == 2 {
                2
            } else { 3 }
        }"
    );
}

#[test]
fn if_let_chain() {
    assert_expansion!(
        "if_let_chain",
        "#[mem_profile]
        fn f(n: Option<Option<u8>>) {
            if let Some(n) = n
                && let Some(m) = n
                && m > 1
            {
                work(m);
            }
        }"
    );
}

#[test]
fn match_arms() {
    assert_expansion!(
        "match_arms",
        "#[mem_profile]
        fn f(n: u8) -> Result<u8, u8> {
            let m = match n {
                0 => 1,
                1 | 2
                | 3 => {
                    let k = n;
                    k + 1
                }
                4 if n > 3 => { n }
                5 =>
                    long(n),
                6 => return Err(1),
                7 => {}
                _ => unreachable!(),
            };
            Ok(m)
        }"
    );
}

#[test]
fn match_on_one_line() {
    assert_expansion!(
        "match_one_line",
        "#[mem_profile]
        fn f(n: Option<u8>) -> u8 {
            let m = match n { Some(n) => n, None => { 0 } };
            m
        }"
    );
}

#[test]
fn match_in_an_expression() {
    assert_expansion!(
        "match_nested",
        "#[mem_profile]
        fn f(n: Option<Option<u8>>) -> u8 {
            compute(match n {
                Some(n) => match n {
                    Some(n) => n,
                    None => 1,
                },
                None => 2,
            })
        }"
    );
}

#[test]
fn branches_in_a_variant_end_their_statement() {
    assert_expansion!(
        "branches_in_a_variant",
        "#[mem_profile]
        fn f(n: &[u8]) -> Option<Result<u8, ()>> {
            let more = Some(if n.is_empty() {
                Vec::new()
            } else {
                n.to_vec()
            });
            work(more);
            Some(Ok(if n.len() > 1 {
                n[0]
            } else {
                let m = n.to_vec();
                m[0]
            }))
        }"
    );
}
