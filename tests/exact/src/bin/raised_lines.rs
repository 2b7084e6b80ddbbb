//! Lines whose memory has already risen when they call functions that change nothing: the start of such a
//! line is neither lost nor taken for the start of another.

use exact::bytes;
use mem_profile::{assert_budget, mem_profile};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 15x
fn no_effect(value: usize) -> usize {
    value + 1 //= 15x
}

#[mem_profile] //= 3x
fn nested(value: usize) -> usize {
    let sum = no_effect(value); //= 3x
    sum + no_effect(value) //= 3x
} //= 3x

#[mem_profile] //= 1x
fn plain(value: usize) -> usize {
    let twice = 2 * value; //= 1x
    let thrice = twice + value; //= 1x
    twice + thrice //= 1x
} //= 1x

#[mem_profile] //= 3x
fn passing(size: usize) -> usize {
    bytes(size).len() //= ^1200 3a 2000b 3x
}

#[mem_profile] //= 1x
fn held() -> usize {
    let kept = (bytes(1000), no_effect(1) + no_effect(2) + passing(500)); //= +1000 ^1500 2a 1500b 1x
    drop(bytes(10)); //= ^10 1a 10b 1x
    let more = (bytes(100), nested(1), bytes(5)); //= +105 ^105 2a 105b 1x
    let first = (bytes(50), plain(1), bytes(6)); //= +56 ^56 2a 56b 1x
    drop(bytes(11)); //= ^11 1a 11b 1x
    let last = (bytes(200), nested(1) + nested(2), passing(300), passing(1200)); //= +200 ^1400 3a 1700b 1x
    drop(bytes(12)); //= ^12 1a 12b 1x
    let sum: usize = (0..5).map(|at| bytes(at).len() + no_effect(at)).sum(); //= ^4 4a 10b 1x
    drop(bytes(13)); //= ^13 1a 13b 1x
    kept.1 + more.1 + first.1 + last.1 + sum //= 1x
} //= -1361 1x

#[mem_profile] //= 1x
fn budgeted() {
    assert_budget!(max_peak = "64 KiB", { drop(bytes(14)) }); //= ^14 1a 14b 1x
}

#[mem_profile] //= 1x
fn outer() {
    drop(bytes(100_000)); //= ^100000 1a 100000b 1x
    no_effect(0); //= 1x
    budgeted(); //= ^14 1a 14b 1x
    drop((bytes(15), no_effect(1), bytes(5))); //= ^20 2a 20b 1x
}

fn main() {
    exact::program(|| {
        let unseen = bytes(1 << 20);
        let sum = held();
        outer();
        drop((unseen, sum));
    });
}
