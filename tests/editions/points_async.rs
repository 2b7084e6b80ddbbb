//! A panic at every point of an async body, and a future dropped at each of its waits.

use crate::points::*;
use crate::support::*;
use std::future::Future;

both! { asynchronous;
    pub(crate) async fn asynchronous(given: Noisy, (left, _): (Noisy, Noisy)) -> Result<usize, String> {
        let _local = Fragile("local");
        yield_now().await;
        let first = match point(1) {
            1 => {
                let _arm = Noisy("arm");
                yield_now().await;
                point(2)
            }
            _ => 0,
        };
        for turn in 0..2 {
            let _each = Fragile("each");
            if turn == first - 1 { continue; }
            yield_now().await;
            point(3);
        }
        let block = async {
            let _in_block = Noisy("in block");
            yield_now().await;
            let inner: usize = Ok::<_, String>(point(4))?;
            Ok::<_, String>(inner + Noisy("value").name().len())
        };
        drop(given);
        let sum = block.await? + { yield_now().await; point(5) };
        let moving = async move {
            yield_now().await;
            left.name().len() + point(6)
        };
        let closure = async |noisy: Noisy| {
            let _in_closure = Fragile("in closure");
            yield_now().await;
            noisy.name().len() + point(7)
        };
        if let Some(name) = Noisy("scrutinee").some() {
            yield_now().await;
            step(name);
        }
        while point(8) == 0 {}
        Ok(sum + moving.await + closure(Noisy("argument")).await + Noisy("end").name().len())
    }
}

#[test]
fn a_panic_at_every_point_of_an_async_body() {
    let pair = || (Noisy("left"), Noisy("right"));
    assert_eq!(same_at_each_point!(asynchronous(Noisy("given"), pair()), block_on), 13);
}

/// Whether the future completed before it was dropped, and the trace.
fn dropped_at_each_wait<F: Future>(make: impl Fn() -> F) -> Vec<(bool, Vec<String>)> {
    let mut traces = Vec::new();
    loop {
        traces.push(trace(|| poll_and_drop(traces.len(), make())));
        if traces.last().is_some_and(|(done, _)| *done) {
            return traces;
        }
    }
}

#[test]
fn a_future_dropped_at_every_wait() {
    let pair = || (Noisy("left"), Noisy("right"));
    let plain = || asynchronous::plain::asynchronous(Noisy("given"), pair());
    let annotated = || asynchronous::annotated::asynchronous(Noisy("given"), pair());
    keep_quiet();
    let traces = dropped_at_each_wait(annotated);
    assert_eq!(dropped_at_each_wait(plain), traces);
    // Eight waits, one of which is in a loop, and the poll before the first.
    assert_eq!(traces.len(), 10);
    assert_eq!(traces[0].1, ["cancel", "given", "left", "right"]);
    assert_measured("::asynchronous::annotated::");
}
