//! Stopped at by a debugger: at every line that ends in `// stop`.
//!
//! No debugger stops at the closing brace of a function that has something to drop there, as
//! annotated ones always have: the code for unwinding has that line too, and comes first. The brace
//! is the line of the caller in the backtrace of a `drop`.

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[mem_profile::mem_profile]
fn plain(number: u32) -> u32 {
    let first = black_box(number); // stop
    let second = black_box(first + 1); // stop
    black_box(second) // stop
}

#[mem_profile::mem_profile]
fn looping(turns: u32) -> u32 {
    let mut sum = black_box(0); // stop
    for turn in 0..turns {
        sum += black_box(turn); // stop
        if sum == 1 {
            sum += black_box(1); // stop
        }
    }
    while black_box(sum) > 2 {
        sum -= 1; // stop
    }
    black_box(sum) // stop
}

#[mem_profile::mem_profile]
fn matching(which: u32) -> u32 {
    let text = match which {
        0 => black_box("none"), // stop
        1 => {
            let one = black_box("one"); // stop
            one
        }
        number
            if black_box(number) == 2 => // stop
        {
            black_box("two") // stop
        }
        _ => return black_box(9), // stop
    };
    let length = if text.len() == 4 {
        black_box(4) // stop
    } else if black_box(text.len()) == 2 {
        black_box(2)
    } else {
        black_box(3) // stop
    };
    let Some(_) = text.chars().nth(3) else {
        return black_box(8); // stop
    };
    length
}

#[mem_profile::mem_profile]
fn closures(values: &[u32]) -> u32 {
    let add = |value: &u32| {
        let next = black_box(*value); // stop
        next + 1 // stop
    };
    let sum: u32 = values.iter().map(add).sum(); // stop
    let doubled = (0..2).map(|value| match black_box(value) {
        0 => black_box(sum), // stop
        _ => black_box(1), // stop
    });
    doubled.sum() // stop
}

struct Dropped(u32);

impl Drop for Dropped {
    fn drop(&mut self) {
        black_box(self.0); // stop
    }
}

#[mem_profile::mem_profile]
fn dropping(number: u32) -> u32 {
    let dropped = Dropped(number); // stop
    {
        let _inner = Dropped(dropped.0 + 1); // stop
        black_box(&dropped); // stop
    }
    dropped.0 + black_box(1) // stop
}

#[mem_profile::mem_profile]
async fn waiting(number: u32) -> u32 {
    let first = black_box(number); // stop
    bodies::pause().await;
    let block = async {
        let inner = black_box(first); // stop
        bodies::pause().await;
        inner + 1 // stop
    };
    let second = block.await;
    black_box(second) // stop
}

#[mem_profile::mem_profile]
fn recursive(depth: u32) -> u32 {
    if depth == 0 {
        return black_box(0); // stop
    }
    let below = recursive(depth - 1);
    black_box(below) + 1 // stop
}

fn block_on(future: impl Future) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Pending = future.as_mut().poll(&mut context) {}
}

fn main() {
    plain(1);
    looping(3);
    for which in 0..4 {
        matching(which);
    }
    closures(&[1, 2]);
    dropping(1);
    block_on(waiting(1));
    recursive(2);
}
