use mem_profile::mem_profile;

#[mem_profile]
const fn constant() -> usize {
    let four = 4;
    four
}

#[mem_profile]
pub(crate) struct Structure {
    field: usize,
}

#[mem_profile]
#[derive(Debug)]
pub enum Choice {
    One,
}

#[mem_profile]
use std::collections::HashMap as Map;

#[mem_profile]
static WORD: &str = "word";

#[mem_profile]
const NUMBER: usize = 3;

#[mem_profile]
type Alias = usize;

#[mem_profile]
union Bits {
    number: u32,
}

#[mem_profile]
macro_rules! made {
    () => {
        4
    };
}

#[mem_profile]
unsafe extern "C" {
    safe fn abs(number: i32) -> i32;
}

struct Constants;

impl Constants {
    #[mem_profile]
    pub const fn method(&self) -> usize {
        1
    }
}

fn main() {
    // Every item still exists, so that no other error is reported.
    let structure = Structure { field: constant() };
    let map: Map<Alias, Alias> = Map::new();
    let bits = Bits { number: 1 };
    println!("{} {:?} {} {WORD}", structure.field, Choice::One, map.len() + NUMBER + made!());
    println!("{} {}", abs(-1), Constants.method());
    drop(bits);
}
