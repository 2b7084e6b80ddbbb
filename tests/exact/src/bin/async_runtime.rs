//! A thousand tasks interleave on the four workers of tokio.

use exact::{block_on, bytes, outermost, pause};
use mem_profile::mem_profile;
use std::future::pending;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[global_allocator]
static ALLOC: exact::Truth<mem_profile::Alloc> = exact::Truth(mem_profile::Alloc::new());

static WAITING: AtomicUsize = AtomicUsize::new(0);

#[rustfmt::skip]
#[mem_profile] //= 1000x
async fn handle(request: usize) -> usize {
    let body = bytes(request + 1); //= +500500 ^1000 1000a 500500b 1000x
    pause().await; //= 1000x
    let mut parts = Vec::with_capacity(3); //= +72000 ^72 1000a 72000b 1000x
    for part in 0..3 { //= 4000x
        parts.push(bytes(10 * part + 10)); //= +60000 ^30 3000a 60000b 3000x
        pause().await; //= 3000x
    }
    drop(body); //= -500500 1000x
    let answer = helper(&parts).await; //= +100000 ^300 2000a 300000b 1000x
    pause().await; //= 1000x
    drop(parts); //= -132000 1000x
    answer.len() //= 1000x
} //= -100000 1000x

#[mem_profile] //= 1000x
async fn helper(parts: &[Vec<u8>]) -> Vec<u8> {
    let scratch = bytes(200); //= +200000 ^200 1000a 200000b 1000x
    pause().await; //= 1000x
    let answer = bytes(100); //= +100000 ^100 1000a 100000b 1000x
    black_box((parts, &scratch)); //= 1000x
    answer //= 1000x
} //= -200000 1000x

#[mem_profile] //= 10x
fn blocking(size: usize) -> usize {
    let value = bytes(size); //= +450 ^90 9a 450b 10x
    value.len() //= 10x
} //= -450 10x

#[rustfmt::skip]
#[mem_profile] //= 50x
async fn aborted(size: usize) {
    let kept = bytes(size); //= +5000 ^100 50a 5000b 50x
    let more = async { //= 50x
        let inner = bytes(1); //= +50 ^1 50a 50b 50x
        WAITING.fetch_add(1, SeqCst); //= 50x
        pending::<()>().await; //= -50 50x
        drop(inner);
    };
    more.await; //= -5000 ^1 50x
    drop(kept);
}

#[rustfmt::skip]
#[mem_profile] //= 1x
async fn selects() -> usize {
    let kept = bytes(5); //= +5 ^5 1a 5b 1x
    // Code inside a macro is on the line where the macro begins.
    let length = tokio::select! { //= ^9+3 2a 9+3b 1x
        biased;
        () = loses(9) => 0,
        length = wins(3) => length,
    };
    kept.len() + length //= 1x
} //= -5 1x last

#[mem_profile] //= 1x
async fn loses(size: usize) {
    let kept = bytes(size); //= +9 ^9 1a 9b 1x
    pending::<()>().await; //= -9 1x
    drop(kept);
}

#[mem_profile] //= 1x
async fn wins(size: usize) -> usize {
    let value = bytes(size); //= +3 ^3 1a 3b 1x
    pause().await; //= 1x
    value.len() //= 1x
} //= -3 1x

#[mem_profile] //= 1x
async fn joins() -> usize {
    let (a, b) = tokio::join!(joined(10), joined(20)); //= +30 ^63 4a 63b 1x
    a.len() + b.len() //= 1x
} //= -30 1x last

#[mem_profile] //= 2x
async fn joined(size: usize) -> Vec<u8> {
    let kept = bytes(size); //= +30 ^20 2a 30b 2x
    pause().await; //= 2x
    let longer = bytes(size + size / 10); //= +33 ^22 2a 33b 2x
    pause().await; //= 2x
    drop(longer); //= -33 2x
    kept //= 2x
} //= 2x

async fn on_the_runtime() {
    let tasks: Vec<_> = (0..1000).map(|request| tokio::spawn(handle(request))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("the task ends"), 100);
    }
    let tasks = (0..10).map(|size| tokio::task::spawn_blocking(move || blocking(10 * size)));
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("the task ends");
    }
    let tasks: Vec<_> = (0..50).map(|_| tokio::spawn(aborted(100))).collect();
    while WAITING.load(SeqCst) < 50 {
        tokio::task::yield_now().await;
    }
    for task in tasks {
        task.abort();
        assert!(task.await.expect_err("the task was aborted").is_cancelled());
    }
}

fn main() {
    exact::program(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
        runtime.expect("a runtime").block_on(on_the_runtime());
        outermost("selects", || block_on(selects()));
        outermost("joins", || block_on(joins()));
    });
}
