//! A block leaves its line wherever it is freed: on another line, in another function, by a value's last owner, by
//! a destructor, and while the stack unwinds.

use std::collections::VecDeque;
use std::hint::black_box;
use std::mem;
use std::panic::{catch_unwind, resume_unwind};
use std::rc::Rc;

use exact::{bytes, outermost};
use mem_profile::mem_profile;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] //= 1x
fn fills(queue: &mut VecDeque<Vec<u8>>) {
    for size in [10_000, 20_000, 30_000, 40_000] { //= 5x
        queue.push_back(bytes(size)); //= +100000 ^40000 4a 100000b 4x 90000p 40000l
    }
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn drains(queue: &mut VecDeque<Vec<u8>>) -> Option<Vec<u8>> {
    let first = queue.pop_front(); //= 1x
    drop(first); //= -10000 1x
    let second = queue.pop_front(); //= 1x
    let more = bytes(600_000); //= +600000 ^600000 1a 600000b 1x 600000p
    drop((more, second)); //= -620000 1x
    queue.pop_front(); //= -30000 1x
    queue.pop_front() //= 1x
} //= 1x

struct Shared(Rc<Vec<u8>>);

impl Drop for Shared {
    #[mem_profile] //= 2x
    fn drop(&mut self) {
        let empty = Rc::default(); //= +80 ^40 2a 80b 2x 0p 0l
        drop(mem::replace(&mut self.0, empty)); //= -50040 2x
    } //= 2x
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn shares() -> (Shared, Shared) {
    let block = bytes(50_000); //= +50000 ^50000 1a 50000b 1x 50000p
    let shared = Rc::new(block); //= +40 ^40 1a 40b 1x 40p
    let other = Rc::clone(&shared); //= 1x
    (Shared(shared), Shared(other)) //= 1x
} //= 1x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn unwinds(kept: Vec<u8>) {
    let local = bytes(7000); //= +7000 ^7000 1a 7000b 1x
    black_box((&kept, &local)); //= 1x
    resume_unwind(Box::new(())); //= -7000+P ^P Aa Pb 1x
}

#[mem_profile] //= 1x
fn makes() -> Vec<u8> {
    bytes(8000) //= +8000 ^8000 1a 8000b 1x 8000p
}

fn panic() {
    let _ = catch_unwind(|| resume_unwind(Box::new(())));
}

fn main() {
    exact::program(|| {
        panic();
        let (size, blocks) = exact::requested(panic);
        exact::value("P", size);
        exact::value("A", blocks);
        let mut queue = VecDeque::with_capacity(4);
        let made = makes();
        let (one, other) = shares();
        outermost("fills", || fills(&mut queue));
        let last = outermost("drains", || drains(&mut queue));
        drop(one);
        drop(other);
        assert!(catch_unwind(|| unwinds(made)).is_err());
        mem::forget(last);
    });
}
