//! Bodies, nested blocks, and their statements.

use super::assert_expansion;

#[test]
fn straight_line() {
    assert_expansion!(
        "straight_line",
        r#"#[mem_profile]
        fn f(n: usize) -> usize {
            let values = vec![0_u8; n];
            let more = values.clone(); let less = 1;
            println!(
                "{}",
                values.len(),
            );
            values.len() + more.len()
                + less
        }"#
    );
}

#[test]
fn without_locals_there_is_no_closing_row() {
    assert_expansion!(
        "no_locals",
        "#[mem_profile]
        fn f(values: &mut Vec<u8>) {
            values.push(1);
            values.push(2);
        }"
    );
}

#[test]
fn one_line() {
    assert_expansion!(
        "one_line",
        "#[mem_profile]
        fn f(n: u8) -> u8 { let m = n + 1; if m > 3 { m } else { 0 } }"
    );
}

#[test]
fn statements_on_the_first_row() {
    assert_expansion!(
        "statements_on_the_first_row",
        "#[mem_profile] fn f(n: u8) -> u8 { let mut m = n; while m > 3 { m -= 1;
            work(m);
        } m }"
    );
}

#[test]
fn nested_blocks() {
    assert_expansion!(
        "nested_blocks",
        "#[mem_profile]
        unsafe fn f(n: usize) -> usize {
            let sum = {
                let part = vec![n];
                part.len()
            };
            unsafe {
                read();
            }
            { write(); }
            sum
        }"
    );
}

#[test]
fn a_block_that_diverges_has_no_exit() {
    assert_expansion!(
        "leaving",
        r#"#[mem_profile]
        fn f(n: usize) -> Result<usize, String> {
            let values = vec![n];
            if n > 1 {
                let error = String::new();
                return Err(error);
            }
            if n > 2 {
                let message = n;
                panic!("{message}");
            }
            let first = values.first().ok_or("none")?;
            return Ok(*first);
        }"#
    );
}

#[test]
fn let_else() {
    assert_expansion!(
        "let_else",
        "#[mem_profile]
        fn f(value: Option<u8>) -> u8 {
            let Some(value) = value else {
                let code = 1;
                std::process::exit(code);
            };
            value
        }"
    );
}

#[test]
fn items_come_first_and_stay_unchanged() {
    assert_expansion!(
        "inner_items",
        "#[mem_profile]
        fn f() -> u8 {
            const N: u8 = {
                let n = 1;
                n
            };
            fn inner() -> u8 {
                let n = N;
                n
            }
            let array = [0; {
                let n = 2;
                n
            }];
            let constant = const {
                let n = 3;
                n
            };
            matches!(array, [0, _] if {
                constant == inner()
            });
            N
        }"
    );
}

#[test]
fn attributes_stay() {
    assert_expansion!(
        "attributes",
        "#[mem_profile]
        #[inline]
        /// Documentation.
        #[must_use]
        pub(crate) fn f() -> u8 {
            #![allow(unused)]
            #[allow(unused_mut)]
            let mut n = 1;
            #[allow(clippy::all)]
            if n > 2 {
                n += 1;
            }
            n
        }"
    );
}

#[test]
fn cfg_is_copied() {
    assert_expansion!(
        "cfg",
        r#"#[mem_profile]
        fn f() -> u8 {
            #[cfg(unix)]
            let n = 1;
            #[cfg_attr(windows, cfg(all()))]
            n.add_assign(1);
            let m = 2;
            #[cfg(unix)]
            {
                n + m
            }
            #[cfg(not(unix))]
            return m;
        }"#
    );
}

#[test]
fn qualifiers_stay() {
    assert_expansion!(
        "qualifiers",
        r#"#[mem_profile]
        pub unsafe extern "C" fn f<'a, T: Clone, const N: usize>(x: &'a [T; N]) -> impl Iterator<Item = T> + 'a
        where
            T: Send,
        {
            let all = x.iter();
            all.cloned()
        }"#
    );
}

#[test]
fn tails_that_keep_temporaries_end_before_the_frame() {
    assert_expansion!(
        "tail_temporaries",
        "#[mem_profile]
        fn f(lock: &Mutex<Vec<u8>>) -> usize {
            let extra = 1;
            lock.lock().unwrap().len() + extra
        }"
    );
}

#[test]
fn tails_without_a_value_are_statements() {
    assert_expansion!(
        "tails",
        "#[mem_profile]
        fn f(n: Option<u8>, values: &[u8]) {
            let all = vec![n];
            for value in values.iter() {
                let copy = *value;
                while copy > 1 {
                    let m = copy;
                    if m > 2 {
                        return;
                    }
                }
            }
            if let Some(n) = n {
                let m = n;
                match m {
                    0 => return,
                    _ => {
                        work(m);
                    }
                }
            } else {
                let m = 1;
                if let Some(_) = lock().get() {
                    work(m)
                }
            }
        }"
    );
}
