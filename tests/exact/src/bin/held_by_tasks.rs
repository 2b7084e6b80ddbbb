//! What a task has allocated stays on its line while it waits, whichever thread has polled it and polls it next.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use exact::{bytes, pause};
use mem_profile::mem_profile;
use tokio::sync::{Barrier, Mutex};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

const TASKS: usize = 8;

#[mem_profile] //= 1x
async fn moves() -> Vec<u8> {
    let kept = bytes(300_000); //= +300000 ^300000 1a 300000b 1x
    pause().await; //= 1x
    let result = child(200_000).await; //= +200000 ^700000 2a 700000b 1x
    pause().await; //= 1x
    drop(kept); //= -300000 1x
    pause().await; //= 1x
    result //= 1x
} //= 1x

#[mem_profile] //= 1x
async fn child(size: usize) -> Vec<u8> {
    let scratch = bytes(500_000); //= +500000 ^500000 1a 500000b 1x
    pause().await; //= 1x
    let result = bytes(size); //= +200000 ^200000 1a 200000b 1x 200000p 200000l
    pause().await; //= 1x
    drop(scratch); //= -500000 1x
    result //= 1x
} //= 1x

/// Frees after all have allocated, and one after another.
#[rustfmt::skip]
#[mem_profile] //= 8x
async fn waits(all: Arc<Barrier>, turn: Arc<Mutex<()>>) {
    let mut kept = bytes(200_000); //= +1600000 ^200000 8a 1600000b 8x 0p
    all.wait().await; //= 8x
    kept.reserve_exact(100_000); //= +800000 ^100000 800000b 8x 2400000p
    all.wait().await; //= 8x
    let _turn = turn.lock().await; //= 8x
    drop(kept); //= -2400000 8x
} //= 8x

/// Polls each time on a thread of its own.
fn on_many_threads<F: Future<Output: Send> + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let poll = || future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let polled = thread::scope(|scope| scope.spawn(poll).join().expect("it ends"));
        if let Poll::Ready(output) = polled {
            return output;
        }
    }
}

async fn spawns() {
    let (all, turn) = (Arc::new(Barrier::new(TASKS)), Arc::default());
    let spawn = |_| tokio::spawn(waits(Arc::clone(&all), Arc::clone(&turn)));
    for task in (0..TASKS).map(spawn).collect::<Vec<_>>() {
        task.await.expect("the task ends");
    }
}

fn main() {
    exact::program(|| {
        std::mem::forget(on_many_threads(moves()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
        runtime.expect("a runtime").block_on(spawns());
    });
}
