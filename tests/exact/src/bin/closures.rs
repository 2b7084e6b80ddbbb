//! A closure with a block has a frame of its own in the table of its function.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[rustfmt::skip]
#[mem_profile] //= 1x
fn called_twice() -> usize {
    let double = |size: usize| { //= 1x
        let scratch = bytes(2 * size); //= +60 ^40 2a 60b 2x
        scratch.len() //= 2x
    }; //= -60 2x
    let first = double(10); //= ^20 1x
    let second = double(20); //= ^40 1x
    first + second //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn in_an_iterator() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3); //= +72 ^72 1a 72b 1x
    let pieces = (1..=3).map(|size| { //= 1x
        drop(bytes(100)); //= ^100 3a 300b 3x
        bytes(size) //= +6 ^3 3a 6b 3x
    });
    // Lazy: the closure runs here, and its memory is on its own lines.
    all.extend(pieces); //= ^103 1x
    all //= 1x
} //= 1x last

#[mem_profile] //= 1x
fn without_a_block() -> usize {
    let make = |size| bytes(size); //= 1x
    let kept = make(10); //= +10 ^10 1a 10b 1x
    let sum: usize = (0..3).map(|size| make(size).len()).sum(); //= ^2 2a 3b 1x
    kept.len() + sum //= 1x
} //= -10 1x

#[mem_profile] //= 1x
fn multi_line_chain() -> usize {
    bytes(4) //= ^8 4a 13b 1x
        .iter()
        .enumerate()
        .filter(|(index, _)| *index > 0)
        .map(|(index, _)| bytes(index + 1).len())
        .sum()
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn chain_with_blocks() -> usize {
    (1..4) //= -60 ^43 1x
        .map(|size| {
            let piece = bytes(10 * size); //= +60 ^30 3a 60b 3x
            black_box(&piece); //= 3x
            piece //= 3x
        }) //= 3x
        .filter(|piece| {
            let scratch = bytes(13); //= +39 ^13 3a 39b 3x
            piece.len() > scratch.len() //= 3x
        }) //= -39 3x
        .map(|piece| match piece.len() { //= 2x
            20 => 2, //= 1x
            _ => 1,  //= 1x
        })
        .sum()
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn nested_closures() -> usize {
    let outer = |size: usize| { //= 1x
        let kept = bytes(size); //= +100 ^100 1a 100b 1x
        let inner = |extra: usize| { //= 1x
            let both = bytes(kept.len() + extra); //= +230 ^120 2a 230b 2x
            both.len() //= 2x
        }; //= -230 2x
        let first = inner(10); //= ^110 1x
        first + inner(20) //= ^120 1x
    }; //= -100 1x
    outer(100) //= ^220 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn moved_in() -> usize {
    let captured = bytes(500); //= +500 ^500 1a 500b 1x
    let consume = move || { //= 1x
        let length = captured.len(); //= 1x
        drop(captured); //= -500 1x
        length //= 1x
    }; //= 1x
    consume() //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn boxed() -> Box<dyn Fn(usize) -> usize> {
    let captured = bytes(64); //= +64 ^64 1a 64b 1x
    // The box holds the captured vector: 24 bytes.
    Box::new(move |size| { //= +24 ^24 1a 24b 1x
        let scratch = bytes(size); //= +7 ^4 2a 7b 2x
        scratch.len() + captured.len() //= 2x
    }) //= -7 2x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn on_lines_of_their_own() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3); //= +72 ^72 1a 72b 1x
    all.extend( //= -3 ^5 1x
        (1..=3)
            .map(|size| { let piece = bytes(size); //= +6 ^3 3a 6b 3x
                piece //= 3x
            }) //= 3x
            .filter(|piece: &Vec<u8>| match bytes(2).len() < piece.len() { //= ^2 3a 6b 3x
                true => true, //= 1x
                false => false, //= 2x
            })
    );
    all //= 1x
} //= 1x last

/// Not annotated: the closure's lines are in the table of the function that wrote it.
fn call_later(function: Box<dyn Fn(usize) -> usize>) -> usize {
    function(3) + function(4)
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn for_another_thread() -> Box<dyn FnOnce() -> Vec<u8> + Send> {
    let captured = bytes(16); //= +16 ^16 1a 16b 1x
    Box::new(move || { //= +24 ^24 1a 24b 1x
        let more = bytes(captured.len() * 2); //= +32 ^32 1a 32b 1x
        drop(captured); //= -16 1x
        more //= 1x
    }) //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 2x
fn returning_early(found: bool) -> usize {
    let search = |size: usize| { //= 2x
        let scratch = bytes(size); //= +20 ^10 2a 20b 2x
        if found { //= 2x
            return 0; //= -10 1x
        }
        scratch.len() //= 1x
    }; //= -10 1x
    search(10) //= ^10 2x
} //= 2x

fn main() {
    exact::program(|| {
        outermost("called_twice", called_twice);
        drop(outermost("on_lines_of_their_own", on_lines_of_their_own));
        drop(outermost("in_an_iterator", in_an_iterator));
        outermost("without_a_block", without_a_block);
        outermost("multi_line_chain", multi_line_chain);
        outermost("chain_with_blocks", chain_with_blocks);
        outermost("nested_closures", nested_closures);
        outermost("moved_in", moved_in);
        call_later(outermost("boxed", boxed));
        let job = for_another_thread();
        drop(std::thread::spawn(job).join().expect("no panic"));
        for found in [true, false] {
            outermost("returning_early", || returning_early(found));
        }
    });
}
