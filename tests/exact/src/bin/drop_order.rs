//! When temporaries and locals are dropped, and on which line (edition 2024).

use exact::{bytes, outermost};
use mem_profile::mem_profile;
use std::hint::black_box;

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

/// When dropped, frees its own 100 bytes after it has held 1000 more.
struct Heavy(Vec<u8>);

impl Heavy {
    fn new() -> Self {
        Self(bytes(100))
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Heavy {
    fn drop(&mut self) {
        drop(bytes(1000));
    }
}

#[mem_profile] //= 1x
fn temporary_in_the_tail() -> usize {
    let local = bytes(5); //= +5 ^5 1a 5b 1x
    // The temporary goes before the local, and before the closing brace.
    Heavy::new().len() + local.len() //= ^1100 2a 1100b 1x
} //= -5 1x last

#[mem_profile] //= 1x
fn destructor_at_the_brace() -> usize {
    let heavy = Heavy::new(); //= +100 ^100 1a 100b 1x
    heavy.len() //= 1x
} //= -100 ^1000 1a 1000b 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
fn match_in_the_tail() -> usize {
    let local = bytes(6); //= +6 ^6 1a 6b 1x
    // The line continues after the arm, with the temporary: its peak counts from there.
    match Heavy::new().len() { //= ^1000 2a 1100b 1x
        0 => 0,
        length => { //= 1x
            let inner = bytes(length); //= +100 ^100 1a 100b 1x
            inner.len() + local.len() //= 1x
        } //= -100 1x
    }
} //= -6 1x last

#[rustfmt::skip]
#[mem_profile] //= 2x
fn if_let_temporaries(found: usize) -> usize {
    // Before the `else`, the temporary is gone: the edition of 2024.
    if let Some(byte) = Heavy::new().0.get(found) { //= ^1100 4a 2200b 2x
        usize::from(*byte) + bytes(1).len() //= ^1 1a 1b 1x
    } else {
        bytes(2).len() //= ^2 1a 2b 1x
    }
}

#[mem_profile] //= 1x
fn reversed() {
    let first = Heavy::new(); //= +100 ^100 1a 100b 1x
    let second = bytes(900); //= +900 ^900 1a 900b 1x
    // Last declared, first dropped: 900 are gone before the destructor takes its 1000.
    black_box((&first, &second)); //= 1x
} //= -1000 ^100 1a 1000b 1x last

#[mem_profile] //= 1x
fn extended_temporary() -> usize {
    let borrowed = &Heavy::new(); //= +100 ^100 1a 100b 1x
    let slice: &[Vec<u8>] = &[bytes(1), bytes(2)]; //= +3 ^3 2a 3b 1x
    borrowed.len() + slice.len() //= 1x
} //= -103 ^997 1a 1000b 1x last

#[mem_profile] //= 1x
fn replaced_and_taken() -> usize {
    let mut slot = Some(Heavy::new()); //= +100 ^100 1a 100b 1x
    let old = slot.replace(Heavy(bytes(50))); //= +50 ^50 1a 50b 1x
    drop(old); //= -100 ^1000 1a 1000b 1x
    slot.take().map_or(0, |heavy| heavy.len()) //= -50 ^1000 1a 1000b 1x
} //= 1x last

#[mem_profile] //= 1x
fn underscore() -> usize {
    let _ = Heavy::new(); //= ^1100 2a 1100b 1x
    let _kept = Heavy::new(); //= +100 ^100 1a 100b 1x
    let (a, _) = (bytes(3), Heavy::new()); //= +3 ^1103 3a 1103b 1x
    a.len() //= 1x
} //= -103 ^997 1a 1000b 1x last

fn main() {
    exact::program(|| {
        outermost("temporary_in_the_tail", temporary_in_the_tail);
        outermost("destructor_at_the_brace", destructor_at_the_brace);
        outermost("match_in_the_tail", match_in_the_tail);
        for found in [0, 200] {
            outermost("if_let_temporaries", || if_let_temporaries(found));
        }
        outermost("reversed", reversed);
        outermost("extended_temporary", extended_temporary);
        outermost("replaced_and_taken", replaced_and_taken);
        outermost("underscore", underscore);
    });
}
