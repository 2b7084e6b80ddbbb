//! Functions that call each other: what happens meanwhile is on the lines of those that wait further
//! out, whenever anybody looks.

use exact::{bytes, outermost};
use mem_profile::{Snapshot, mem_profile};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 1x
fn looks() -> Snapshot {
    mem_profile::snapshot() //= +S ^S Na Sb 1x
}

#[rustfmt::skip]
#[mem_profile] //= 3x
fn calls(depth: usize) -> Snapshot {
    match depth.checked_sub(1) { //= 3x
        None => looks(), //= +S ^S Na Sb 1x
        Some(deeper) => holds(deeper), //= ^P 2a 2001b 2x
    }
}

#[rustfmt::skip]
#[mem_profile] //= 2x
fn holds(depth: usize) -> Snapshot {
    let held = bytes(1000 + depth); //= +2001 ^1001 2a 2001b 2x
    let seen = calls(depth); //= +S ^Q Na Sb 2x
    assert!(held.len() > 999); //= 2x
    seen //= 2x
} //= -2001 2x

fn main() {
    exact::program(|| {
        let seen = outermost("calls", || calls(2));
        let (bytes, blocks) = exact::requested(|| seen.clone());
        exact::value("S", bytes);
        exact::value("N", blocks);
        exact::value("P", bytes + 2001);
        exact::value("Q", bytes + 1000);
        // Nothing had changed since those that were open began, so that nothing was booked of them.
        let booked = |name| {
            let function = seen.functions.iter().find(|function| function.name.ends_with(name));
            let lines = &function.unwrap().lines[1..];
            Vec::from_iter(lines.iter().filter_map(|line| line.increment))
        };
        assert_eq!(booked("::calls"), [0, 0, 2001]);
        assert_eq!(booked("::holds"), [2001, 0]);
        assert_eq!(booked("::looks"), [0]);
    });
}
