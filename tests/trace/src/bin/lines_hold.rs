//! Work of which two instruments say which lines hold its memory: the recorder of live blocks, and the tracer.

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use mem_profile::mem_profile;
use traced::{bytes, scene};

#[global_allocator]
static ALLOC: mem_profile::Alloc = mem_profile::Alloc::new();

type Blocks = Vec<Vec<u8>>;

#[mem_profile]
fn callee(size: usize) -> Vec<u8> {
    bytes(size)
}

#[mem_profile]
fn caller() -> Blocks {
    let mut all = Vec::with_capacity(8);
    all.push(callee(100_000));
    let own = bytes(5_000);
    let lent = callee(200_000);
    all.push([callee(30), bytes(70)].concat());
    drop(lent);
    all.reserve_exact(20);
    all.push(callee(40_000));
    all.truncate(own.len());
    all
}

#[rustfmt::skip]
#[mem_profile]
fn statements() -> Blocks {
    let mut all: Vec<_> = [10, 20, 30]
        .iter()
        .map(|size| {
            let copy = callee(*size);
            copy
        })
        .collect();
    all.extend(
        std::iter::once(
            bytes(500),
        ),
    );
    let text = if all.len() > 3 {
        bytes(9)
    } else {
        Vec::new()
    };
    all.push(match text.len() {
        0 => bytes(1),
        9 => [
            text,
            bytes(33),
        ]
        .concat(),
        _ => text,
    });
    all
}

#[rustfmt::skip]
#[mem_profile]
fn outer() -> Blocks {
    fn plain(size: usize) -> Vec<u8> {
        bytes(size)
    }
    #[mem_profile]
    fn inner() -> Vec<u8> {
        bytes(300)
    }
    let last = (0..2).map(|number| {
        plain(number + 50)
    });
    let mut all = vec![plain(100), inner()];
    all.extend(last);
    all.extend((0..2).map(|number| plain(number + 70)));
    all
}

struct Node {
    children: Vec<Node>,
    _text: Vec<u8>,
}

#[mem_profile]
fn tree(depth: usize) -> Node {
    let text = bytes(1_000 + depth);
    let children = match depth {
        0 => Vec::new(),
        _ => branches(depth),
    };
    drop(black_box(bytes(10_000)));
    Node { children, _text: text }
}

#[mem_profile]
fn branches(depth: usize) -> Vec<Node> {
    let first = tree(depth - 1);
    vec![first, tree(depth - 1)]
}

#[mem_profile]
fn recursive() -> Blocks {
    let node = tree(5);
    vec![bytes(node.children.len()), bytes(20)]
}

#[mem_profile]
fn threads() -> Blocks {
    let mut all = Vec::new();
    for number in 1..4 {
        let thread = std::thread::spawn(move || {
            let kept = callee(100_000 * number);
            drop(black_box(bytes(1_000_000)));
            kept
        });
        all.push(thread.join().expect("it ends"));
    }
    all
}

#[mem_profile]
async fn waits(size: usize) -> Vec<u8> {
    let first = bytes(size);
    pause().await;
    let second = bytes(2 * size);
    drop(first);
    second
}

#[mem_profile]
async fn awaits() -> Blocks {
    let one = waits(1_000).await;
    let boxed: Pin<Box<dyn Future<Output = Vec<u8>>>> = Box::pin(waits(50_000));
    let two = boxed.await;
    vec![one, two]
}

async fn pause() {
    let mut is_first = true;
    poll_fn(|_| if mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

struct Kept<T>(T);

#[mem_profile]
impl<T: Into<Vec<u8>>> From<Kept<T>> for Vec<u8> {
    fn from(kept: Kept<T>) -> Self {
        let mut copy = kept.0.into();
        copy.reserve_exact(7);
        copy
    }
}

#[mem_profile]
fn lazy() -> Blocks {
    let blocks = (0..2).map(|number| bytes(number + 50));
    blocks.collect()
}

fn generic() -> Blocks {
    vec![Kept(&b"thirteen byte"[..]).into(), Kept("eleven byte").into()]
}

macro_rules! push {
    ($all:ident, $size:expr) => {
        $all.push(bytes($size));
    };
}

#[mem_profile]
fn by_macro() -> Blocks {
    let mut all = Vec::with_capacity(2);
    push!(all, 600);
    all.push(bytes(30));
    all
}

fn main() {
    let kept = match scene().as_str() {
        "caller" => caller(),
        "statements" => statements(),
        "outer" => outer(),
        "recursive" => recursive(),
        "threads" => threads(),
        "awaits" => run(awaits()),
        "generic" => generic(),
        "macro" => by_macro(),
        "lazy" => lazy(),
        other => panic!("no scene `{other}`"),
    };
    mem::forget(kept);
}
