//! Annotated code that is called by the standard library: destructors, comparisons, iterators.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::fmt;
use std::hint::black_box;

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

struct Noisy(usize);

impl Drop for Noisy {
    #[mem_profile] //= 6x
    fn drop(&mut self) {
        drop(bytes(self.0)); //= ^30 6a 120b 6x
    }
}

#[mem_profile] //= 1x
fn drops_many() {
    let list = black_box([Noisy(10), Noisy(20), Noisy(30)]); //= 1x
    drop(list); //= ^30 3a 60b 1x
    let _kept = black_box([Noisy(10), Noisy(20)]); //= 1x
    let _last = Noisy(30); //= 1x
} //= ^30 3a 60b 1x

struct Countdown(usize);

#[mem_profile]
impl Iterator for Countdown {
    type Item = Vec<u8>;

    #[rustfmt::skip]
    fn next(&mut self) -> Option<Vec<u8>> { //= 4x
        self.0 = self.0.checked_sub(1)?; //= 4x
        Some(bytes(10 * self.0 + 10)) //= +60 ^30 3a 60b 3x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 1x
fn iterates() -> usize {
    let mut sum = 0; //= 1x
    // The header calls `next`, and drops each item.
    for item in Countdown(3) { //= ^30 3a 60b 4x
        sum += item.len(); //= 3x
    }
    sum //= 1x
} //= 1x last

struct Shown(RefCell<Vec<Vec<u8>>>);

impl fmt::Display for Shown {
    #[mem_profile] //= 2x
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.0.borrow_mut().push(bytes(8)); //= +16 ^8 2a 16b 2x
        formatter.write_str("shown") //= 2x
    }
}

#[mem_profile] //= 1x
fn formats() -> usize {
    let mut text = String::with_capacity(100); //= +100 ^100 1a 100b 1x
    let shown = Shown(RefCell::new(Vec::with_capacity(2))); //= +48 ^48 1a 48b 1x
    fmt::Write::write_fmt(&mut text, format_args!("{shown} and {shown}")).unwrap(); //= +16 ^16 2a 16b 1x
    black_box(text).len() //= -100 1x
} //= -64 1x last

struct Key(u8);

impl Key {
    #[mem_profile] //= 1x
    fn compare(&self, other: &Self) -> Ordering {
        drop(bytes(usize::from(self.0))); //= ^2 1a 2b 1x
        self.0.cmp(&other.0) //= 1x
    }
}

#[mem_profile] //= 1x
fn compares() -> bool {
    let keys = black_box([Key(2), Key(3)]); //= 1x
    keys.is_sorted_by(|a, b| a.compare(b) != Ordering::Greater) //= ^2 1a 2b 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 3x
fn calls_back(depth: usize, callback: &mut dyn FnMut(usize)) {
    let own = bytes(100); //= +300 ^100 3a 300b 3x
    callback(own.len()); //= +30 ^10 3a 30b 3x
    if depth > 0 { //= 3x
        calls_back(depth - 1, callback); //= ^220 2x
    }
} //= -300 3x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn is_called_back() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(3); //= +72 ^72 1a 72b 1x
    // Own closures have their own lines; the rest of the callee is on this one.
    calls_back(2, &mut |size| { //= ^330 3a 300b 1x
        let piece = bytes(size / 10); //= +30 ^10 3a 30b 3x
        all.push(piece); //= 3x
    }); //= 3x
    all //= 1x
} //= 1x last

fn main() {
    exact::program(|| {
        outermost("drops_many", drops_many);
        outermost("iterates", iterates);
        outermost("formats", formats);
        outermost("compares", compares);
        drop(outermost("is_called_back", is_called_back));
    });
}
