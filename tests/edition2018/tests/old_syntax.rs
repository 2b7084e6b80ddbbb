//! Annotated code with the syntax of edition 2018 is measured.

#![allow(warnings)]

extern crate mem_profile;

#[path = "../../editions/old_syntax.rs"]
mod old_syntax;

use mem_profile::mem_profile;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

#[mem_profile]
async fn task(f: &(Fn(usize) -> usize + Sync), (one, two): (usize, usize)) -> Vec<u8> {
    let dropped = vec![0_u8; f(one)];
    let kept = async { vec![0; f(two)] }.await;
    kept
}

#[test]
fn old_syntax_is_measured() {
    old_syntax::test();
    let mut future: Pin<Box<dyn Future<Output = Vec<u8>>>> = Box::pin(task(&|n| n, (5, 70)));
    let waker = Waker::noop();
    match future.as_mut().poll(&mut Context::from_waker(waker)) {
        Poll::Ready(kept) => assert_eq!(kept.len(), 70),
        Poll::Pending => panic!(),
    }
    assert_eq!(old_syntax::increments("::task"), [5, 70, 0, -5]);
}
