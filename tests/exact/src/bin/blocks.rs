//! Closing braces are lines: locals free their memory there.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn nested_blocks() -> usize {
    let outer = bytes(1000); //= +1000 ^1000 1a 1000b 1x
    { //= 1x
        let middle = bytes(100); //= +100 ^100 1a 100b 1x
        { //= 1x
            let inner = bytes(10); //= +10 ^10 1a 10b 1x
            black_box((&middle, &inner)); //= 1x
        } //= -10 1x
        let second = bytes(200); //= +200 ^200 1a 200b 1x
        black_box(second); //= -200 1x
    } //= -100 1x
    let length = { //= 1x
        let scratch = bytes(50); //= +50 ^50 1a 50b 1x
        scratch.len() //= 1x
    }; //= -50 1x
    outer.len() + length //= 1x
} //= -1000 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn value_of_a_block() -> Vec<u8> {
    let kept = { //= 1x
        let scratch = bytes(7); //= +7 ^7 1a 7b 1x
        bytes(10 * scratch.len()) //= +70 ^70 1a 70b 1x
    }; //= -7 1x
    // Freed with the statement, not at a brace: the block has no local.
    { //= -30 1x
        bytes(30) //= +30 ^30 1a 30b 1x
    };
    kept //= 1x
} //= 1x last

#[mem_profile] //= 1x
fn shadowed() -> usize {
    let value = bytes(100); //= +100 ^100 1a 100b 1x
    // The first one is only shadowed.
    let value = bytes(value.len() * 2); //= +200 ^200 1a 200b 1x
    // Moved into the one that shadows it.
    let value = value.into_boxed_slice(); //= 1x
    value.len() //= 1x
} //= -300 1x last

#[mem_profile] //= 1x
#[rustfmt::skip]
fn several_on_a_line() -> usize {
    let a = bytes(10); let b = bytes(20); drop(a); //= +20 ^30 2a 30b 1x
    if b.len() > 10 { let c = bytes(5); black_box(c); } //= ^5 1a 5b 1x
    let d = { let e = bytes(3); e.len() }; b.len() + d //= ^3 1a 3b 1x
} //= -20 1x last

#[mem_profile] //= 1x
fn items_inside() -> Vec<u8> {
    const SIZE: usize = 16;
    fn helper(size: usize) -> Vec<u8> {
        let value = bytes(size);
        black_box(value)
    }
    struct Local(Vec<u8>);
    let local = Local(helper(SIZE)); //= +16 ^16 1a 16b 1x
    local.0 //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
unsafe fn unsafe_blocks(size: usize) -> usize {
    let value = bytes(size); //= +90 ^90 1a 90b 1x
    // SAFETY: the caller asks for at least one byte.
    let first = unsafe { *value.get_unchecked(0) }; //= 1x
    // SAFETY: the index is below the length.
    let last = unsafe { //= 1x
        let index = bytes(size - 1).len(); //= ^89 1a 89b 1x
        *value.get_unchecked(index) //= 1x
    }; //= 1x
    usize::from(first + last) //= 1x
} //= -90 1x last

fn main() {
    exact::program(|| {
        outermost("nested_blocks", nested_blocks);
        drop(outermost("value_of_a_block", value_of_a_block));
        outermost("shadowed", shadowed);
        outermost("several_on_a_line", several_on_a_line);
        drop(outermost("items_inside", items_inside));
        // SAFETY: nothing is asked of the caller but a size above zero.
        outermost("unsafe_blocks", || unsafe { unsafe_blocks(90) });
    });
}
