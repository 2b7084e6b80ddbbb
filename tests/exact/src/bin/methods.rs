//! Methods, defaults of traits, generic functions, and other kinds of functions.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

struct Store {
    kept: Vec<Vec<u8>>,
}

#[rustfmt::skip]
#[mem_profile]
impl Store {
    fn new() -> Self { //= 1x
        let kept = Vec::with_capacity(4); //= +96 ^96 1a 96b 1x
        Self { kept } //= 1x
    } //= 1x

    fn add(&mut self, size: usize) -> &mut Self { //= 3x
        self.kept.push(bytes(size)); //= +60 ^30 3a 60b 3x
        self //= 3x
    }

    #[rustfmt::skip]
    fn len(&self) -> usize { bytes(self.kept.len()).len() } //= ^3 1a 3b 1x

    fn clear(mut self) { //= 1x
        self.kept.clear(); //= -60 1x
        let moved = self; //= 1x
        black_box(&moved); //= 1x
    } //= -96 1x

    #[mem_profile(skip)]
    fn skipped(&self) -> Vec<u8> {
        bytes(1000)
    }
}

trait Animal {
    fn name(&self) -> String;

    #[mem_profile] //= 2x
    fn greet(&self) -> usize {
        let name = self.name(); //= +30 ^20 2a 30b 2x
        name.capacity() //= 2x
    } //= -30 2x
}

struct Cat;
struct Dog;

impl Animal for Cat {
    fn name(&self) -> String {
        black_box(String::with_capacity(10))
    }
}

impl Animal for Dog {
    #[mem_profile] //= 1x
    fn name(&self) -> String {
        black_box(String::with_capacity(20)) //= +20 ^20 1a 20b 1x
    }
}

// One table for all instances.
#[mem_profile] //= 2x
fn generic<T: Clone>(value: T) -> Vec<T> {
    let many = black_box(vec![value; 10]); //= +90 ^80 2a 90b 2x
    many //= 2x
} //= 2x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn implicit(sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = Vec<u8>> {
    let mut all = Vec::with_capacity(2); //= +48 ^48 1a 48b 1x
    for size in sizes { //= 3x
        all.push(bytes(size)); //= +30 ^20 2a 30b 2x
    }
    all.into_iter() //= 1x
} //= 1x last

#[mem_profile] //= 1x
unsafe fn dangerous(pointer: *const u8) -> Box<u8> {
    // SAFETY: the caller passes what can be read.
    let byte = unsafe { *pointer }; //= 1x
    black_box(Box::new(byte)) //= +1 ^1 1a 1b 1x
} //= 1x last

#[mem_profile] //= 1x
extern "C" fn foreign(size: usize) -> usize {
    let value = bytes(size); //= +77 ^77 1a 77b 1x
    value.len() //= 1x
} //= -77 1x last

#[mem_profile] //= 1x
#[inline(always)]
#[must_use]
/// Documented, with attributes of its own,
/// and a signature over several lines.
pub(crate) fn long_header<T>(first: &[T], #[allow(unused)] second: usize) -> Vec<&T>
where
    T: PartialEq,
{
    let mut all = Vec::with_capacity(first.len()); //= +24 ^24 1a 24b 1x
    all.extend(first); //= 1x
    all //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] fn on_one_line(size: usize) -> Vec<u8> { bytes(size) } //= +14 ^8 2a 14b 2x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn below_the_attribute(size: usize) -> usize { let value = bytes(size); value.len() } //= ^5 1a 5b 1x

mod inside {
    use super::bytes;

    #[rustfmt::skip]
    #[mem_profile::mem_profile]
    pub(crate) mod deeper {
        pub(crate) fn function(size: usize) -> usize { //= 1x
            let value = super::bytes(size); //= +3 ^3 1a 3b 1x
            value.len() //= 1x
        } //= -3 1x
    }
}

fn main() {
    exact::program(|| {
        let mut store = Store::new();
        store.add(10).add(20).add(30);
        assert_eq!((store.len(), store.skipped().len()), (3, 1000));
        store.clear();
        assert_eq!(Cat.greet() + Dog.greet(), 30);
        drop(outermost("generic", || generic(1_u8)));
        drop(outermost("generic", || generic(2_u64)));
        drop(outermost("implicit", || implicit([10, 20].into_iter())));
        // SAFETY: the pointer is one to a static.
        drop(outermost("dangerous", || unsafe { dangerous(&7_u8) }));
        outermost("foreign", || foreign(77));
        drop(outermost("long_header", || black_box(long_header(&[1, 2, 3], 4))));
        drop(outermost("on_one_line", || on_one_line(6)));
        drop(outermost("on_one_line", || on_one_line(8)));
        outermost("below_the_attribute", || below_the_attribute(5));
        inside::deeper::function(3);
    });
}
