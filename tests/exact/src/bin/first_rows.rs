//! Code on the first row of a table: it is counted as on any other row, and is not a call.

use exact::{block_on, bytes, outermost, pause};
use mem_profile::{RowKind, mem_profile};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[rustfmt::skip]
#[mem_profile] fn plain(size: usize) -> Vec<u8> { let kept = bytes(size); drop(bytes(1)); kept } //= +30 ^21 4a 32b 2x

#[rustfmt::skip]
#[mem_profile] fn turns(size: usize) -> usize { for _ in 0..3 { drop(bytes(size)); } size } //= ^10 6a 60b 8x

#[rustfmt::skip]
#[mem_profile] fn begins(size: usize) -> Vec<u8> { let kept = bytes(size); //= +7 ^7 1a 7b 1x
    drop(bytes(5)); //= ^5 1a 5b 1x
    kept //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] fn loops(size: usize) -> usize { for _ in 0..3 { let kept = bytes(size); //= +30 ^10 3a 30b 4x
    drop(kept); //= -30 3x
} size } //= 4x last

#[rustfmt::skip]
#[mem_profile] fn recursive(depth: usize) -> Vec<u8> { if depth == 0 { bytes(9) } else { recursive(depth - 1) } } //= +9 ^9 1a 9b 4x

#[rustfmt::skip]
#[mem_profile] fn closure(size: usize) -> impl Fn() -> Vec<u8> { move || { let kept = bytes(size); drop(bytes(1)); kept } } //= +12 ^7 4a 14b 1x

#[rustfmt::skip]
#[mem_profile] async fn task(size: usize) -> Vec<u8> { let kept = bytes(size); pause().await; kept } //= +11 ^11 1a 11b 1x

/// Its parameters are dropped by its body.
#[rustfmt::skip]
#[mem_profile] async fn takes(_: Vec<u8>, _kept: Vec<u8>) {} //= -5 1x

#[rustfmt::skip]
#[mem_profile] fn nothing(_: usize) {} //= 1x

struct Store;

#[rustfmt::skip]
#[mem_profile]
impl Store {
    fn add(&self, size: usize) -> Vec<u8> { bytes(size) } //= +8 ^8 1a 8b 1x
}

#[rustfmt::skip]
#[mem_profile]
mod inside {
    pub(crate) fn add(size: usize) -> Vec<u8> { super::bytes(size) } //= +4 ^4 1a 4b 1x
}

macro_rules! declare {
    ($name:ident) => {
#[rustfmt::skip]
        #[mem_profile] fn $name(size: usize) -> Vec<u8> { bytes(size) } //= +3 ^3 1a 3b 1x
    };
}

declare!(declared);

/// The code that it inserts before the statements of the body has no line there.
macro_rules! with_more {
    ($name:ident, $more:ident, $($statement:tt)*) => {
#[rustfmt::skip]
        #[mem_profile] //= +20 ^20 1a 20b 1x
        fn $name(size: usize) -> (Vec<u8>, Vec<u8>) {
            $($statement)*
            ($more, bytes(size)) //= +6 ^6 1a 6b 1x
        } //= 1x last
    };
}

with_more!(more_before, more, let more = bytes(20););

fn assert_calls(function: &str, calls: u64, kind: RowKind) {
    let snapshot = mem_profile::snapshot();
    let name = format!("first_rows::{function}");
    let function = snapshot.functions.iter().find(|it| it.name == name).expect("it was called");
    assert_eq!((function.calls, function.lines[0].kind), (calls, kind), "{name}");
}

fn main() {
    exact::program(|| {
        drop(outermost("plain", || plain(10)));
        drop(outermost("plain", || plain(20)));
        outermost("turns", || turns(10));
        outermost("turns", || turns(10));
        drop(outermost("begins", || begins(7)));
        outermost("loops", || loops(10));
        drop(outermost("recursive", || recursive(3)));
        let make = outermost("closure", || closure(6));
        drop((outermost("closure", &make), outermost("closure", &make)));
        drop(outermost("task", || block_on(task(11))));
        let (one, other) = (bytes(2), bytes(3));
        outermost("takes", || block_on(takes(one, other)));
        outermost("nothing", || nothing(1));
        drop(outermost("Store::add", || Store.add(8)));
        drop(outermost("inside::add", || inside::add(4)));
        drop(outermost("declared", || declared(3)));
        drop(outermost("more_before", || more_before(6)));

        for (function, calls) in [("plain", 2), ("turns", 2), ("begins", 1), ("loops", 1)] {
            assert_calls(function, calls, RowKind::Both);
        }
        for (function, calls) in [("recursive", 4), ("closure", 1), ("task", 1), ("declared", 1)] {
            assert_calls(function, calls, RowKind::Both);
        }
        assert_calls("takes", 1, RowKind::Both);
        assert_calls("more_before", 1, RowKind::Both);
        assert_calls("nothing", 1, RowKind::Entry);
    });
}
