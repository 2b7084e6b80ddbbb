//! The drop order of async bodies: finished, cancelled, and never polled.

use crate::support::*;

both! { parameters;
    pub(crate) async fn parameters(
        first: Noisy,
        _: Noisy,
        _unused: Noisy,
        (left, mut right): (Noisy, Noisy),
        mut changed: Noisy,
        [_, .., last]: [Noisy; 3],
        ref borrowed: Noisy,
        whole @ Noisy(_): Noisy,
        untouched: Noisy,
    ) -> usize {
        let _local = Noisy("local");
        yield_now().await;
        changed = Noisy("changed again");
        right = Noisy(right.name());
        drop(first);
        yield_now().await;
        left.name().len() + last.name().len() + borrowed.name().len() + whole.name().len()
    }
}

both! { tail_temporary;
    pub(crate) async fn tail_temporary() -> usize {
        let _local = Noisy("local");
        let _second = Noisy("second");
        Noisy("temporary").name().len()
    }
}

both! { branches;
    pub(crate) async fn branches(steps: usize) -> usize {
        let _outer = Noisy("outer");
        for round in 0..3 {
            let _round = Noisy("round");
            if steps == round {
                let _inside = Noisy("inside");
                yield_now().await;
                continue;
            } else if let Some(name) = Noisy("scrutinee").none() {
                step(name);
            } else {
                step("else");
            }
            match Noisy("matched").some() {
                Some(_) if steps > 4 => return Noisy("returned").name().len(),
                Some(name) => {
                    yield_now().await;
                    step(name);
                }
                None => yield_now().await,
            }
        }
        steps
    }
}

both! { question;
    pub(crate) async fn question(text: &str, held: Noisy) -> Result<u8, Box<dyn std::error::Error>> {
        let _local = Noisy("local");
        let number: u8 = text.parse()?;
        yield_now().await;
        if number > 200 {
            let _deep = Noisy("deep");
            return Err("too large".into());
        }
        let block = async {
            let _in_block = Noisy("in block");
            yield_now().await;
            let inner: u8 = "4".parse()?;
            Ok::<_, std::num::ParseIntError>(inner)
        };
        drop(held);
        Ok(number + block.await?)
    }
}

both! { blocks;
    pub(crate) async fn blocks(captured: Noisy) -> usize {
        let moving = async move {
            let _local = Noisy("in the block");
            yield_now().await;
            captured.name().len()
        };
        let borrowed = Noisy("borrowed");
        let borrowing = async {
            yield_now().await;
            borrowed.name().len() + Noisy("temporary").name().len()
        };
        let unpolled = async {
            let _never = Noisy("never made");
        };
        let sum = borrowing.await + moving.await;
        drop(unpolled);
        step("end");
        sum
    }
}

both! { closures;
    pub(crate) async fn closures() -> usize {
        let captured = Noisy("captured");
        let borrows = async |parameter: Noisy, _unused: Noisy| {
            let _local = Noisy("local");
            yield_now().await;
            parameter.name().len() + captured.name().len()
        };
        let pattern = async |(left, _): (Noisy, Noisy)| {
            let _local = Noisy("local");
            yield_now().await;
            left.name().len()
        };
        let first = borrows(Noisy("parameter"), Noisy("not used")).await;
        first + pattern((Noisy("left"), Noisy("right"))).await
    }
}

both! { unwinding;
    pub(crate) async fn unwinding(_held: Noisy) {
        let _local = Noisy("local");
        yield_now().await;
        let _later = Noisy("later");
        panic!("on purpose");
    }
}

both_modules! { receivers;
    impl Owner {
        pub(crate) async fn by_value(self, other: Noisy) -> usize {
            let _local = Noisy("local");
            yield_now().await;
            other.name().len()
        }

        pub(crate) async fn changed(mut self, other: Noisy) -> Self {
            self.0 = other;
            yield_now().await;
            self
        }

        pub(crate) async fn boxed(self: Box<Self>, _: Noisy) -> &'static str {
            yield_now().await;
            self.0.name()
        }

        pub(crate) async fn borrowed(&mut self, other: Noisy) -> &mut Noisy {
            yield_now().await;
            self.0 = other;
            &mut self.0
        }
    }

    pub(crate) struct Owner(pub(crate) Noisy);
}

#[test]
fn parameters_move_into_the_body() {
    let call = || [Noisy("array one"), Noisy("array two"), Noisy("array three")];
    macro_rules! arguments {
        ($function:path) => {
            $function(
                Noisy("first"),
                Noisy("ignored"),
                Noisy("unused"),
                (Noisy("left"), Noisy("right")),
                Noisy("changed"),
                call(),
                Noisy("borrowed"),
                Noisy("whole"),
                Noisy("untouched"),
            )
        };
    }
    let (plain, annotated) = (parameters::plain::parameters, parameters::annotated::parameters);
    keep_quiet();
    assert_eq!(trace(|| block_on(arguments!(plain))), trace(|| block_on(arguments!(annotated))),);
    for polls in 0..3 {
        assert_eq!(
            trace(|| cancel_after(polls, arguments!(plain))),
            trace(|| cancel_after(polls, arguments!(annotated))),
            "cancelled after {polls} polls",
        );
    }
    assert_measured("::parameters::annotated::");
}

#[test]
fn tails() {
    let steps = same_async!(tail_temporary()).1;
    assert_eq!(
        steps,
        by_edition(["second", "local", "temporary"], ["temporary", "second", "local"]),
    );
}

#[test]
fn branches_across_waits() {
    for steps in 0..6 {
        same_async!(branches(steps));
        for polls in 0..3 {
            assert_eq!(
                trace(|| cancel_after(polls, branches::plain::branches(steps.min(4)))),
                trace(|| cancel_after(polls, branches::annotated::branches(steps.min(4)))),
            );
        }
    }
}

#[test]
fn errors() {
    let text = |result: Result<u8, Box<dyn std::error::Error>>| result.map_err(|e| e.to_string());
    keep_quiet();
    for number in ["", "1", "201", "252", "300"] {
        assert_eq!(
            trace(|| text(block_on(question::plain::question(number, Noisy("held"))))),
            trace(|| text(block_on(question::annotated::question(number, Noisy("held"))))),
        );
    }
    assert_measured("::question::annotated::");
}

#[test]
fn blocks_and_closures() {
    same_async!(blocks(Noisy("captured")));
    same_async!(closures());
    for polls in 0..2 {
        assert_eq!(
            trace(|| cancel_after(polls, blocks::plain::blocks(Noisy("captured")))),
            trace(|| cancel_after(polls, blocks::annotated::blocks(Noisy("captured")))),
        );
        assert_eq!(
            trace(|| cancel_after(polls, closures::plain::closures())),
            trace(|| cancel_after(polls, closures::annotated::closures())),
        );
    }
}

#[test]
fn panics() {
    keep_quiet();
    assert_eq!(
        trace(|| panic_of(|| block_on(unwinding::plain::unwinding(Noisy("held"))))),
        trace(|| panic_of(|| block_on(unwinding::annotated::unwinding(Noisy("held"))))),
    );
}

macro_rules! receivers {
    ($version:ident) => {
        trace(|| {
            use receivers::$version::Owner;
            let owner = || Owner(Noisy("owned"));
            let other = || Noisy("other");
            let value = block_on(owner().by_value(other()));
            cancel_after(1, owner().by_value(other()));
            cancel_after(0, owner().by_value(other()));
            cancel_after(1, owner().changed(other()));
            cancel_after(0, owner().changed(other()));
            let mut changed = block_on(owner().changed(other()));
            let boxed = block_on(Box::new(owner()).boxed(other()));
            let name = block_on(changed.borrowed(Noisy("again"))).name();
            (value, boxed, name)
        })
    };
}

#[test]
fn owners() {
    keep_quiet();
    assert_eq!(receivers!(plain), receivers!(annotated));
    assert_measured("::receivers::annotated::Owner::by_value");
}
