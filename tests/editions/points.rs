//! A panic at every point of a body.

use crate::support::*;
use std::cell::Cell;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// A point that may panic: the chosen one does.
#[track_caller]
pub(crate) fn point(number: usize) -> usize {
    let left = LEFT.get();
    LEFT.set(left.wrapping_sub(1));
    assert!(left > 0, "at {number}");
    number
}

/// A point that is reached when it is dropped.
pub(crate) struct Fragile(pub(crate) &'static str);

impl Drop for Fragile {
    fn drop(&mut self) {
        step(self.0);
        if !std::thread::panicking() {
            point(100);
        }
    }
}

both! { statements;
    pub(crate) fn statements(given: Noisy, mut sum: usize) -> usize {
        let _outer = Fragile("outer");
        let first = Noisy(if point(1) == 1 { "first" } else { "never" });
        let Some(second) = Some(Noisy("second")).filter(|_| point(2) > 0) else {
            return point(3);
        };
        let None = (point(4) == 0).then_some(()) else { return 0 };
        let late;
        late = Noisy("late").name().len() + point(5);
        sum += point(late);
        point(6);
        {
            let _inner = Fragile("inner");
            point(7);
        }
        unsafe {
            // SAFETY: nothing here is unsafe.
            let _inside = Noisy("unsafe");
            point(8)
        };
        drop(first);
        let labelled = 'block: {
            let _labelled = Noisy("labelled");
            if point(9) > 9 { break 'block point(10) }
            break 'block point(11);
        };
        assert_eq!(point(labelled), 11, "{}", point(12));
        let item = [point(13), second.name().len()][point(1) - 1];
        let text = format!("{}{}", Noisy("formatted").name(), point(14));
        drop((given, text));
        return point(item) + Noisy("returned").name().len();
    }
}

both! { branches;
    pub(crate) fn branches(which: usize) -> usize {
        let _local = Noisy("local");
        if point(1) == which {
            let _then = Fragile("then");
            point(2);
        } else if let Some(name) = Noisy("else if").some().filter(|_| point(3) == which + 3) {
            point(name.len());
        } else if which == point(4) - 2 {
            let _second = Noisy("second");
            point(5);
        } else {
            point(6);
        }
        let found = match Noisy("scrutinee").some() {
            Some(_) if which == point(7) => 7,
            Some(name) if Noisy("guard").name().len() > 4 && point(8) > which + 7 => {
                let _arm = Fragile("arm");
                name.len() + point(9)
            }
            Some(_)
            | None => point(10),
        };
        match which {
            0 => point(11),
            1 => return point(12) + Noisy("left").name().len(),
            _ => {
                let _last = Noisy("last");
                point(found)
            }
        }
    }
}

both! { loops;
    pub(crate) fn loops() -> usize {
        let mut count = 0;
        let mut left = vec![Noisy("one"), Noisy("two")];
        for turn in (0..point(2)).filter(|turn| point(*turn) < 9) {
            let _each = Fragile("each");
            if turn == point(0) { continue; }
            count += point(turn);
        }
        while let Some(noisy) = left.pop().filter(|_| point(3) == 3) {
            let _inside = Noisy("inside");
            count += noisy.name().len() + point(4);
        }
        while count < point(20) {
            count += Noisy("condition").name().len();
        }
        let broken = 'outer: loop {
            let _outer = Noisy("outer");
            loop {
                let _inner = Fragile("inner");
                if point(count) > 25 { break 'outer Noisy("broken").name().len() + point(5); }
                count += 4;
                if count % 3 == 0 { continue 'outer; }
                if count % 3 == 1 { break; }
            }
            point(6);
        };
        broken + point(count)
    }
}

both! { closures;
    pub(crate) fn closures(text: &str) -> Result<usize, String> {
        let captured = Noisy("captured");
        let once = move |number: usize| {
            let _local = Fragile("local");
            captured.name().len() + point(number)
        };
        let matching = |number: usize| match point(number) {
            1 => Noisy("arm").name().len(),
            other => {
                let _in_arm = Noisy("in arm");
                point(other)
            }
        };
        let sum: usize = (0..3).map(matching).sum();
        let parsed = text.parse::<usize>().map_err(|error| {
            let _failed = Noisy("failed");
            format!("{error} {}", point(4))
        })?;
        if parsed > point(5) {
            Err(format!("{}", point(6)))?;
        }
        Ok(sum + once(point(7)))
    }
}

/// The trace of a body until a point panicked, and the panic or the value.
pub(crate) type Outcome<R> = (Result<R, String>, Vec<String>);

/// Runs with a panic at each point in turn, until there are no more.
pub(crate) fn at_each_point<R>(run: impl Fn() -> R) -> Vec<Outcome<R>> {
    let mut outcomes = Vec::new();
    loop {
        LEFT.set(outcomes.len());
        outcomes.push(trace(|| caught(&run)));
        if outcomes.last().is_some_and(|(result, _)| result.is_ok()) {
            LEFT.set(usize::MAX);
            return outcomes;
        }
    }
}

macro_rules! same_at_each_point {
    ($name:ident ($($argument:expr),*), $run:expr) => {{
        let plain = crate::points::at_each_point(|| $run($name::plain::$name($($argument),*)));
        keep_quiet();
        let annotated = crate::points::at_each_point(|| $run($name::annotated::$name($($argument),*)));
        assert_eq!(plain, annotated, "plain on the left, annotated on the right");
        assert_measured(concat!("::", stringify!($name), "::annotated::"));
        annotated.len()
    }};
}

#[test]
fn a_panic_at_every_point() {
    assert_eq!(same_at_each_point!(statements(Noisy("given"), 1), |value| value), 18);
    for which in 0..4 {
        assert!(same_at_each_point!(branches(which), |value| value) >= 8);
    }
    assert_eq!(same_at_each_point!(loops(), |value| value), 22);
    for text in ["1", "8", "no number"] {
        assert!(same_at_each_point!(closures(text), |value| value) >= 6);
    }
}
