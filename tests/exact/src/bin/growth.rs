//! A reallocation counts as a difference of bytes, and not as a new allocation.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[mem_profile] //= 1x
fn grown() -> Vec<u8> {
    let mut value = black_box(Vec::<u8>::with_capacity(100)); //= +100 ^100 1a 100b 1x
    value.resize(100, 1); //= 1x
    value.reserve_exact(900); //= +900 ^900 900b 1x
    value.truncate(40); //= 1x
    value.shrink_to_fit(); //= -960 1x
    value.clear(); //= 1x
    // To nothing: that is a free.
    value.shrink_to_fit(); //= -40 1x
    value.reserve_exact(8); //= +8 ^8 1a 8b 1x
    value //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn pushed() -> usize {
    let mut value = black_box(Vec::<u64>::with_capacity(1)); //= +8 ^8 1a 8b 1x
    for number in 0..4 { //= 5x
        value.reserve_exact(1); //= +24 ^8 24b 4x
        value.push(number); //= 4x
    }
    black_box(&value).len() //= 1x
} //= -32 1x

#[mem_profile] //= 1x
fn boxed_slice() -> Box<[u16]> {
    let mut value = Vec::with_capacity(50); //= +100 ^100 1a 100b 1x
    value.extend_from_slice(&[1_u16, 2, 3]); //= 1x
    black_box(&value); //= 1x
    value.into_boxed_slice() //= -94 1x
} //= 1x last

#[mem_profile] //= 1x
fn nothing_at_all() {
    let units = black_box(vec![(); 1000]); //= 1x
    let empty = black_box(Vec::<u64>::new()); //= 1x
    let unit = black_box(Box::new(())); //= 1x
    drop((units, empty, unit)); //= 1x
} //= 1x

trait Shape {
    fn area(&self) -> u64;
}

struct Square([u64; 4]);

impl Shape for Square {
    fn area(&self) -> u64 {
        self.0[0] * self.0[1]
    }
}

#[mem_profile] //= 1x
fn dynamic() -> u64 {
    let shape: Box<dyn Shape> = black_box(Box::new(Square([2; 4]))); //= +32 ^32 1a 32b 1x
    let shared: std::rc::Rc<[u64; 8]> = black_box(std::rc::Rc::new([1; 8])); //= +80 ^80 1a 80b 1x
    let other = shared.clone(); //= 1x
    drop(shared); //= 1x
    drop(other); //= -80 1x
    shape.area() //= 1x
} //= -32 1x last

#[mem_profile] //= 1x
fn zeroed() -> (Vec<u8>, String) {
    let zeros = black_box(vec![0_u8; 12_345]); //= +12345 ^12345 1a 12345b 1x
    let ones = black_box(vec![1_u8; 54]); //= +54 ^54 1a 54b 1x
    let text = black_box(String::with_capacity(20)); //= +20 ^20 1a 20b 1x
    drop(ones); //= -54 1x
    (zeros, text) //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn shrunk_in_place() -> Vec<u8> {
    let mut value = bytes(1000); //= +1000 ^1000 1a 1000b 1x
    for keep in [500, 250] { //= 3x
        value.truncate(keep); //= 2x
        value.shrink_to_fit(); //= -750 2x
    }
    value //= 1x
} //= 1x last

fn main() {
    exact::program(|| {
        drop(outermost("grown", grown));
        outermost("pushed", pushed);
        drop(outermost("boxed_slice", boxed_slice));
        outermost("nothing_at_all", nothing_at_all);
        outermost("dynamic", dynamic);
        drop(outermost("zeroed", zeroed));
        drop(outermost("shrunk_in_place", shrunk_in_place));
    });
}
