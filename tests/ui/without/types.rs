
use std::cell::Cell;
use std::fmt::Display;
use std::rc::Rc;


fn wrong_tail(values: &[usize]) -> String {
    let count = values.len();
    count
}


fn missing_tail(values: &[usize]) -> usize {
    let count = values.len();
    println!("{count}");
}


fn semicolon(values: &[usize]) -> usize {
    values.len();
}


fn wrong_arms(which: usize) -> usize {
    let text = match which {
        0 => "zero",
        1 => 1,
        _ => {
            let other = which;
            other
        }
    };
    if which == 3 {
        "three"
    } else if which {
        4
    } else {
        'c'
    }
}


fn wrong_else(which: usize) -> usize {
    let chosen = if which > 3 {
        let inner = which;
        inner
    };
    let Some(value) = Some(chosen) else {
        println!("goes on");
    };
    value
}


fn wrong_closure(values: Vec<usize>) -> Vec<String> {
    let mapped = values.iter().map(|value| {
        let doubled = value * 2;
        doubled
    });
    let never_inferred = Vec::new();
    mapped.collect()
}


fn wrong_loop(values: &[usize]) -> usize {
    let found: usize = 'outer: loop {
        for value in values {
            if *value > 3 {
                break 'outer "found";
            }
            let text: &str = value;
            break value;
        }
        continue 'outer;
    };
    while found {
        values.push(3);
    }
    found?
}


async fn wrong_async(text: &str) -> Result<usize, std::num::ParseIntError> {
    let number: usize = text.parse()?;
    let error: Result<usize, String> = Err(String::new());
    if number > 3 {
        return Ok("three");
    }
    let value = error?;
    let block = async {
        let inner: usize = "inner";
        inner
    };
    block.await;
    number + 1
}


async fn wrong_async_tail(text: &str) {
    let length = text.len();
    length
}


async fn not_send(shared: Rc<Cell<usize>>) -> usize {
    let before = shared.get();
    std::future::ready(()).await;
    shared.set(before + 1);
    before
}


fn opaque(which: bool) -> impl Display {
    if which {
        return "text";
    }
    3
}

fn is_send<T: Send>(_: T) {}

fn main() {
    wrong_tail(&[]);
    wrong_arms("which");
    is_send(not_send(Rc::default()));
    opaque(true);
}
