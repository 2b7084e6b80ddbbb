//! Syntax that editions 2015 and 2018 accept, and later editions reject.

use mem_profile::mem_profile;
use std::ops::Fn as Call;

#[global_allocator]
static ALLOCATOR: mem_profile::Alloc = mem_profile::Alloc::new();

/// The figures of the lines of a function after its first, where they ran.
pub fn increments(name: &str) -> Vec<i64> {
    let snapshot = mem_profile::snapshot();
    let function = snapshot.functions.iter().find(|function| function.name.ends_with(name));
    let function = function.unwrap_or_else(|| panic!("`{}` is not measured", name));
    function.lines[1..].iter().filter_map(|line| line.increment).collect()
}

struct Thing;

#[mem_profile]
impl Thing {
    fn reference(&self, f: &Fn(usize) -> usize) -> Vec<u8> {
        let kept = vec![0; f(300)];
        kept
    }

    fn range(&self, n: usize) -> Vec<u8> {
        match n {
            0...9 => vec![0; 10],
            _ => vec![0; n],
        }
    }
}

#[mem_profile]
mod module {
    pub fn boxed(f: Box<Fn(usize) -> usize + Send>) -> Vec<u8> {
        let more = vec![0_u8; f(100)];
        drop(more);
        vec![0; f(50)]
    }

    pub struct Held {
        pub f: Box<Fn(usize) -> usize>,
        pub pair: Option<(Box<FnMut() -> u8>, Box<::std::fmt::Debug + Send>)>,
    }

    pub trait Calls {
        fn call(self) -> usize;
    }

    impl Calls for Box<Fn(Held) -> usize> {
        fn call(self) -> usize {
            self(Held { f: Box::new(|n| n), pair: None })
        }
    }
}

#[mem_profile]
fn inside() -> Vec<Vec<u8>> {
    let direct: &Fn(usize) -> Vec<u8> = &|n| vec![0; n];
    let mut all: Vec<Box<for<'a> Fn(&'a u8) -> u8>> = Vec::with_capacity(2);
    all.push(Box::new(|n: &u8| *n) as Box<Fn(&u8) -> u8>);
    let with = |f: &Fn(usize) -> Vec<u8>| {
        let first = f(20);
        vec![first, f(30)]
    };
    let kept = with(direct);
    let gen = kept;
    gen
}

#[mem_profile]
fn unknown() -> Vec<u8> {
    let first = vec![0; 40];
    let call: &Call(usize) -> Vec<u8> = &|n| vec![0; n];
    if first.len() == 40 {
        let second = call(first.len());
        return second;
    }
    first
}

pub fn test() {
    let kept = Thing.reference(&|n| n);
    assert_eq!(increments("Thing::reference"), [300, 0, 0]);
    assert_eq!(Thing.range(kept.len()).len(), 300);
    assert_eq!(increments("Thing::range"), [0, 300]);
    assert_eq!(module::boxed(Box::new(|n| n)).len(), 50);
    assert_eq!(increments("module::boxed"), [100, -100, 50, 0]);
    let boxed: Box<Fn(module::Held) -> usize> = Box::new(|held| (held.f)(7));
    assert_eq!(module::Calls::call(boxed), 7);
    assert_eq!(inside().len(), 2);
    let table = 2 * std::mem::size_of::<Box<u8>>() as i64 * 2;
    let kept = 2 * std::mem::size_of::<Vec<u8>>() as i64;
    assert_eq!(increments("::inside").iter().sum::<i64>(), 20 + 30 + kept);
    assert!(increments("::inside").contains(&table));
    assert_eq!(unknown().len(), 40);
    assert_eq!(increments("::unknown").iter().sum::<i64>(), 40);
    assert_eq!(increments("::unknown")[..2], [40, 0]);
    mem_profile::assert_budget!(no_leak, {
        let f: Box<Fn() -> u8> = Box::new(|| 1);
        f()
    });
}
