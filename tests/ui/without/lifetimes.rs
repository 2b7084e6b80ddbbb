
use std::cell::RefCell;

enum Choice {
    One(String),
    Two,
    Three,
}


fn not_exhaustive(choice: Choice) -> usize {
    let length = match choice {
        Choice::One(text) if text.is_empty() => 0,
        Choice::Two => 2,
    };
    let Some(number) = Some(length);
    number
}


fn moved_out(choices: &[Choice], held: &Option<String>) -> String {
    for choice in choices {
        match *choice {
            Choice::One(text) => return text,
            _ => continue,
        }
    }
    held.unwrap()
}


fn moved_while_borrowed(text: String) -> usize {
    let part = text.as_str();
    if part.is_empty() {
        drop(text);
    }
    part.len()
}


fn borrowed_twice(values: &mut Vec<usize>) -> usize {
    let first = &mut values[0];
    let mut grow = |number: usize| {
        let next = number + 1;
        values.push(next);
    };
    grow(1);
    *first
}


fn assigned_while_borrowed(mut number: usize) -> usize {
    let borrowed = &number;
    loop {
        number += 1;
        if *borrowed > 3 {
            break number;
        }
    }
}


fn temporary(number: usize) -> usize {
    let text = number.to_string().as_str();
    let line = String::from("x").trim();
    text.len() + line.len()
}


fn called_twice(text: String) -> usize {
    let consume = || {
        let own = text;
        own.len()
    };
    consume() + consume()
}


fn value_of_a_local() -> &'static str {
    let text = String::from(" local ");
    text.trim().trim_start()
}


fn iterator_of_a_local(values: &[usize]) -> Box<dyn Iterator<Item = usize> + '_> {
    let more = values.len();
    Box::new(values.iter().map(|value| {
        let sum = value + more;
        sum
    }))
}


fn shorter<'long, 'short>(long: &'long str, short: &'short str) -> &'long str {
    let both = [long, short];
    both[1].trim()
}


async fn shorter_async<'long, 'short>(long: &'long str, short: &'short str) -> &'long str {
    std::future::ready(()).await;
    if long.is_empty() { long } else { short }
}


async fn local_async() -> &'static str {
    let text = String::from(" local ");
    std::future::ready(()).await;
    text.trim().trim_end()
}


fn escaping_block() -> impl Future<Output = usize> {
    let cell = RefCell::new(3);
    async {
        let value = *cell.borrow();
        value
    }
}


async fn moved_into_a_block(text: String) -> usize {
    let block = async move {
        let own = text;
        own.len()
    };
    for _ in 0..2 {
        block.await;
    }
    text.len()
}


async fn borrowed_across_a_wait(mut values: Vec<usize>) -> usize {
    let last = values.last();
    std::future::ready(()).await;
    values.clear();
    match last {
        Some(number) => *number,
        None => 0,
    }
}

fn main() {}
