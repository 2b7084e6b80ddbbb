//! Code of the deepest nesting that the compiler accepts compiles with the attribute as well.

#![recursion_limit = "10000"]
#![allow(unused_parens, clippy::all)]

#[global_allocator]
static ALLOCATOR: mem_profile::Alloc = mem_profile::Alloc::new();

/// A function whose value is `$value` with all of `$open … $close` around it, one for each `.`.
macro_rules! nested {
    ([] $name:ident, $value:tt, $wrap:ident) => {
        #[mem_profile::mem_profile]
        fn $name(kept: &mut Vec<Vec<u8>>) -> u64 {
            kept.push(vec![0; 1000]);
            $value
        }
    };
    ([. $($rest:tt)*] $name:ident, $value:tt, closure) => {
        nested! { [$($rest)*] $name, { (|| { let _inner = 1; $value })() }, closure }
    };
    ([. $($rest:tt)*] $name:ident, $value:tt, arm) => {
        nested! { [$($rest)*] $name, { match 1 { 0 => 1, _ => { let _inner = 1; $value } } }, arm }
    };
    ([. $($rest:tt)*] $name:ident, $value:tt, block) => {
        nested! { [$($rest)*] $name, { let _inner = vec![1]; $value }, block }
    };
    ([. $($rest:tt)*] $name:ident, $value:tt, call) => {
        nested! { [$($rest)*] $name, (u64::min(1, $value)), call }
    };
    ([. $($rest:tt)*] $name:ident, $value:tt, negation) => {
        nested! { [$($rest)*] $name, (!$value), negation }
    };
    ([. $($rest:tt)*] $name:ident, ($($value:tt)*), sum) => {
        nested! { [$($rest)*] $name, ($($value)* + 1), sum }
    };
    ([. $($rest:tt)*] $name:ident, {$($value:tt)*}, chain) => {
        nested! { [$($rest)*] $name, {
            if std::env::args().count() == 0 { 1 } else $($value)*
        }, chain }
    };
}

/// The dots of its arguments, sixteen times.
macro_rules! fourfold {
    ([$($dots:tt)*] $($rest:tt)*) => {
        fourfold! { @again [$($dots)* $($dots)* $($dots)* $($dots)*] $($rest)* }
    };
    (@again [$($dots:tt)*] $($rest:tt)*) => {
        nested! { [$($dots)* $($dots)* $($dots)* $($dots)*] $($rest)* }
    };
}

fourfold! { [. . . . . . . . . . . . .] closures, 1, closure }
fourfold! { [. . . . . . . . . . . . .] arms, 1, arm }
fourfold! { [. . . . . . . . . . . . . . . . . . . .] blocks, 1, block }
fourfold! { [. . . . . . . . . . . . . . . . . . . .] calls, 1, call }
fourfold! { [. . . . . . . . . . . . . . . . . . . .] negations, 1, negation }
fourfold! { [. . . . . . . . . . . . . . . . . . . .] sums, (1), sum }
fourfold! { [. . . . . . . . . . . . . . . . . . . .] chains, { if true { 2 } else { 3 } }, chain }

fn main() {
    let mut kept = Vec::with_capacity(100);
    for function in [closures, arms, blocks, calls, negations, sums, chains] {
        function(&mut kept);
    }
    let snapshot = mem_profile::snapshot();
    assert_eq!(snapshot.functions.len(), 7);
    for function in &snapshot.functions {
        // The first line shows the memory in use before.
        let sum: i64 = function.lines[1..].iter().filter_map(|line| line.increment).sum();
        assert_eq!(sum, 1000, "{}", function.name);
    }
}
