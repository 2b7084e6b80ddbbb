//! The drop order of locals, temporaries and parameters.

use crate::support::*;

both! { locals;
    pub(crate) fn locals() -> usize {
        let _first = Noisy("first");
        let shadowed = Noisy("shadowed");
        let shadowed = Noisy(if shadowed.name().is_empty() { "never" } else { "shadowing" });
        let _ = Noisy("not bound");
        step("body");
        shadowed.name().len()
    }
}

both! { temporaries;
    pub(crate) fn temporaries() -> usize {
        let length = Noisy("in let").name().len() + Noisy("in let too").name().len();
        step("after let");
        let extended = &Noisy("extended");
        Noisy("statement").name();
        step(extended.name());
        length
    }
}

both! { tail_temporary;
    pub(crate) fn tail_temporary() -> usize {
        let _local = Noisy("local");
        Noisy("temporary").name().len()
    }
}

both! { parameters;
    pub(crate) fn parameters(
        first: Noisy,
        _: Noisy,
        _unused: Noisy,
        (left, right): (Noisy, Noisy),
        mut changed: Noisy,
        [.., last]: [Noisy; 2],
        ref borrowed: Noisy,
    ) -> usize {
        let _local = Noisy("local");
        changed = Noisy("changed again");
        drop(right);
        first.name().len() + left.name().len() + last.name().len() + borrowed.name().len()
    }
}

both! { match_scrutinee;
    pub(crate) fn match_scrutinee(some: bool) -> usize {
        let _local = Noisy("local");
        let length = match Noisy("scrutinee").some() {
            Some(name) if some => name.len() + Noisy("arm").name().len(),
            Some(_) => {
                let _inner = Noisy("inner");
                Noisy("block arm").name().len()
            }
            None => 0,
        };
        step("after match");
        match Noisy("tail scrutinee").none() {
            Some(_) => 0,
            None
            | Some("") => length + Noisy("tail arm").name().len(),
        }
    }
}

both! { if_let_scrutinee;
    pub(crate) fn if_let_scrutinee() -> usize {
        if let Some(name) = Noisy("scrutinee").none() {
            step(name);
        } else {
            step("else");
        }
        if let Some(name) = Noisy("tail").some() {
            name.len()
        } else {
            0
        }
    }
}

both! { else_if_scrutinee;
    pub(crate) fn else_if_scrutinee(steps: usize) -> usize {
        let _local = Noisy("local");
        if steps == 0 {
            Noisy("then").name().len()
        } else if let Some(name) = Noisy("first").none() {
            name.len()
        } else if steps == 1 && Noisy("condition").name().len() == 9 {
            let _inner = Noisy("inner");
            Noisy("second").name().len()
        } else if let Some(name) = Noisy("third").some() {
            step("in third");
            name.len()
        } else {
            0
        }
    }
}

both! { while_let;
    pub(crate) fn while_let() -> usize {
        let mut names = vec!["a", "b", "c"];
        let mut sum = 0;
        while let Some(name) = { Noisy("condition").name(); names.pop() } {
            let _inner = Noisy(name);
            if name == "b" {
                continue;
            }
            sum += name.len();
        }
        while names.len() + Noisy("compared").name().len() < 9 {
            let _each = Noisy("each");
            names.push("more");
        }
        sum + names.len()
    }
}

both! { loops;
    pub(crate) fn loops() -> usize {
        let mut count = 0;
        let value = 'outer: loop {
            let _outer = Noisy("outer");
            for name in Noisy("iterated").name().split('e') {
                let _inner = Noisy("inner");
                count += name.len();
                if count > 3 {
                    let _deep = Noisy("deep");
                    break 'outer Noisy("broken").name().len();
                }
                let Some(_) = name.chars().next() else {
                    step("else");
                    continue 'outer;
                };
                step("next");
            }
        };
        value + 'block: {
            let _in_block = Noisy("in block");
            if count == 0 { break 'block 1; }
            if value > 3 && Noisy("short circuit").name().is_empty() || { break 'block 7 } { 1 } else { 2 }
        }
    }
}

both! { question;
    pub(crate) fn question(text: &str) -> Result<i32, std::num::ParseIntError> {
        let _outer = Noisy("outer");
        if !text.is_empty() {
            let _inner = Noisy("inner");
            let number: i32 = text.trim_start_matches(Noisy("x").name()).parse()?;
            if number > 3 {
                let _deep = Noisy("deep");
                return Ok(Noisy("returned").name().len() as i32);
            }
            step("parsed");
        }
        Ok(0)
    }
}

both! { extended;
    pub(crate) fn extended(which: usize) -> usize {
        let chosen = if which == 0 {
            &Noisy("then")
        } else if which == 1 {
            let _inner = Noisy("inner");
            &Noisy("else if")
        } else {
            &Noisy("else")
        };
        step("between");
        let matched = match which {
            0 => &Noisy("arm"),
            _ => {
                let _inner = Noisy("inner of arm");
                &Noisy("block arm")
            }
        };
        let held = &{
            let _gone = Noisy("gone");
            Noisy("held")
        };
        step("before the end");
        chosen.name().len() + matched.name().len() + held.name().len()
    }
}

both! { unwinding;
    pub(crate) fn unwinding(parameter: Noisy, depth: usize) {
        let _local = Noisy("local");
        for _ in 0..2 {
            let _in_loop = Noisy("in loop");
            match depth {
                0 => panic!("on purpose, {}", Noisy("formatted").name()),
                1 => unwinding(Noisy("deeper"), depth - 1),
                _ => {
                    let _in_arm = Noisy("in arm");
                    let call = || {
                        let _in_closure = Noisy("in closure");
                        unwinding(Noisy("deeper"), depth - 1);
                    };
                    call();
                }
            }
        }
        drop(parameter);
    }
}

both! { closures;
    pub(crate) fn closures() -> usize {
        let captured = Noisy("captured");
        let block = move |parameter: Noisy, _: Noisy| {
            let _local = Noisy("local");
            parameter.name().len() + captured.name().len() + Noisy("temporary").name().len()
        };
        let value = |parameter: Noisy| match Noisy("scrutinee").some() {
            Some(name) => name.len() + parameter.name().len(),
            None => 0,
        };
        let plain = |parameter: Noisy| parameter.name().len() + Noisy("plain").name().len();
        let sum = block(Noisy("one"), Noisy("unused")) + value(Noisy("two")) + plain(Noisy("three"));
        drop(block);
        step("dropped the closure");
        sum
    }
}

both! { moved;
    pub(crate) fn moved(pair: (Noisy, Noisy)) -> Option<Noisy> {
        let (kept, _) = pair;
        let several = [Noisy("zero"), Noisy("one")];
        let [_, given] = several;
        step("destructured");
        let late;
        late = Noisy("assigned late");
        if kept.name().is_empty() {
            return Some(late);
        }
        Some(given)
    }
}

#[test]
fn locals_and_temporaries() {
    assert_eq!(same!(locals()).1, ["not bound", "body", "shadowing", "shadowed", "first"]);
    same!(temporaries());
    let tail = same!(tail_temporary()).1;
    assert_eq!(tail, by_edition(["local", "temporary"], ["temporary", "local"]));
}

#[test]
fn parameters_drop_after_locals() {
    let array = || [Noisy("dropped"), Noisy("last")];
    let (_, steps) = same!(parameters(
        Noisy("first"),
        Noisy("ignored"),
        Noisy("unused"),
        (Noisy("left"), Noisy("right")),
        Noisy("changed"),
        array(),
        Noisy("borrowed"),
    ));
    assert_eq!(steps[..3], ["changed", "right", "local"]);
    assert_eq!(steps.last().unwrap(), "first");
    same!(moved((Noisy("kept"), Noisy("partly"))));
}

#[test]
fn scrutinees() {
    same!(match_scrutinee(true));
    same!(match_scrutinee(false));
    let steps = same!(if_let_scrutinee()).1;
    let (first, second) = by_edition(("else", "scrutinee"), ("scrutinee", "else"));
    assert_eq!(steps, [first, second, "tail"]);
    for steps in 0..4 {
        same!(else_if_scrutinee(steps));
    }
}

#[test]
fn jumps() {
    same!(while_let());
    same!(loops());
    for text in ["", "1", "x2", "5", "no number"] {
        same!(question(text));
    }
}

#[test]
fn extended_temporaries() {
    for which in 0..3 {
        same!(extended(which));
    }
}

#[test]
fn a_panic_drops_the_same_values() {
    for depth in 0..4 {
        let plain = trace(|| panic_of(|| unwinding::plain::unwinding(Noisy("outermost"), depth)));
        keep_quiet();
        let call = || unwinding::annotated::unwinding(Noisy("outermost"), depth);
        assert_eq!(plain, trace(|| panic_of(call)));
        assert_measured("::unwinding::annotated::");
    }
}

#[test]
fn closures_drop_their_captures() {
    same!(closures());
}
