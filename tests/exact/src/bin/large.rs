//! Blocks of all sizes: the total is published in steps of 64 KiB, and no figure shows it.

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 1x
fn steps() -> usize {
    let below = bytes(65_535); //= +65535 ^65535 1a 65535b 1x
    let one = bytes(1); //= +1 ^1 1a 1b 1x
    let exactly = bytes(65_536); //= +65536 ^65536 1a 65536b 1x
    let above = bytes(65_537); //= +65537 ^65537 1a 65537b 1x
    drop(one); //= -1 1x
    drop(below); //= -65535 1x
    drop(above); //= -65537 1x
    drop(bytes(131_071)); //= ^131071 1a 131071b 1x
    drop(bytes(131_073)); //= ^131073 1a 131073b 1x
    exactly.len() //= 1x
} //= -65536 1x last

#[mem_profile] //= 1x
fn megabytes() -> Vec<u8> {
    let large = bytes(1 << 20); //= +1048576 ^1048576 1a 1048576b 1x
    let larger = bytes(100 << 20); //= +104857600 ^104857600 1a 104857600b 1x
    let sum = bytes(3 << 20).len() + bytes(70_000).len(); //= ^3215728 2a 3215728b 1x
    drop(larger); //= -104857600 1x
    drop(bytes(sum)); //= ^3215728 1a 3215728b 1x
    large //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn many_small() -> usize {
    let mut all = Vec::with_capacity(10_000); //= +240000 ^240000 1a 240000b 1x
    for _ in 0..10_000 { //= 10001x
        all.push(bytes(100)); //= +1000000 ^100 10000a 1000000b 10000x
    }
    while let Some(last) = all.pop() { //= 10001x
        drop(last); //= -1000000 10000x
    }
    all.len() //= 1x
} //= -240000 1x last

/// Ten small blocks at a time, a thousand times.
fn churn(kept: &mut Vec<Vec<u8>>) {
    for _ in 0..1000 {
        for size in 1..=10 {
            kept.push(bytes(100 * size));
        }
        kept.clear();
    }
}

#[mem_profile] //= 1x
#[rustfmt::skip]
fn up_and_down_in_one_line() {
    let mut kept = Vec::with_capacity(1000); //= +24000 ^24000 1a 24000b 1x
    churn(&mut kept); //= ^5500 10000a 5500000b 1x
    kept.extend((0..1000).map(|_| bytes(200))); //= +200000 ^200000 1000a 200000b 1x
    kept.truncate(250); //= -150000 1x
    // The line falls by 50,000 and rises by 60,000: its peak is 10,000 above its start.
    kept.clear(); drop(bytes(60_000)); //= -50000 ^10000 1a 60000b 1x
} //= -24000 1x last

#[mem_profile] //= 1x
#[rustfmt::skip]
fn falls_before_it_rises() -> usize {
    let mut value = bytes(300_000); //= +300000 ^300000 1a 300000b 1x
    let length = { std::mem::take(&mut value).len() } + bytes(299_999).len(); //= -300000 1a 299999b 1x
    let more = { drop(std::mem::take(&mut value)); bytes(7).len() }; //= ^7 1a 7b 1x
    length + more //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 3x
fn nested(depth: usize) -> usize {
    let kept = bytes(50_000); //= +150000 ^50000 3a 150000b 3x
    let below = match depth { //= 3x
        0 => bytes(1_000_000).len(), //= ^1000000 1a 1000000b 1x
        _ => nested(depth - 1),      //= ^1100000 2x
    };
    kept.len() + below //= 3x
} //= -150000 3x

#[mem_profile] //= 1x
fn spikes_and_keeps() -> Vec<u8> {
    drop(bytes(1_000_000)); //= ^1000000 1a 1000000b 1x
    let kept = bytes(300_000); //= +300000 ^300000 1a 300000b 1x
    kept //= 1x
} //= 1x

#[mem_profile] //= 1x
fn gives_back_and_spikes(kept: Vec<u8>) {
    drop(kept); //= -300000 1x
    drop(bytes(400_000)); //= ^400000 1a 400000b 1x
}

#[mem_profile] //= 1x
fn waits_for_both() {
    let kept = spikes_and_keeps(); //= +300000 ^1000000 2a 1300000b 1x
    gives_back_and_spikes(kept); //= -300000 ^100000 1a 400000b 1x
} //= 1x last

fn main() {
    exact::program(|| {
        outermost("steps", steps);
        drop(outermost("megabytes", megabytes));
        outermost("many_small", many_small);
        outermost("up_and_down_in_one_line", up_and_down_in_one_line);
        outermost("falls_before_it_rises", falls_before_it_rises);
        outermost("waits_for_both", waits_for_both);
        outermost("nested", || nested(2));
    });
}
