//! A panic leaves its line current: memory that unwinding frees is on that line, and on no brace.
//!
//! The standard library allocates for a panic itself, `P` bytes in `A` blocks without a message
//! and `M` bytes in `B` blocks with one. The code that catches it frees them.

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;
use std::panic::{catch_unwind, resume_unwind};

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

#[rustfmt::skip]
#[mem_profile] //= 5x
fn panics(depth: usize) -> usize {
    let local = bytes(100); //= +500 ^100 5a 500b 5x
    if depth > 0 { //= 5x
        let inner = bytes(10); //= +40 ^10 4a 40b 4x
        if depth > 1 { //= 4x
            let innermost = bytes(1); //= +3 ^1 3a 3b 3x
            black_box(&innermost); //= 3x
            resume_unwind(Box::new(())); //= -333+3*P ^P 3*Aa 3*Pb 3x
        }
        black_box(inner); //= -10 1x
    } //= 1x
    local.len() //= 2x
} //= -200 2x

#[rustfmt::skip]
#[mem_profile] //= 1x
fn catches() -> bool {
    let outer = bytes(50); //= +50 ^50 1a 50b 1x
    // `catch_unwind` frees the exception.
    let result = catch_unwind(|| { //= -P ^5+111+P 1x
        let inner = bytes(5); //= +5 ^5 1a 5b 1x
        panics(2); //= -5+P ^111+P 3+Aa 111+Pb 1x
        inner.len()
    });
    result.is_err() && outer.len() > 1 //= 1x
} //= -50 1x last

#[rustfmt::skip]
#[mem_profile] //= 3x
fn with_a_message(number: usize) -> Vec<u8> {
    let kept = bytes(30); //= +90 ^30 3a 90b 3x
    match number { //= 3x
        0 => panic!("nothing"),                //= -30+M ^M Ba Mb 1x
        1 => kept,                             //= 1x
        _ => bytes(kept.len() / (number - 2)), //= -30+D ^D Ca Db 1x
    }
} //= 1x

/// When dropped, runs annotated code.
struct Cleanup;

impl Drop for Cleanup {
    #[rustfmt::skip]
    #[mem_profile] //= 2x
    fn drop(&mut self) {
        for size in [20, 30] { //= 6x
            let scratch = bytes(size); //= +100 ^30 4a 100b 4x
            black_box(&scratch); //= 4x
        } //= -100 4x
        drop(bytes(7)); //= ^7 2a 14b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn cleaned_up(panic: bool) {
    let _cleanup = Cleanup; //= 2x
    if panic { //= 2x
        resume_unwind(Box::new(())); //= +P ^P+30 A+3a P+57b 1x
    }
} //= ^30 3a 57b 1x

fn main() {
    exact::program(|| {
        std::panic::set_hook(Box::new(|_| ()));
        let name = |bytes, blocks, cost: (usize, usize)| {
            exact::value(bytes, cost.0);
            exact::value(blocks, cost.1);
        };
        let zero = black_box(0_usize);
        name("P", "A", exact::requested(|| catch_unwind(|| resume_unwind(Box::new(()))).is_err()));
        name("M", "B", exact::requested(|| catch_unwind(|| panic!("nothing")).is_err()));
        name("D", "C", exact::requested(|| catch_unwind(|| 1 / zero).is_err()));
        for depth in [0, 1, 2, 3] {
            let _ = catch_unwind(|| panics(depth));
        }
        outermost("catches", catches);
        for number in 0..3 {
            let _ = catch_unwind(|| with_a_message(number));
        }
        for panic in [true, false] {
            let _ = catch_unwind(|| cleaned_up(panic));
        }
    });
}
