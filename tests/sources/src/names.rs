//! Functions that share their identifiers.

use mem_profile::mem_profile;
use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

mod left {
    #[mem_profile::mem_profile]
    pub(crate) fn same() {}
}

mod right {
    #[mem_profile::mem_profile]
    pub(crate) fn same() {}

    pub(crate) mod inner {
        #[mem_profile::mem_profile]
        pub(crate) fn same() {}
    }
}

struct First;
struct Second;
struct Generic<T, const N: usize>([T; N]);

trait Twin {
    #[mem_profile]
    fn same_default(&self) {}

    fn same(&self);

    fn generic<U>(&self, _: U);
}

impl First {
    #[mem_profile]
    fn same(&self) {}
}

#[mem_profile]
impl Second {
    fn same(&self) {}

    async fn later(&self) {
        std::future::ready(()).await;
    }
}

#[mem_profile]
impl Twin for First {
    fn same(&self) {}

    fn generic<U>(&self, _: U) {}
}

impl Twin for Second {
    #[mem_profile]
    fn same(&self) {}

    #[mem_profile]
    fn generic<U>(&self, _: U) {}
}

#[mem_profile]
impl<T: Debug, const N: usize> Generic<T, N> {
    fn same(&self) -> String {
        format!("{:?}", self.0)
    }
}

#[mem_profile]
impl Generic<bool, 1> {
    fn special(&self) {}
}

#[mem_profile]
impl<T> Twin for Generic<T, 0> {
    fn same(&self) {}

    fn generic<U>(&self, _: U) {}
}

mod elsewhere {
    #[mem_profile::mem_profile]
    impl super::First {
        pub(crate) fn elsewhere(&self) {}
    }

    #[mem_profile::mem_profile]
    impl super::Twin for Vec<u8> {
        fn same(&self) {}

        fn generic<U>(&self, _: U) {}
    }
}

#[mem_profile]
fn outer<T>(_: T) {
    #[mem_profile]
    fn same() {}
    same();
    let closure = || {
        #[mem_profile]
        fn in_closure() {}
        in_closure();
    };
    closure();
}

#[mem_profile(name = "whatever it is called")]
fn named() {}

#[mem_profile]
fn r#fn() {}

fn finish(future: impl Future<Output = ()>) {
    let poll = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Ready(()));
}

/// Calls all of them, the generic ones with two types each.
pub fn call_all() {
    left::same();
    right::same();
    right::inner::same();
    First.same();
    Second.same();
    First.same_default();
    Second.same_default();
    Twin::same(&First);
    Twin::same(&Second);
    First.generic(1);
    First.generic("one");
    Second.generic(1);
    Generic([1, 2]).same();
    Generic(["one"]).same();
    Generic([true]).special();
    Twin::same(&Generic::<u8, 0>([]));
    Generic::<char, 0>([]).generic(1);
    First.elsewhere();
    Twin::same(&vec![1]);
    vec![1].generic(1);
    outer(1);
    outer("one");
    named();
    r#fn();
    finish(Second.later());
    finish(asynchronous("one"));
}

#[mem_profile]
async fn asynchronous<T>(_: T) {
    let block = async {
        std::future::ready(()).await;
    };
    block.await;
}
