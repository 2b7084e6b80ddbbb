//! Blocks of tasks: of a tokio service that waits, and of rayon's threads that work. `services FILE`.

use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use captured::{Class, Classes, Hidden, path, start, wait_for};
use mem_profile::graph;
use mem_profile_graph::Image;
use rayon::prelude::*;
use tokio::sync::{mpsc, oneshot};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Item = Box<[u64; 21]>;

fn item(planted: &Mutex<Vec<Hidden>>) -> Item {
    let item = Box::new([5; 21]);
    planted.lock().expect("a lock").push(Hidden::of(&raw const *item));
    item
}

/// How many blocks are there, and how many of them are held.
fn held(planted: &Mutex<Vec<Hidden>>) -> (usize, usize) {
    let captured = graph::capture(path()).expect("a capture");
    let image = Image::open(path()).expect("a capture");
    assert_eq!(image.threads().len(), captured.threads as usize);
    let classes = Classes::of(&image);
    let planted = planted.lock().expect("a lock");
    let is_held = |&&hidden: &&Hidden| classes.get(&image, hidden) == Some(Class::Held);
    (planted.len(), planted.iter().filter(is_held).count())
}

/// 100 tasks wait for requests, each with a block; 100 requests wait for an answer.
async fn serve(planted: &'static Mutex<Vec<Hidden>>) {
    let (send, mut requests) = mpsc::channel::<(Item, oneshot::Sender<Item>)>(200);
    let mut tasks = Vec::new();
    let ready = std::sync::Arc::new(AtomicU32::new(0));
    for _ in 0..100 {
        let (send, ready) = (send.clone(), ready.clone());
        tasks.push(tokio::spawn(async move {
            let own = item(planted);
            let (answer, answered) = oneshot::channel();
            send.send((item(planted), answer)).await.expect("a service");
            ready.fetch_add(1, SeqCst);
            let answer = answered.await.expect("an answer");
            assert_eq!(own[0], answer[0]);
        }));
    }
    while ready.load(SeqCst) < 100 {
        tokio::task::yield_now().await;
    }
    let found = tokio::task::spawn_blocking(|| held(planted)).await.expect("no panic");
    assert_eq!(found, (200, 200));
    for _ in 0..100 {
        let (request, answer) = requests.recv().await.expect("a request");
        answer.send(request).expect("somebody waits");
    }
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// Each thread of a pool has a block on its stack, while one of them captures.
fn work(planted: &Mutex<Vec<Hidden>>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("threads");
    let (ready, is_over) = (AtomicU32::new(0), AtomicU32::new(0));
    pool.broadcast(|context| {
        let own = black_box(item(planted));
        ready.fetch_add(1, SeqCst);
        if context.index() == 0 {
            wait_for("all threads", || ready.load(SeqCst) == 4);
            assert_eq!(held(planted), (4, 4));
            is_over.store(1, SeqCst);
        }
        wait_for("the capture", || is_over.load(SeqCst) == 1);
        black_box(own);
    });
    let sums: Vec<u64> = pool.install(|| (0..1000_u64).into_par_iter().map(|n| n * 2).collect());
    assert_eq!(sums.iter().sum::<u64>(), 999_000);
}

fn main() {
    start();
    static OF_TASKS: Mutex<Vec<Hidden>> = Mutex::new(Vec::new());
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(4).enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::spawn(serve(&OF_TASKS)).await }).expect("no panic");
    drop(runtime);
    work(&Mutex::default());
    println!("all held");
}
