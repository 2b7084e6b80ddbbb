//! Futures dropped at each of their waits in turn: the locals of a body are freed on the line at which
//! it waited.

use exact::{bytes, outermost, pause};
use mem_profile::mem_profile;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[global_allocator]
static ALLOC: mem_profile::Alloc<exact::Truth> =
    mem_profile::Alloc::wrap(exact::Truth(std::alloc::System));

// Five waits, and dropped before the first poll, at each of them and when done.
#[rustfmt::skip]
#[mem_profile] //= 6x
async fn waits(kept: Vec<u8>) -> usize {
    let first = bytes(10); //= +60 ^10 6a 60b 6x
    pause().await; //= -10-1 6x
    for size in [20, 30] { //= 14x
        let piece = bytes(size); //= +220 ^30 9a 220b 9x
        pause().await; //= -20-11-30-11 9x
        drop(piece); //= -20*4-30*3 7x
    } //= 7x
    let length = match first.len() { //= 3x
        10 => { //= 3x
            let inner = bytes(4); //= +12 ^4 3a 12b 3x
            pause().await; //= -4-11 3x
            inner.len() //= 2x
        } //= -8 2x
        _ => 0,
    };
    let block = async { //= 2x
        let inside = bytes(7); //= +14 ^7 2a 14b 2x
        pause().await; //= -7 2x
        inside.len() + length //= 1x
    }; //= -7 1x
    block.await + kept.len() //= -11 ^7 2x
} //= -11 1x

/// Polls the given number of times and drops the future.
fn poll(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            black_box(&value);
            return;
        }
    }
}

fn main() {
    exact::program(|| {
        // The most bytes are in use below, and not when the figures were first asked for, with a timeline.
        let _most = black_box(bytes(100));
        // Never polled: no line has run, and its caller frees the arguments.
        poll(0, waits(bytes(1)));
        for polls in 1..=6 {
            let kept = bytes(1);
            outermost("waits", || poll(polls, waits(kept)));
        }
    });
}
