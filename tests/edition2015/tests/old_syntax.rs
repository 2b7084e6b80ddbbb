//! Annotated code with the syntax of edition 2015 is measured.

#![allow(warnings)]

extern crate mem_profile;

#[path = "../../editions/old_syntax.rs"]
mod old_syntax;

use mem_profile::mem_profile;

#[mem_profile]
trait Anonymous {
    fn required(u8, &Fn(u8) -> u8) -> u8;

    fn provided(&self, usize) -> Vec<u8> {
        let kept = vec![0; 25];
        kept
    }
}

impl Anonymous for u8 {
    fn required(_: u8, _: &Fn(u8) -> u8) -> u8 {
        1
    }
}

mod await {
    pub fn async(n: usize) -> usize {
        n
    }
}

struct Names {
    async: usize,
    try: usize,
}

#[mem_profile]
fn names() -> Vec<u8> {
    let async = vec![0_u8; ::await::async(60)];
    let await = Names { async: async.len(), try: 1 };
    let dyn = Names { try: 2, ..await };
    let try = dyn.async + dyn.try;
    trait Local {
        fn anonymous(u8) -> u8;
    }
    let kept = vec![0; try];
    kept
}

#[mem_profile]
fn async(dyn: usize) -> Result<Vec<u8>, ()> {
    let kept = try!(Ok(vec![0; dyn]));
    Ok(kept)
}

#[test]
fn old_syntax_is_measured() {
    old_syntax::test();
    assert_eq!(1u8.provided(1).len(), 25);
    assert_eq!(old_syntax::increments("Anonymous::provided"), [25, 0, 0]);
    assert_eq!(names().len(), 62);
    assert_eq!(old_syntax::increments("::names"), [60, 0, 0, 0, 62, 0, -60]);
    assert_eq!(async(15).map(|kept| kept.len()), Ok(15));
    assert_eq!(old_syntax::increments("::async"), [15, 0, 0]);
}
