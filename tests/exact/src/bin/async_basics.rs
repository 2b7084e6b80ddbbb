//! An async function is a frame that is entered by every poll.

use exact::{block_on, bytes, join, outermost, pause};
use mem_profile::mem_profile;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

#[mem_profile] //= 1x
async fn straight() -> Vec<u8> {
    let first = bytes(100); //= +100 ^100 1a 100b 1x
    pause().await; //= 1x
    let second = bytes(10); //= +10 ^10 1a 10b 1x
    drop(first); //= -100 1x
    pause().await; //= 1x
    second //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 2x
async fn alternating(size: usize) -> usize {
    let first = bytes(size); //= +300 ^200 2a 300b 2x
    pause().await; //= 2x
    let second = bytes(2 * size); //= +600 ^400 2a 600b 2x
    for _ in 0..2 { //= 6x
        pause().await; //= 4x
        drop(bytes(7)); //= ^7 4a 28b 4x
    }
    drop(first); //= -300 2x
    pause().await; //= 2x
    second.len() //= 2x
} //= -600 2x

#[mem_profile] //= 1x
async fn parent() -> usize {
    // Both at once: after the first round 300 are live, then up to 900 and 7.
    let (a, b) = join(alternating(100), alternating(200)).await; //= ^907 8a 928b 1x
    a + b //= 1x
} //= 1x last

#[rustfmt::skip]
#[mem_profile] //= 4x
async fn waits(size: usize) {
    let kept = bytes(size); //= +100 ^40 4a 100b 4x
    { //= 4x
        let inner = bytes(5); //= +20 ^5 4a 20b 4x
        // Dropped while it waits here: both are freed on this line.
        std::future::pending::<()>().await; //= -75 4x
        drop(inner);
    }
    drop(kept);
}

#[rustfmt::skip]
#[mem_profile] //= 2x
async fn in_a_loop() {
    for size in [1, 2, 3] { //= 7x
        let piece = bytes(size); //= +9 ^3 5a 9b 5x
        pause().await; //= -2 5x
        drop(piece); //= -7 4x
    } //= 4x
}

// `F` is the size of its future.
#[rustfmt::skip]
#[mem_profile] //= 3x
async fn recursive(depth: usize) -> usize {
    let own = bytes(10); //= +30 ^10 3a 30b 3x
    pause().await; //= 3x
    if depth > 0 { //= 3x
        let below = Box::pin(recursive(depth - 1)).await; //= ^2*F+20 2a 2*Fb 2x
        black_box(below); //= 2x
    } //= 2x
    own.len() //= 3x
} //= -30 3x

#[rustfmt::skip]
#[mem_profile] //= 1x
async fn blocks() -> usize {
    let block = async { //= 1x
        let inner = bytes(60); //= +60 ^60 1a 60b 1x
        pause().await; //= 1x
        inner.len() //= 1x
    }; //= -60 1x
    let captured = bytes(40); //= +40 ^40 1a 40b 1x
    let moved = async move { //= 1x
        let length = captured.len(); //= 1x
        pause().await; //= 1x
        drop(captured); //= -40 1x
        length //= 1x
    }; //= 1x
    let (a, b) = join(block, moved).await; //= ^60 1x
    a + b //= 1x
} //= 1x last

#[mem_profile] //= 2x
async fn question(fails: bool) -> Result<usize, String> {
    let kept = bytes(70); //= +140 ^70 2a 140b 2x
    pause().await; //= 2x
    let length = fallible(fails).await?; //= -70+11 ^11 1a 11b 2x
    Ok(kept.len() + length) //= 1x
} //= -70 1x

async fn fallible(fails: bool) -> Result<usize, String> {
    pause().await;
    if fails { Err(black_box(String::with_capacity(11))) } else { Ok(1) }
}

#[mem_profile] //= 1x
async fn owns_parameters(first: Vec<u8>, (second, _): (Vec<u8>, usize)) -> usize {
    let local = bytes(1); //= +1 ^1 1a 1b 1x
    pause().await; //= 1x
    first.len() + second.len() + local.len() //= 1x
} //= -1-8-9 1x last

#[rustfmt::skip]
#[mem_profile] //= 1x
async fn dropped_blocks() -> usize {
    let captured = bytes(12); //= +12 ^12 1a 12b 1x
    let never_polled = async move { //= 1x
        captured.len()
    };
    // It frees its captures here, and has run no line.
    drop(never_polled); //= -12 1x
    let captured = bytes(13); //= +13 ^13 1a 13b 1x
    cancel( //= ^4 1x
        async move { let inner = bytes(4); //= +4 ^4 1a 4b 1x
            pause().await; //= -17 1x
            inner.len() + captured.len()
        },
        1,
    );
    let closure = async |size: usize| { //= 1x
        let inner = bytes(size); //= +30 ^20 2a 30b 2x
        pause().await; //= 2x
        inner.len() //= 2x
    }; //= -30 2x
    closure(10).await + closure(20).await //= ^20 1x
} //= 1x last

/// Polls the future `polls` times, all of which it must be pending, and drops it.
fn cancel(future: impl Future, polls: usize) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Pending));
    }
}

fn main() {
    exact::program(|| {
        drop(outermost("straight", || block_on(straight())));
        outermost("parent", || block_on(parent()));
        for (size, polls) in [(10, 1), (20, 2), (30, 5)] {
            outermost("waits", || cancel(waits(size), polls));
        }
        let forgotten = Box::pin(waits(40));
        outermost("waits", || std::mem::forget(poll_once(forgotten)));
        // Never polled: no line has run.
        outermost("waits", || drop(waits(50)));
        outermost("in_a_loop", || cancel(in_a_loop(), 2));
        outermost("in_a_loop", || block_on(in_a_loop()));
        exact::value("F", size_of_val(&recursive(0)));
        outermost("recursive", || block_on(recursive(2)));
        outermost("blocks", || block_on(blocks()));
        outermost("dropped_blocks", || block_on(dropped_blocks()));
        for fails in [true, false] {
            outermost("question", || block_on(question(fails))).ok();
        }
        let (first, second) = (bytes(8), bytes(9));
        outermost("owns_parameters", || block_on(owns_parameters(first, (second, 1))));
    });
}

fn poll_once<F: Future + Unpin>(mut future: F) -> F {
    let polled = std::pin::Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    future
}
