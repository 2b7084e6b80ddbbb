//! Messages and locations of panics, and the locations that `#[track_caller]` reports.

use crate::support::*;
use std::panic::Location;

fn place(location: &Location<'_>) -> String {
    location.to_string()
}

#[track_caller]
fn caller() -> String {
    place(Location::caller())
}

both! { panics;
    pub(crate) fn panics(which: usize, values: &[i32], divisor: i32) -> i32 {
        let first = values.first().copied();
        match which {
            0 => panic!("on purpose: {which}"),
            1 => values[values.len()],
            2 => {
                let none: Option<i32> = None.or(first.filter(|_| false));
                none.unwrap()
            }
            3 => 1 / divisor,
            4 => i32::MAX + values.len() as i32,
            5 => first
                .and_then(|value| value.checked_sub(1))
                .filter(|value| *value > 100)
                .expect("on purpose"),
            6 => assert_eq_with(values.len(), 77),
            7 => {
                let call = |index: usize| {
                    let shifted = index + 1;
                    values[shifted + values.len()]
                };
                call(3)
            }
            8 => (0..9).map(|index| match index {
                0 => values[index],
                _ => values[index + 100],
            }).sum(),
            9 => 'block: {
                let cell = std::cell::RefCell::new(1);
                let _held = cell.borrow_mut();
                if which == 0 { break 'block 1 }
                let value = *cell.borrow(); value
            },
            _ => if divisor != 0 {
                1
            } else if which == 10 {
                unreachable!("on purpose: {divisor}")
            } else if which == 11 && values[which * 100] == 1 {
                2
            } else {
                loop {
                    let gone: Result<i32, String> = Err("on purpose".to_owned());
                    if let 12 = which { break gone.unwrap(); }
                    assert!(divisor > 0, "on purpose");
                }
            },
        }
    }
}

fn assert_eq_with(left: usize, right: usize) -> i32 {
    assert_eq!(left, right, "on purpose");
    0
}

both! { callers;
    pub(crate) fn callers() -> Vec<String> {
        let mut all = vec![caller()];
        all.push(caller()); all.push(caller());
        for name in [caller()] {
            all.push(name);
        }
        let in_closure = || {
            let found = caller();
            found
        };
        all.push(in_closure());
        all.extend(Some(0).map(|_| caller()));
        all.push(match all.len() {
            0 => String::new(),
            _ => caller(),
        });
        all.push(if all.is_empty() {
            String::new()
        } else if caller().is_empty() { String::new() } else {
            caller()
        });
        caller().clone_into(&mut all[0]);
        all.push(
            caller()
                .replace("never", caller().as_str()),
        );
        all
    }
}

both! { tracked;
    #[track_caller]
    pub(crate) fn tracked(values: &[i32]) -> (String, String) {
        let own = place(Location::caller());
        if values.is_empty() {
            panic!("on purpose");
        }
        (own, caller())
    }
}

both! { asynchronous;
    pub(crate) async fn asynchronous(which: usize) -> Vec<String> {
        let mut all = vec![caller()];
        yield_now().await;
        all.push(caller());
        let block = async {
            yield_now().await;
            caller()
        };
        all.push(block.await);
        match which {
            0 => all,
            1 => panic!("on purpose: {}", all.len()),
            _ => {
                let missing = all.get(99);
                yield_now().await;
                vec![missing.unwrap().clone()]
            }
        }
    }
}

both! { positions;
    pub(crate) fn positions() -> (u32, u32, &'static str, &'static str) {
        let file = file!();
        let (line, column) = (line!(), column!());
        (line, column, file, stringify!(a + b { c }))
    }
}

#[test]
fn panics_have_the_same_locations() {
    keep_quiet();
    // Release builds do not check the sum of number 4.
    for which in (0..14).filter(|which| *which != 4 || cfg!(debug_assertions)) {
        let plain = panic_of(|| panics::plain::panics(which, &[1, 2, 3], 0));
        let annotated = panic_of(|| panics::annotated::panics(which, &[1, 2, 3], 0));
        assert_eq!(plain, annotated, "panic {which}");
    }
    assert_measured("::panics::annotated::");
    let first = panic_of(|| panics::annotated::panics(0, &[], 0));
    assert!(first.ends_with("on purpose: 0") && first.contains("locations.rs:19:18"), "{first}");
}

#[test]
fn callers_have_the_same_locations() {
    let places = same!(callers()).0;
    assert!(places[0].ends_with("locations.rs:93:9"), "{}", places[0]);
    let here = |call: fn(&[i32]) -> (String, String)| call(&[1]);
    let (plain, annotated) = (tracked::plain::tracked, tracked::annotated::tracked);
    assert_eq!(here(plain), here(annotated));
    let call = tracked::annotated::tracked;
    let panicking = panic_of(|| call(&[]));
    assert!(panicking.ends_with(":\non purpose"), "{panicking}");
    let here = tracked::annotated::tracked(&[1]).0;
    assert!(here.ends_with(&format!("locations.rs:{}:16", line!() - 1)), "{here}");
    let panicking = panic_of(|| tracked::annotated::tracked(&[]));
    let place = format!("locations.rs:{}:33:\non purpose", line!() - 1);
    assert!(panicking.ends_with(&place), "{panicking}");
}

#[test]
fn async_bodies_have_the_same_locations() {
    same_async!(asynchronous(0));
    for which in 1..3 {
        let plain = panic_of(|| block_on(asynchronous::plain::asynchronous(which)));
        let annotated = panic_of(|| block_on(asynchronous::annotated::asynchronous(which)));
        assert_eq!(plain, annotated);
    }
}

#[test]
fn macros_see_their_own_positions() {
    same!(positions());
}
